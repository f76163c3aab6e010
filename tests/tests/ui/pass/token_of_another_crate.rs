//! A type that is called `Token` too, and is no concern of ours.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::{Router, routing::post};
use oauth_runtime::{OAuth, Token, requires_scopes};

mod csrf {
    use axum::extract::FromRequestParts;
    use axum::http::request::Parts;
    use std::convert::Infallible;

    pub(crate) struct Token(pub(crate) String);

    impl<S: Sync> FromRequestParts<S> for Token {
        type Rejection = Infallible;

        async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
            Ok(Self(parts.uri.to_string()))
        }
    }
}

#[requires_scopes("drive.file")]
async fn guard(csrf: csrf::Token) -> String {
    csrf.0
}

#[requires_scopes("drive.file")]
async fn both(token: Token, csrf: csrf::Token) -> String {
    format!("{} {token:?}", csrf.0)
}

fn app(oauth: OAuth) -> Router {
    Router::new().route("/guard", post(guard)).route("/both", post(both)).with_state(oauth)
}

fn main() {
    let _ = app;
}
