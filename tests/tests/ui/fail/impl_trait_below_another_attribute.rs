use axum::extract::State;
use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
#[tracing::instrument(skip_all)]
async fn save(token: Token, State(clock): State<impl Fn() -> u64>) -> String {
    format!("{token:?} {}", clock())
}

fn main() {}
