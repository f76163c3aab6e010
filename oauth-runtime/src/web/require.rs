//! The guard as a layer, for routes that are not handlers with an attribute.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::response::Response;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::guard;
use crate::oauth::OAuth;
use crate::scope::Requirement;
use crate::scope::requirement::Declaration;

impl OAuth {
    /// A layer that lets a request pass only with the scopes of `R`, and answers every other one
    /// as a handler with `#[requires_scopes]` would.
    ///
    /// For what has no handler of its own: files, a nested app, a proxy. Give it to
    /// [`route_layer`](axum::Router::route_layer), so that paths which do not exist stay 404.
    ///
    /// ```
    /// # use axum::{Router, routing::get};
    /// # use oauth_runtime::{ClientCredentials, OAuth, scope_set};
    /// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    /// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
    /// #     .build()?;
    /// scope_set!(pub Backup(why = "keep a copy of your notes") = "drive.file", "drive.appdata");
    ///
    /// let app: Router = Router::new()
    ///     .route("/backup", get(async || "your backup"))
    ///     .route_layer(oauth.require::<Backup>())
    ///     .merge(oauth.routes()) // outside of the layer
    ///     .with_state(oauth);
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn require<R: Requirement>(&self) -> RequireLayer {
        RequireLayer { oauth: self.clone(), declaration: R::DECLARATION }
    }
}

/// The layer that [`OAuth::require`] gives.
///
/// ```
/// use axum::{Router, routing::get};
/// use oauth_runtime::{OAuth, RequireLayer, scope};
///
/// fn files(oauth: &OAuth) -> Router<OAuth> {
///     let guard: RequireLayer = oauth.require::<scope::DriveFile>();
///     Router::new().route("/files", get(|| async { "yours" })).route_layer(guard)
/// }
/// ```
#[derive(Clone)]
pub struct RequireLayer {
    oauth: OAuth,
    declaration: &'static Declaration,
}

impl fmt::Debug for RequireLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requires = self.declaration.name;
        f.debug_struct("RequireLayer").field("requires", &requires).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require { guard: self.clone(), inner }
    }
}

/// A service behind [`RequireLayer`].
#[derive(Clone, Debug)]
pub struct Require<S> {
    guard: RequireLayer,
    inner: S,
}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl<S, B> Service<Request<B>> for Require<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Answer {
        let RequireLayer { oauth, declaration } = self.guard.clone();
        // The service that was polled is the one that is called.
        let next = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, next);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            match guard::admit(oauth, &parts, declaration).await {
                Ok(_) => ready.call(Request::from_parts(parts, body)).await,
                Err(error) => Ok(error.to_response()),
            }
        })
    }
}
