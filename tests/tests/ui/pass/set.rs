//! Sets with a name: for methods, closures, several handlers.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]
#![allow(clippy::unused_async)]

use axum::extract::State;
use axum::{Router, routing::get};
use oauth_runtime::{Covers, OAuth, Token, scope, scope_set};

scope_set!(
    /// What a backup needs.
    #[derive(Debug)]
    pub(crate) Backup(why = "keep a copy of your files") = "drive.file", "drive.appdata"
);
scope_set!(Agenda = "calendar.readonly",);

struct Jobs;

impl Jobs {
    async fn back_up(token: Token<Backup>) -> String {
        upload(&token).await
    }

    async fn agenda(State(_): State<OAuth>, token: Option<Token<Agenda>>) -> String {
        format!("{token:?}")
    }
}

async fn upload(token: &Token<impl Covers<scope::DriveFile> + Covers<scope::DriveAppdata>>) -> String {
    format!("{token:?}")
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/back-up", get(Jobs::back_up))
        .route("/agenda", get(Jobs::agenda))
        .route("/closure", get(|token: Token<Backup>| async move { upload(&token).await }))
        .with_state(oauth)
}

fn main() {
    let _ = app;
    assert_eq!(Backup::SCOPES.len(), 2);
}
