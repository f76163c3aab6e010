use axum::Json;
use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn show(token: Token) -> Json<Token<show>> {
    Json(token)
}

fn main() {
    let _ = axum::routing::get::<_, _, oauth_runtime::OAuth>(show);
}
