use axum::{Router, routing::post};
use oauth_runtime::{OAuth, Token};

async fn save(token: Token) {
    drop(token);
}

fn main() {
    let _: Router<OAuth> = Router::new().route("/save", post(save));
}
