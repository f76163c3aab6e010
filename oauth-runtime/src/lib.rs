//! OAuth for Axum.

mod secret;
mod clock;
mod error;
mod keys;
pub mod scope;
mod provider;
mod protocol;
mod http;
mod jwks;
mod store;
mod session;
mod pages;
mod tokens;
mod oauth;
mod flow;
mod web;
mod api;
#[cfg(feature = "fake")]
pub mod fake;

pub use oauth_macros::{requires_scopes, scope_set};

pub use api::ApiClient;
pub use clock::{Clock, ManualClock, Sleep, SystemClock, Timestamp};
pub use error::Error;
pub use keys::{Key, Keys};
pub use oauth::{OAuth, OAuthBuilder};
pub use provider::{ClientCredentials, Provider};
pub use scope::{Covers, Requirement, Scope, ScopeSet, Sensitivity};
pub use secret::Secret;
pub use tokens::AccountId;
pub use web::{Declared, Token, User};

/// What the macros name. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::scope::Scope;
    pub use crate::scope::requirement::Declaration;
    pub use crate::web::HasOAuth;
}
