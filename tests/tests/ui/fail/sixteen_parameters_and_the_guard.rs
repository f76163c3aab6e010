use axum::http::Method;
use axum::{Router, routing::get};
use oauth_runtime::{OAuth, Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn guarded(
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    #[allow(unused_variables)] last: Method,
) {
}

#[requires_scopes("drive.file")]
async fn with_a_token(
    _: Token,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
) {
}

fn main() {
    let _: Router<OAuth> = Router::new().route("/guarded", get(guarded));
    let _ = with_a_token;
}
