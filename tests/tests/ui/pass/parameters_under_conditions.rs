//! Parameters that are there under a condition, and names that hide others.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::extract::{FromRequestParts, State};
use axum::http::Method;
use axum::{Json, Router, routing::post};
use oauth_runtime::{OAuth, Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn either(#[cfg(test)] token: Token, #[cfg(not(test))] method: Method) -> String {
    #[cfg(test)]
    return format!("{token:?}");
    #[cfg(not(test))]
    return format!("{method:?}");
}

#[requires_scopes("drive.file")]
async fn one_of_two(
    #[cfg(test)] token: Token,
    #[cfg(not(test))] token: Token,
    #[cfg(test)] axum::Form(body): axum::Form<String>,
    #[cfg(not(test))] Json(body): Json<String>,
) -> String {
    format!("{token:?} {body}")
}

#[requires_scopes("drive.file")]
async fn calm(#[allow(unused_variables)] token: Token, #[expect(unused_variables)] uri: Method) {}

#[requires_scopes("drive.file")]
async fn with_nearly_too_many(
    #[cfg(test)] _: Method,
    #[cfg(not(test))] _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
    _: Method,
) {
}

#[requires_scopes("drive.file")]
async fn generic<Token: FromRequestParts<OAuth> + Send + 'static>(_: Token) {}

#[requires_scopes("drive.file")]
async fn opaque(token: Token, State(clock): State<impl Fn() -> u64>) -> String {
    format!("{token:?} {}", clock())
}

#[deprecated]
#[requires_scopes("drive.file")]
async fn old<'a, T: Into<&'a str>>(token: Token, State(text): State<T>) -> String
where
    T: Send,
{
    format!("{token:?} {}", text.into())
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/either", post(either))
        .route("/one-of-two", post(one_of_two))
        .route("/calm", post(calm))
        .route("/with-nearly-too-many", post(with_nearly_too_many))
        .route("/generic", post(generic::<Method>))
        .with_state(oauth)
}

fn main() {
    let _ = app;
    let _ = |guard, token| opaque(guard, token, State(|| 5));
    #[expect(deprecated)]
    let _ = |token| old(token, State("text"));
}
