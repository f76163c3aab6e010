//! The `debug_handler` of axum, on either side.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]
#![allow(clippy::unused_async)]

use axum::{Form, Router, debug_handler, routing::post};
use oauth_runtime::{OAuth, Token, requires_scopes};

#[requires_scopes("drive.file")]
#[debug_handler(state = OAuth)]
async fn below(token: Token, Form(name): Form<String>) -> String {
    format!("{name} {token:?}")
}

#[debug_handler(state = OAuth)]
#[requires_scopes("drive.file")]
async fn above(token: Token<above>, Form(name): Form<String>) -> String {
    format!("{name} {token:?}")
}

#[requires_scopes("drive.file")]
#[debug_handler(state = OAuth)]
async fn guard(body: String) -> String {
    body
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/below", post(below))
        .route("/above", post(above))
        .route("/guard", post(guard))
        .with_state(oauth)
}

fn main() {
    let _ = app;
}
