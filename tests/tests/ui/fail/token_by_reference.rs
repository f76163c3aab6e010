use axum::{Router, routing::post};
use oauth_runtime::{OAuth, Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn save(token: &Token) -> String {
    format!("{:?}", token.expires_at())
}

fn main() {
    let _: Router<OAuth> = Router::new().route("/save", post(save));
}
