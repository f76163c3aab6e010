//! A token for a part of what its handler declares: whatever becomes of it later is judged by
//! that part.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::IntoResponse;
use oauth_runtime::fake::Quirk;
use oauth_runtime::{Error, Requirement, Token, scope, scope_set};
use serde_json::{Value, json};

use crate::support::App;

const ADA: &str = "ada@example.com";
const INSUFFICIENT: &str =
    r#"{"error":{"errors":[{"reason":"insufficientPermissions"}],"code":403}}"#;

scope_set!(Looks(optional("drive.file"), why = "look around") = "openid");
scope_set!(Chooses(why = "look around") = any("email", "drive.file"));
scope_set!(NeedsTwo(why = "look around") = "drive.file", "tasks");
scope_set!(NeedsMore(why = "look around") = "drive");

/// An app, and a script's request of somebody who granted this.
async fn having(scopes: &[&str]) -> (App, HeaderValue) {
    let app = App::start().await;
    let cookie = app.fake.sign_in(ADA).granting(scopes.iter().copied()).at(&app.oauth);
    let cookie = cookie.await.unwrap();
    (app, cookie)
}

async fn token_of<R: Requirement>((app, cookie): &(App, HeaderValue)) -> Token<R> {
    let request = Request::get("/").header("cookie", cookie).header("accept", "application/json");
    let mut parts = request.body(()).unwrap().into_parts().0;
    Token::from_request_parts(&mut parts, &app.oauth).await.unwrap()
}

/// The scopes that the answer asks for, named short, and the reason that it gives.
async fn told(error: Error) -> (Vec<String>, Value) {
    assert_eq!(error.code(), "consent_required", "{error:?}");
    let body = to_bytes(error.into_response().into_body(), usize::MAX).await.unwrap();
    let document: Value = serde_json::from_slice(&body).unwrap();
    let names = document["missing_scopes"].as_array().unwrap().iter();
    let short = |name: &Value| name.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    (names.map(short).collect(), document["why"].clone())
}

/// The next refresh leaves the scopes of signing in alone, and one is due.
fn narrow(app: &App) {
    app.fake.set(Quirk::NarrowRefresh);
    app.clock.advance(Duration::from_secs(3600));
}

/// Asks both ways for the same token once more, after a refresh without its scope.
async fn renewed_without_its_scope<N: Requirement>(app: &App, part: Token<N>) {
    assert!(part.fresh().await.is_ok());
    narrow(app);
    for error in [part.replaced().await.unwrap_err(), part.fresh().await.unwrap_err()] {
        assert_eq!(told(error).await, (vec!["drive.file".to_owned()], json!("look around")));
    }
    let client = part.client();
    app.fake.expire_access_tokens();
    let called = client.get::<Value>(&client.url("drive", "/drive/v3/files")).await;
    assert_eq!(told(called.unwrap_err()).await.0, ["drive.file"]);
}

#[tokio::test]
async fn a_token_for_an_optional_scope_is_not_replaced_without_it() {
    let world = having(&["drive.file"]).await;
    let whole = token_of::<Looks>(&world).await;
    renewed_without_its_scope(&world.0, whole.optional::<scope::DriveFile>().unwrap()).await;
    assert!(whole.fresh().await.is_ok(), "what the handler needs is still there");
    assert!(whole.replaced().await.is_ok());
}

#[tokio::test]
async fn a_token_for_one_of_several_is_not_replaced_by_one_for_another() {
    let world = having(&["drive.file"]).await;
    let whole = token_of::<Chooses>(&world).await;
    renewed_without_its_scope(&world.0, whole.optional::<scope::DriveFile>().unwrap()).await;
    assert!(whole.replaced().await.is_ok(), "another one of them suffices");
}

/// Its handler cannot go on either, and asks once for all that is gone.
#[tokio::test]
async fn what_the_handler_lacks_too_is_asked_for_along() {
    let world = having(&["drive.file", "tasks"]).await;
    let part = token_of::<NeedsTwo>(&world).await.narrow::<scope::DriveFile>();
    narrow(&world.0);
    let error = part.replaced().await.unwrap_err();
    assert_eq!(told(error).await.0, ["drive.file", "tasks"]);
}

/// An API's answer to a token that lacks a scope, although the account seems to have it.
fn refused<R: Requirement>(token: &Token<R>) -> Error {
    let (status, headers) = (StatusCode::FORBIDDEN, HeaderMap::new());
    Error::from_api(token, status, &headers, INSUFFICIENT.as_bytes()).unwrap()
}

#[tokio::test]
async fn where_an_api_refuses_a_part_the_user_is_asked_for_the_part() {
    let world = having(&["drive.file", "tasks", "drive"]).await;
    let part = token_of::<NeedsTwo>(&world).await.narrow::<scope::DriveFile>();
    assert_eq!(told(refused(&part)).await.0, ["drive.file"], "and not for `tasks`");
    let part = token_of::<Looks>(&world).await.optional::<scope::DriveFile>().unwrap();
    assert_eq!(told(refused(&part)).await.0, ["drive.file"]);
    let part = token_of::<NeedsMore>(&world).await.narrow::<scope::DriveReadonly>();
    assert_eq!(told(refused(&part)).await.0, ["drive"], "the handler has it from the wider one");
    let again = part.narrow::<scope::DriveMetadataReadonly>();
    assert_eq!(told(refused(&again)).await, (vec!["drive".to_owned()], json!("look around")));
}

#[tokio::test]
async fn a_job_asks_for_the_part_with_the_reason_of_the_whole() {
    let (app, _) = having(&["drive.file"]).await;
    let whole = app.oauth.account(&app.fake.account_id(ADA)).token::<Looks>().await.unwrap();
    let part = whole.optional::<scope::DriveFile>().unwrap();
    narrow(&app);
    let error = part.replaced().await.unwrap_err();
    assert!(error.authorize_url().unwrap().starts_with(&app.origin));
    assert_eq!(told(error).await, (vec!["drive.file".to_owned()], json!("look around")));
    assert!(whole.replaced().await.is_ok());
}

/// Whoever has signed out is asked for what the handler needs to go on, and for no more.
#[tokio::test]
async fn a_sign_in_asks_for_what_the_handler_needs() {
    let world = having(&["drive.file"]).await;
    let part = token_of::<Looks>(&world).await.optional::<scope::DriveFile>().unwrap();
    let id = world.0.fake.account_id(ADA);
    world.0.oauth.account(&id).sign_out_everywhere().await.unwrap();
    let error = part.fresh().await.unwrap_err();
    assert_eq!(error.code(), "sign_in_required");
    let body = to_bytes(error.into_response().into_body(), usize::MAX).await.unwrap();
    let document: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(document["missing_scopes"], json!(["openid"]));
}
