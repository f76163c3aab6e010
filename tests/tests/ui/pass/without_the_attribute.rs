//! What needs no attribute: a person, or the token of a scope, needed or not.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]
#![allow(clippy::unused_async)]

use axum::{Router, routing::get};
use oauth_runtime::{Covers, OAuth, Token, User, scope};

async fn home(user: Option<User>) -> String {
    format!("{user:?}")
}

async fn profile(user: User) -> String {
    format!("{user:?}")
}

async fn notes(token: Token<scope::DriveReadonly>) -> String {
    count(&token).await
}

async fn notes_if_granted(token: Option<Token<scope::Drive>>, user: User) -> String {
    match token {
        Some(token) => count(&token).await,
        None => format!("none for {user:?}"),
    }
}

async fn count(token: &Token<impl Covers<scope::DriveReadonly>>) -> String {
    format!("{token:?}")
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/profile", get(profile))
        .route("/notes", get(notes))
        .route("/notes-if-granted", get(notes_if_granted))
        .with_state(oauth)
}

fn main() {
    let _ = app;
}
