//! The authorized path allocates nothing: two lookups, a few bit tests.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::extract::{FromRequestParts, OriginalUri};
use http::request::Parts;
use oauth_runtime::fake::{FakeGoogle, navigate};
use oauth_runtime::{OAuth, Owner, Token, User, requires_scopes, scope, scope_set};

use crate::allocator;

/// Runs a future that must not wait, and counts what it allocates on this thread.
fn allocations_of<T>(future: impl Future<Output = T>) -> (T, usize) {
    let before = allocator::calls();
    let mut future = pin!(future);
    let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the authorized path waited for something");
    };
    (output, allocator::calls() - before)
}

async fn signed_in() -> (OAuth, Parts) {
    let fake = FakeGoogle::start().await.unwrap();
    let scopes = ["drive.file", "calendar"];
    let cookie = fake.sign_in("ada@example.com").granting(scopes).await.unwrap();
    let mut request = navigate("/notes");
    let line = format!("theme=dark; {}; lang=en", cookie.to_str().unwrap());
    request.headers_mut().insert("cookie", line.parse().unwrap());
    let mut parts = request.into_parts().0;
    // As every router of axum does before a handler sees the request.
    parts.extensions.insert(OriginalUri(parts.uri.clone()));
    (fake.oauth().unwrap(), parts)
}

scope_set!(Both = "drive.file", "calendar.events.readonly");

#[requires_scopes("drive.file")]
async fn handler(token: Token) -> usize {
    std::future::ready(token.access_token().len()).await
}

#[tokio::test]
async fn a_granted_request_allocates_nothing() {
    let (oauth, mut parts) = signed_in().await;
    for _ in 0..2 {
        let extracted = Token::<handler>::from_request_parts(&mut parts, &oauth);
        let (token, count) = allocations_of(extracted);
        assert_eq!(count, 0, "one declared scope");
        assert!(handler(token.unwrap()).await > 0);
    }
    let extracted = Token::<Both>::from_request_parts(&mut parts, &oauth);
    let (token, count) = allocations_of(extracted);
    assert_eq!((token.is_ok(), count), (true, 0), "two, one of them covered by a wider one");
    let extracted = <Option<Token<scope::DriveFile>>>::from_request_parts(&mut parts, &oauth);
    let (token, count) = allocations_of(extracted);
    assert_eq!((token.unwrap().is_some(), count), (true, 0), "an optional one");
    let extracted = <User as FromRequestParts<OAuth>>::from_request_parts(&mut parts, &oauth);
    let (user, count) = allocations_of(extracted);
    assert_eq!((user.is_ok(), count), (true, 0), "the person alone");
}

/// With a login of the app's own: the owner's hash, his row, his account.
#[tokio::test]
async fn a_granted_request_of_an_owner_allocates_nothing() {
    let fake = FakeGoogle::start().await.unwrap();
    let builder = fake.builder_for("http://localhost:8080/oauth/callback").unwrap();
    let oauth = builder.with_login("/login").build().unwrap();
    let owner =
        Owner::new("a user id that is longer than one block of the hash is, by far").unwrap();
    let sign_in = fake.sign_in("ada@example.com").granting(["drive.file"]).at(&oauth);
    sign_in.linked_to(&owner).await.unwrap();
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.extensions.insert(owner);
    for _ in 0..2 {
        let extracted = Token::<handler>::from_request_parts(&mut parts, &oauth);
        let (token, count) = allocations_of(extracted);
        assert_eq!((token.is_ok(), count), (true, 0), "a declared scope");
    }
    let extracted = <User as FromRequestParts<OAuth>>::from_request_parts(&mut parts, &oauth);
    let (user, count) = allocations_of(extracted);
    assert_eq!((user.is_ok(), count), (true, 0), "the person alone");
    let extracted = <Option<Token<scope::DriveFile>>>::from_request_parts(&mut parts, &oauth);
    let (token, count) = allocations_of(extracted);
    assert_eq!((token.unwrap().is_some(), count), (true, 0), "an optional one");
}

/// The counter counts, and a refusal is allowed to cost something.
#[tokio::test]
async fn a_refused_request_allocates_its_answer() {
    let (oauth, mut parts) = signed_in().await;
    parts.headers.remove("cookie");
    let extracted = Token::<handler>::from_request_parts(&mut parts, &oauth);
    let (token, count) = allocations_of(extracted);
    assert!(token.is_err() && count > 0);
}
