//! A state of the app's own, from which the `OAuth` is had.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::extract::{FromRef, State};
use axum::{Router, routing::get};
use oauth_runtime::{OAuth, Token, User, requires_scopes};

#[derive(Clone, FromRef)]
struct AppState {
    oauth: OAuth,
    greeting: &'static str,
}

#[requires_scopes("drive.file")]
async fn notes(token: Token, State(greeting): State<&'static str>) -> String {
    format!("{greeting} {token:?}")
}

async fn home(user: Option<User>) -> String {
    format!("{user:?}")
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/notes", get(notes))
        .with_state(AppState { oauth, greeting: "hello" })
}

fn main() {
    let _ = app;
}
