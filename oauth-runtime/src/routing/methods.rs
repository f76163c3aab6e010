//! What answers at one path: a handler for each method.

use std::convert::Infallible;
use std::fmt;

use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{self, Route};
use tower_layer::Layer;
use tower_service::Service;

use super::declares::Routable;
use crate::scope::requirement::Declaration;

/// Handlers by method, for one path; what `axum::routing::MethodRouter` is, of handlers that say
/// what they need.
pub struct MethodRouter<S = ()> {
    pub(super) inner: routing::MethodRouter<S>,
    pub(super) methods: Vec<(&'static str, Option<&'static Declaration>)>,
}

macro_rules! methods {
    ($($name:ident $method:literal),*) => {
        $(
            #[doc = concat!("Routes ", $method, " requests to the handler.")]
            pub fn $name<H, T, S>(handler: H) -> MethodRouter<S>
            where
                H: Routable<T, S>,
                S: Clone + Send + Sync + 'static,
            {
                MethodRouter {
                    inner: routing::$name(handler.into_handler()),
                    methods: vec![($method, H::DECLARATION)],
                }
            }
        )*
    };
}

methods!(
    get "GET", post "POST", put "PUT", delete "DELETE", patch "PATCH", head "HEAD",
    options "OPTIONS", trace "TRACE", any "ANY"
);

macro_rules! chained {
    ($($name:ident $method:literal),*) => {
        impl<S: Clone + Send + Sync + 'static> MethodRouter<S> {
            $(
                #[doc = concat!("Routes ", $method, " requests to the handler, too.")]
                pub fn $name<H: Routable<T, S>, T>(mut self, handler: H) -> Self {
                    self.inner = self.inner.$name(handler.into_handler());
                    self.methods.push(($method, H::DECLARATION));
                    self
                }
            )*
        }
    };
}

chained!(
    get "GET", post "POST", put "PUT", delete "DELETE", patch "PATCH", head "HEAD",
    options "OPTIONS", trace "TRACE"
);

impl<S: Clone + Send + Sync + 'static> MethodRouter<S> {
    /// The same behind a layer, which sees the requests of every method; see
    /// `axum::routing::MethodRouter::layer`.
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
}

impl<S> fmt::Debug for MethodRouter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods = self.methods.iter().map(|(method, _)| method);
        f.debug_tuple("MethodRouter").field(&methods.collect::<Vec<_>>()).finish()
    }
}
