//! The router.

use std::convert::Infallible;
use std::fmt;

use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::Route;
use tower_layer::Layer;
use tower_service::Service;

use super::declares::Routable;
use super::methods::MethodRouter;
use crate::scope::Routed;
use crate::web::HasOAuth;

/// What `axum::Router` is, of handlers that say what they need.
///
/// See the [module](crate::routing) for an example.
///
/// ```
/// use oauth_runtime::routing::{Router, get, public};
/// use oauth_runtime::{OAuth, Token, requires_scopes};
///
/// #[requires_scopes("drive.file", why = "keep your notes")]
/// async fn notes(token: Token) -> &'static str {
///     drop(token);
///     "yours"
/// }
///
/// fn app(oauth: OAuth) -> axum::Router {
///     Router::new()
///         .route("/", get(public(async || "hello")))
///         .nest("/files", Router::new().route("/notes", get(notes)))
///         .merge(oauth.routes())
///         .with_state(oauth)
/// }
/// ```
pub struct Router<S = ()> {
    inner: axum::Router<S>,
    routes: Vec<Routed>,
}

impl<S: Clone + Send + Sync + 'static> Router<S> {
    /// A router without routes.
    pub fn new() -> Self {
        axum::Router::new().into()
    }

    /// Adds a route; see `axum::Router::route`.
    ///
    /// # Panics
    /// If axum does: the path does not begin with `/`, or is taken.
    pub fn route(mut self, path: &str, methods: MethodRouter<S>) -> Self {
        let MethodRouter { inner, methods } = methods;
        let routed = |(method, declaration)| Routed { method, path: path.to_owned(), declaration };
        self.routes.extend(methods.into_iter().map(routed));
        self.inner = self.inner.route(path, inner);
        self
    }

    /// Puts the routes of another router under a prefix; see `axum::Router::nest`. Of a router
    /// of axum's own nobody knows what its routes ask for.
    ///
    /// # Panics
    /// If axum does: the prefix is empty, or a route is taken.
    pub fn nest(mut self, prefix: &str, other: impl Into<Self>) -> Self {
        let Self { inner, routes } = other.into();
        self.routes.extend(routes.iter().map(|route| under(prefix, route)));
        self.inner = self.inner.nest(prefix, inner);
        self
    }

    /// Adds the routes of another router, such as [`OAuth::routes`](crate::OAuth::routes); see
    /// `axum::Router::merge`.
    ///
    /// # Panics
    /// If axum does: a route is in both.
    pub fn merge(mut self, other: impl Into<Self>) -> Self {
        let Self { inner, routes } = other.into();
        self.routes.extend(routes);
        self.inner = self.inner.merge(inner);
        self
    }

    /// What answers where no route does; see `axum::Router::fallback`.
    pub fn fallback<H: Routable<T, S>, T>(mut self, handler: H) -> Self {
        let path = "/*".to_owned();
        self.routes.push(Routed { method: "ANY", path, declaration: H::DECLARATION });
        self.inner = self.inner.fallback(handler.into_handler());
        self
    }

    /// The same behind a layer; see `axum::Router::layer`.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.inner = self.inner.layer(layer);
        self
    }

    /// The same with a layer that sees the requests alone for which there is a route; see
    /// `axum::Router::route_layer`.
    ///
    /// # Panics
    /// If there is no route yet.
    pub fn route_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.inner = self.inner.route_layer(layer);
        self
    }

    /// A router of axum's own, with its state. The `OAuth` in the state learns of the routes,
    /// which its [manifest](crate::OAuth::manifest) then names.
    pub fn with_state<Other>(self, state: S) -> axum::Router<Other>
    where
        S: HasOAuth,
        Other: Clone + Send + Sync + 'static,
    {
        #[cfg(feature = "manifest")]
        state.oauth().add_routes(self.routes);
        self.inner.with_state(state)
    }
}

/// Where a route is once it is nested.
fn under(prefix: &str, route: &Routed) -> Routed {
    let path = match route.path.as_str() {
        path if prefix.ends_with('/') => format!("{prefix}{}", path.trim_start_matches('/')),
        "/" => prefix.to_owned(),
        path => format!("{prefix}{path}"),
    };
    Routed { path, ..*route }
}

impl<S: Clone + Send + Sync + 'static> Default for Router<S> {
    fn default() -> Self {
        Self::new()
    }
}

/// A router of axum's own fits in, and nobody knows what its routes ask for.
impl<S> From<axum::Router<S>> for Router<S> {
    fn from(inner: axum::Router<S>) -> Self {
        Self { inner, routes: Vec::new() }
    }
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.routes.iter().map(|route| format!("{} {}", route.method, route.path));
        f.debug_tuple("Router").field(&routes.collect::<Vec<_>>()).finish()
    }
}
