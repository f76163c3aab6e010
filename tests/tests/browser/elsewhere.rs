//! A server at another port: another origin of the same site, as a sibling subdomain is.

use axum::Router;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{Html, IntoResponse};
use axum::routing::any;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Served until it is dropped.
pub(super) struct Elsewhere {
    pub(super) origin: String,
    server: JoinHandle<()>,
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Elsewhere {
    /// A page with nothing on it, from which a test tries what it likes.
    pub(super) async fn start() -> Self {
        let page = || async { Html("<!doctype html><title>elsewhere</title><h1>Elsewhere</h1>") };
        Self::serve(Router::new().route("/", any(page))).await
    }

    /// An API that every origin may read, whose answers all are a problem document with the link
    /// of their query.
    pub(super) async fn problems() -> Self {
        let answer = |uri: Uri| async move {
            let every_origin = HeaderValue::from_static("*");
            let allowed = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, every_origin)];
            (allowed, problem(uri.query().unwrap_or_default())).into_response()
        };
        Self::serve(Router::new().fallback(answer)).await
    }

    async fn serve(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { origin, server }
    }
}

/// A refusal in the words of the library, which leads to this address.
pub(super) fn problem(link: &str) -> impl IntoResponse + use<> {
    let problem = serde_json::json!({
        "code": "consent_required",
        "missing_scopes": [],
        "authorize_url": link,
    });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (axum::http::StatusCode::FORBIDDEN, kind, problem.to_string())
}
