//! Handlers in modules and in the bodies of functions, of every visibility.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::{Router, routing::get};
use oauth_runtime::{OAuth, Token, requires_scopes, scope_set};

pub mod notes {
    //! A module that is public.
    use axum::{Router, routing::get};
    use oauth_runtime::{OAuth, Token, requires_scopes};

    /// Lists.
    #[requires_scopes("drive.file")]
    pub async fn list(token: Token) -> String {
        format!("{token:?}")
    }

    pub(crate) mod inner {
        #[super::requires_scopes("drive.file")]
        pub(in crate::notes) async fn read(token: super::Token<read>) -> String {
            format!("{token:?}")
        }

        #[oauth_runtime::requires_scopes("drive.file")]
        pub(crate) async fn save() {}
    }

    pub(super) use inner::save;

    pub(super) fn router(oauth: OAuth) -> Router {
        Router::new().route("/read", get(inner::read)).with_state(oauth)
    }
}

fn app(oauth: OAuth) -> Router {
    #[requires_scopes("drive.file")]
    async fn local(token: Token<local>) -> String {
        format!("{token:?}")
    }
    scope_set!(Local = "drive.file");
    Router::new()
        .route("/list", get(notes::list))
        .route("/save", get(notes::save))
        .route("/local", get(local))
        .route("/set", get(|token: Token<Local>| async move { format!("{token:?}") }))
        .with_state(oauth.clone())
        .merge(notes::router(oauth))
}

fn main() {
    let _ = app;
}
