//! Handlers that need the scopes and no token in hand.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, Uri, Version};
use axum::{Json, Router, routing::post};
use oauth_runtime::{OAuth, requires_scopes};

#[requires_scopes("drive.file")]
async fn alone() -> &'static str {
    "granted"
}

#[requires_scopes("drive.file")]
async fn with_a_body(body: String) -> String {
    body
}

#[requires_scopes("drive.file")]
async fn with_many(
    State(_): State<OAuth>,
    Path(_): Path<u64>,
    Query(_): Query<Vec<(String, String)>>,
    _: HeaderMap,
    _: Method,
    (_, _): (Uri, Version),
    Json(text): Json<String>,
) -> Json<String> {
    Json(text)
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/alone", post(alone))
        .route("/with-a-body", post(with_a_body))
        .route("/with-many/{id}", post(with_many))
        .with_state(oauth)
}

fn main() {
    let _ = app;
}
