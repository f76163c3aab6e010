//! The rule for requests of other origins as a layer, for handlers of the app that take nothing
//! of the library.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::response::Response;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::cross_origin::OwnRequest;
use crate::oauth::OAuth;

impl OAuth {
    /// A layer that refuses (403) what a page of another origin sends, unless it is safe.
    ///
    /// Handlers with `#[requires_scopes]`, `Token`, `User`, `Option` of them, or behind
    /// [`require`](Self::require) are protected without it. It is for the app's own handlers that
    /// change something for a user: a login form, a logout, whatever goes by a cookie of the
    /// app's. `GET`, `HEAD` and `OPTIONS` pass, and have to change nothing; a `WebSocket`
    /// handshake is held to the rule. What is no browser sends neither `Sec-Fetch-Site` nor
    /// `Origin`, and passes.
    ///
    /// ```
    /// # use axum::{Router, routing::post};
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    /// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
    /// #     .build()?;
    /// let own: Router<OAuth> = Router::new()
    ///     .route("/logout", post(async || "logged out"))
    ///     .layer(oauth.cross_origin_protection());
    /// let app: Router = own.merge(oauth.routes()).with_state(oauth);
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn cross_origin_protection(&self) -> CrossOriginProtectionLayer {
        CrossOriginProtectionLayer { oauth: self.clone() }
    }
}

/// The layer that [`OAuth::cross_origin_protection`] gives.
///
/// ```
/// use axum::{Router, routing::post};
/// use oauth_runtime::{CrossOriginProtectionLayer, OAuth};
///
/// fn own(oauth: &OAuth) -> Router<OAuth> {
///     let layer: CrossOriginProtectionLayer = oauth.cross_origin_protection();
///     Router::new().route("/logout", post(|| async { "logged out" })).layer(layer)
/// }
/// ```
#[derive(Clone)]
pub struct CrossOriginProtectionLayer {
    oauth: OAuth,
}

impl fmt::Debug for CrossOriginProtectionLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossOriginProtectionLayer").finish_non_exhaustive()
    }
}

impl<S> Layer<S> for CrossOriginProtectionLayer {
    type Service = CrossOriginProtection<S>;

    fn layer(&self, inner: S) -> CrossOriginProtection<S> {
        CrossOriginProtection { layer: self.clone(), inner }
    }
}

/// A service behind [`CrossOriginProtectionLayer`].
#[derive(Clone, Debug)]
pub struct CrossOriginProtection<S> {
    layer: CrossOriginProtectionLayer,
    inner: S,
}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl<S, B> Service<Request<B>> for CrossOriginProtection<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Answer {
        let (parts, body) = request.into_parts();
        let refused = OwnRequest::check(&self.layer.oauth, &parts).err();
        match refused {
            None => Box::pin(self.inner.call(Request::from_parts(parts, body))),
            Some(error) => Box::pin(ready(Ok(error.to_response()))),
        }
    }
}
