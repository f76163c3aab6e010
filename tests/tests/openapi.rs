//! The scopes of every operation in the document that an app publishes of itself.

#![expect(dead_code, reason = "most handlers are only documented here")]

use axum::extract::Path;
use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::routing::{Router, get, public};
use oauth_runtime::{OAuth, Token, requires_scopes};
use serde_json::{Value, json};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::{Modify as _, OpenApi};

const DRIVE: &str = "https://www.googleapis.com/auth/drive.file";
const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
const READONLY: &str = "https://www.googleapis.com/auth/calendar.readonly";

#[requires_scopes("drive.file", why = "list your invoices")]
#[utoipa::path(get, path = "/invoices/{id}")]
async fn invoice(token: Token, Path(id): Path<u32>) -> String {
    format!("{id} {token:?}")
}

#[utoipa::path(post, path = "/invoices", operation_id = "invoice_of_somebody")]
#[requires_scopes("drive.file", any("calendar.events", "calendar.readonly"))]
async fn invoice_of_somebody() {}

#[requires_scopes("drive.file")]
#[utoipa::path(get, path = "/other", security(("own" = ["read"])))]
async fn invoice_with_its_own_security() {}

/// Who is well.
#[utoipa::path(get, path = "/health")]
async fn health() -> &'static str {
    "well"
}

mod twin {
    use super::requires_scopes;

    #[requires_scopes("calendar.events")]
    #[utoipa::path(get, path = "/twin")]
    pub(super) async fn invoice() {}
}

#[derive(OpenApi)]
#[openapi(paths(
    invoice,
    invoice_of_somebody,
    invoice_with_its_own_security,
    health,
    twin::invoice
))]
struct Api;

fn document(oauth: &OAuth) -> Value {
    let mut api = Api::openapi();
    oauth.modify(&mut api);
    oauth.modify(&mut api); // twice is as good as once
    serde_json::to_value(&api).unwrap()
}

fn security<'a>(document: &'a Value, path: &str, method: &str) -> &'a Value {
    &document["paths"][path][method]["security"]
}

#[tokio::test]
async fn every_annotated_operation_gets_its_scopes_and_the_scheme_is_the_providers() {
    let fake = FakeGoogle::start().await.unwrap();
    let oauth = fake.oauth().unwrap();
    let _app: axum::Router = Router::new()
        .route("/invoices/{id}", get(invoice))
        .route("/health", get(public(health)))
        .with_state(oauth.clone());
    let document = document(&oauth);
    assert_eq!(security(&document, "/invoices/{id}", "get"), &json!([{ "google": [DRIVE] }]));
    let choices = json!([{ "google": [DRIVE, EVENTS] }, { "google": [DRIVE, READONLY] }]);
    assert_eq!(security(&document, "/invoices", "post"), &choices, "found by its id");
    assert_eq!(security(&document, "/other", "get"), &json!([{ "own": ["read"] }]));
    assert_eq!(security(&document, "/health", "get"), &Value::Null);
    let flow = &document["components"]["securitySchemes"]["google"]["flows"]["authorizationCode"];
    let endpoint = flow["authorizationUrl"].as_str().unwrap();
    assert!(endpoint.starts_with(fake.origin()), "{flow}");
    assert_eq!(flow["scopes"][DRIVE], "list your invoices");
}

/// An operation with a security of its own is no longer held to that of the document.
#[tokio::test]
async fn what_the_document_demands_is_demanded_besides() {
    let fake = FakeGoogle::start().await.unwrap();
    let oauth = fake.oauth().unwrap();
    let mut api = Api::openapi();
    let none = std::iter::empty::<String>;
    api.security = Some(vec![
        SecurityRequirement::new("key", none()),
        SecurityRequirement::new("cookie", none()),
    ]);
    oauth.modify(&mut api);
    let document = serde_json::to_value(&api).unwrap();
    let both = json!([
        { "google": [DRIVE, EVENTS], "key": [] },
        { "google": [DRIVE, EVENTS], "cookie": [] },
        { "google": [DRIVE, READONLY], "key": [] },
        { "google": [DRIVE, READONLY], "cookie": [] },
    ]);
    assert_eq!(security(&document, "/invoices", "post"), &both);
    assert_eq!(security(&document, "/other", "get"), &json!([{ "own": ["read"] }]));
    assert_eq!(security(&document, "/health", "get"), &Value::Null, "held to the document's");
}

/// Two handlers of one name, and no router that tells them apart: better none than a wrong one.
#[tokio::test]
async fn an_id_that_two_handlers_could_mean_is_left_alone() {
    let fake = FakeGoogle::start().await.unwrap();
    let document = document(&fake.oauth().unwrap());
    assert_eq!(security(&document, "/twin", "get"), &Value::Null);
    assert_eq!(security(&document, "/invoices/{id}", "get"), &Value::Null);
}
