//! A raw identifier, and a marker with a name of its own.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::{Router, routing::get};
use oauth_runtime::{OAuth, Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn r#type(token: Token) -> String {
    format!("{token:?}")
}

#[requires_scopes("drive.file")]
async fn r#match() {}

mod notes {
    pub(super) const PATH: &str = "/notes";
}

#[requires_scopes("drive.file", marker = Notes)]
async fn notes(token: Token) -> String {
    format!("{token:?}")
}

#[requires_scopes("drive.file", marker = Bool)]
async fn bool(token: Token) -> String {
    let is_long = true;
    format!("{token:?} {is_long}")
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/type", get(r#type))
        .route("/match", get(r#match))
        .route(notes::PATH, get(notes))
        .route("/bool", get(bool))
        .with_state(oauth)
}

fn main() {
    let _ = app;
    assert_eq!(Notes::SCOPES, r#type::SCOPES);
}
