//! The token: filled in wherever it stands, or written out.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::extract::{Path, State};
use axum::{Form, Router, routing::post};
use oauth_runtime::{OAuth, Token, requires_scopes};

#[requires_scopes("drive.file", why = "save your report to your Drive")]
async fn filled_in(token: Token) -> String {
    format!("{token:?}")
}

#[requires_scopes("drive.file", "https://api.example.com/auth/reports")]
async fn inferred(token: Token<_>, Form(name): Form<String>) -> String {
    format!("{name} {token:?}")
}

#[requires_scopes("https://www.googleapis.com/auth/drive.file")]
async fn written_out(mut token: Token<written_out>) -> String {
    token = token.clone();
    format!("{token:?}")
}

#[requires_scopes("drive.file",)]
async fn pathed(token: oauth_runtime::Token) -> String {
    format!("{token:?}")
}

#[requires_scopes("drive.file")]
async fn in_the_middle(
    State(oauth): State<OAuth>,
    Path(id): Path<u64>,
    token: Token,
    body: String,
) -> String {
    format!("{oauth:?} {id} {token:?} {body}")
}

#[requires_scopes("drive.file")]
async fn with_another_set(token: Token, rest: Token<filled_in>) -> String {
    format!("{token:?} {rest:?}")
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/filled-in", post(filled_in))
        .route("/inferred", post(inferred))
        .route("/written-out", post(written_out))
        .route("/pathed", post(pathed))
        .route("/in-the-middle/{id}", post(in_the_middle))
        .route("/with-another-set", post(with_another_set))
        .with_state(oauth)
}

fn main() {
    let _ = app;
    assert_eq!(inferred::SCOPES[1], "https://api.example.com/auth/reports");
}
