use axum::debug_handler;
use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
#[debug_handler]
async fn notes(token: Token) {
    drop(token);
}

fn main() {}
