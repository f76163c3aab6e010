//! `utoipa::path` and `tracing::instrument`, on either side.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::extract::Path;
use axum::{Router, routing::get};
use oauth_runtime::{OAuth, Token, requires_scopes};
use tracing::instrument;

#[requires_scopes("drive.file")]
#[utoipa::path(get, path = "/below/{id}", params(("id" = u32, Path)))]
async fn below(token: Token, Path(id): Path<u32>) -> String {
    format!("{id} {token:?}")
}

#[utoipa::path(get, path = "/above")]
#[requires_scopes("drive.file")]
async fn above(token: Token) -> String {
    format!("{token:?}")
}

#[requires_scopes("drive.file")]
#[instrument(skip_all, fields(id))]
async fn watched(token: Token, Path(id): Path<u32>) -> String {
    format!("{id} {token:?}")
}

#[instrument(ret)]
#[requires_scopes("drive.file")]
async fn watching(token: Token) -> String {
    format!("{token:?}")
}

#[requires_scopes("drive.file", any("calendar", "tasks"), optional("contacts"), why = "all of it")]
#[utoipa::path(get, path = "/all")]
#[instrument]
#[axum::debug_handler(state = OAuth)]
async fn all(token: Token) -> String {
    format!("{token:?}")
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/below/{id}", get(below))
        .route("/above", get(above))
        .route("/watched/{id}", get(watched))
        .route("/watching", get(watching))
        .route("/all", get(all))
        .with_state(oauth)
}

fn main() {
    let _ = app;
}
