//! Handlers that a `macro_rules!` writes.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::{Router, routing::get};
use oauth_runtime::{OAuth, Token, requires_scopes};

macro_rules! handler {
    ($name:ident, $scope:literal) => {
        #[requires_scopes($scope)]
        async fn $name(token: Token) -> String {
            format!("{token:?}")
        }
    };
    ($name:ident, $scope:literal, $token:ident: $type:ty, $body:block) => {
        #[requires_scopes($scope, why = "try it")]
        async fn $name($token: $type) -> String $body
    };
}

handler!(notes, "drive.file");
handler!(week, "calendar.readonly");
handler!(files, "drive.readonly", token: Token, { format!("{token:?}") });

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/notes", get(notes))
        .route("/week", get(week))
        .route("/files", get(files))
        .with_state(oauth)
}

fn main() {
    let _ = app;
    assert_ne!(notes::SCOPES, week::SCOPES);
}
