//! The SDK's own credentials, with a person's token behind them, against the fake Google.

use std::time::Duration;

use google_apis_common::GetToken as _;
use google_cloud_auth::credentials::{CacheableResource, Credentials, EntityTag};
use google_cloud_gax::error::Error as SdkError;
use google_cloud_gax::error::rpc::{Code, Status};
use http::{Extensions, HeaderMap};
use oauth_google_sdk::{UserCredentials, refused};
use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{ManualClock, OAuth, Timestamp, Token, scope};

const ADA: &str = "ada@example.com";

async fn signed_in() -> (FakeGoogle, ManualClock, OAuth, Token<scope::DriveFile>) {
    let clock = ManualClock::at(Timestamp::from_unix_seconds(1_790_000_000));
    let fake = FakeGoogle::builder().with_clock(clock.clone()).start().await.unwrap();
    fake.sign_in(ADA).granting(["drive.file"]).await.unwrap();
    let oauth = fake.oauth().unwrap();
    let token = oauth.account(&fake.account_id(ADA)).token().await.unwrap();
    (fake, clock, oauth, token)
}

async fn headers(
    credentials: &Credentials,
    known: Option<&EntityTag>,
) -> Option<(HeaderMap, EntityTag)> {
    let mut extensions = Extensions::new();
    known.cloned().map(|tag| extensions.insert(tag));
    match credentials.headers(extensions).await.unwrap() {
        CacheableResource::New { entity_tag, data } => Some((data, entity_tag)),
        CacheableResource::NotModified => None,
    }
}

#[tokio::test]
async fn the_sdk_sends_the_persons_token_and_renews_it() {
    let (fake, clock, _oauth, token) = signed_in().await;
    let credentials = Credentials::from(UserCredentials::new(&token));
    let (first, tag) = headers(&credentials, None).await.unwrap();
    assert!(first["authorization"].is_sensitive());
    let url = format!("{}/drive/v3/files", fake.origin());
    let answer = reqwest::Client::new().get(&url).headers(first.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    assert!(headers(&credentials, Some(&tag)).await.is_none(), "nothing has changed");
    clock.advance(Duration::from_secs(3600));
    let (second, other) = headers(&credentials, Some(&tag)).await.unwrap();
    assert!(first != second && tag != other);
    let answer = reqwest::Client::new().get(&url).headers(second).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let shown = format!("{credentials:?}");
    assert!(!shown.contains("ya29"), "{shown}");
}

#[tokio::test]
async fn the_generated_crates_get_the_same_token() {
    let (_fake, _clock, _oauth, token) = signed_in().await;
    let auth = UserCredentials::new(&token);
    let given = auth.get_token(&[]).await.unwrap();
    assert_eq!(given.as_deref(), Some(token.access_token()));
}

/// What the person withdrew is an error of the SDK's, which does not try again and again.
#[tokio::test]
async fn a_withdrawn_access_is_a_lasting_error() {
    let (fake, clock, _oauth, token) = signed_in().await;
    let credentials = Credentials::from(UserCredentials::new(&token));
    fake.revoke_access_of(ADA);
    clock.advance(Duration::from_secs(3600));
    let error = credentials.headers(Extensions::new()).await.unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
}

/// A 403 for a missing scope becomes the consent of the request, in either form of the SDK's.
#[tokio::test]
async fn a_refusal_of_the_sdk_becomes_a_consent() {
    let (_fake, _clock, _oauth, token) = signed_in().await;
    let body = r#"{"error":{"details":[{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}"#;
    let http = SdkError::http(403, HeaderMap::new(), body.into());
    assert!(refused(&token, &http).unwrap().is_consent_required());
    let forbidden = Status::default().set_code(Code::PermissionDenied).set_message("no");
    let rpc = refused(&token, &SdkError::service(forbidden)).unwrap();
    assert_eq!(rpc.code(), "api_forbidden");
    assert!(refused(&token, &SdkError::io("the line is cut")).is_none());
}
