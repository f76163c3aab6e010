//! Generic handlers, with bounds in both places.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::fmt::Debug;

use axum::extract::{FromRef, Path, State};
use axum::{Json, Router, routing::post};
use oauth_runtime::{OAuth, Token, requires_scopes};
use serde::{Serialize, de::DeserializeOwned};

#[requires_scopes("drive.file")]
async fn echo<T: DeserializeOwned + Serialize, const N: usize>(
    token: Token,
    Path(_): Path<T>,
    Json(value): Json<T>,
) -> Json<(String, T)> {
    Json((format!("{N} {token:?}"), value))
}

#[requires_scopes("drive.file")]
async fn show<S>(State(part): State<S>) -> String
where
    S: Debug,
{
    format!("{part:?}")
}

fn app<S>(state: S) -> Router
where
    S: Clone + Debug + Send + Sync + 'static,
    OAuth: FromRef<S>,
{
    Router::new()
        .route("/echo/{value}", post(echo::<String, 3>))
        .route("/show", post(show::<S>))
        .with_state(state)
}

fn main() {
    let _ = app::<OAuth>;
}
