//! A router that knows what every route asks people for, and takes no handler that does not say.
//!
//! It is used as `axum::Router` is. A handler has to be annotated, or to be
//! [`public`] by its own word; one that is neither does not compile. The
//! [manifest](crate::OAuth::manifest) then names method and path of every handler, and the
//! handlers that have no route.
//!
//! ```
//! use oauth_runtime::routing::{Router, get, public};
//! use oauth_runtime::{ClientCredentials, OAuth, Token, requires_scopes};
//!
//! async fn home() -> &'static str {
//!     "everybody may read this"
//! }
//!
//! #[requires_scopes("drive.file", why = "keep your notes in your Drive")]
//! async fn notes(token: Token) -> String {
//!     format!("the notes of {:?}", token.user().email())
//! }
//!
//! # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
//! #     .with_redirect_uri("http://localhost:8080/oauth/callback")
//! #     .build()?;
//! let app: axum::Router = Router::new()
//!     .route("/", get(public(home)))
//!     .route("/notes", get(notes))
//!     .merge(oauth.routes()) // axum's own routers fit in
//!     .with_state(oauth);
//! # Ok::<(), oauth_runtime::Error>(())
//! ```
//!
//! `axum::routing` works beside it, in the same app.

mod declares;
mod methods;
mod router;

pub use declares::{Declares, Public, Routable, public};
pub use methods::{MethodRouter, any, delete, get, head, options, patch, post, put, trace};
pub use router::Router;
