//! OAuth for Axum: a handler declares the scopes it needs, and runs only with a live token that
//! holds them.
//!
//! ```
//! use axum::{Router, routing::get};
//! use oauth_runtime::{ClientCredentials, OAuth, Token, requires_scopes};
//!
//! #[requires_scopes("drive.file", why = "list the notes that this app keeps in your Drive")]
//! async fn notes(token: Token) -> String {
//!     format!("a token until {:?}", token.expires_at())
//! }
//!
//! # fn main() -> Result<(), oauth_runtime::Error> {
//! let credentials = ClientCredentials::new("client-id", "fake-secret");
//! let oauth = OAuth::google(credentials)
//!     .with_redirect_uri("http://localhost:8080/oauth/callback")
//!     .build()?; // every configuration mistake surfaces here
//! let app: Router =
//!     Router::new().route("/notes", get(notes)).merge(oauth.routes()).with_state(oauth);
//! # Ok(()) }
//! ```
//!
//! Whoever is not signed in, or did not grant the scope, is asked for exactly that when the
//! page needs it, and comes back to where they were. A script gets a problem document instead.
//!
//! - [`requires_scopes`] declares; [`Token`] is what the handler gets; [`Covers`] lets a helper
//!   say what it needs of its caller's token; [`User`] is for sign-in alone.
//! - [`routing`] is a router that takes no handler which does not say what it needs.
//! - [`Account`] is for jobs: a token outside of any request. [`ServiceAccount`] is the app's own.
//! - [`OAuth`] is the handle, [`OAuthBuilder`] its configuration, [`Provider`] and
//!   [`ClientCredentials`] whom it talks to.
//! - [`Owner`] is for an app with a login of its own; [`Identity`] and [`Admission`] for one that
//!   admits only some accounts.
//! - [`Store`] is a database that keeps sessions and tokens, sealed with [`Keys`].
//! - [`Brand`] puts the app's name and looks on the library's own pages, [`Pages`] replaces them.
//! - [`ApiClient`] calls the provider's APIs. [`Error`] is the one error of all of it.
//!
//! # Guide
//!
//! - [`declare`](guide::declare): say on a handler what it needs, and what the compiler makes of it.
//! - [`ask`](guide::ask): when a person is asked, how, and when not again.
//! - [`resume`](guide::resume): what becomes of the request that was interrupted.
//! - [`call`](guide::call): calling APIs, and what becomes of each way they say no.
//! - [`test`](mod@guide::test): the app against a fake Google, without a network and without waiting.
//! - [`deploy`](guide::deploy): addresses, proxies, keys, stores, several nodes.
//! - [`operate`](guide::operate): what is wrong at a glance, logs, metrics, an audit trail.
//! - [`own_login`](guide::own_login): accounts that belong to users the app has already.
//! - [`providers`](guide::providers): Microsoft, GitHub and others, alone and beside Google.
//! - [`review`](guide::review): all that the app asks for in one place.
//! - [`security`](guide::security): every attack, its defence, and the test that shows it.
//! - [`migrate`](guide::migrate): from OAuth by hand to this library.
//! - [`defaults`](guide::defaults): every default and limit, why it is so, and how to change it.
//! - [`error_codes`](guide::error_codes): every code of an [`Error`], and what to do about it.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `fake` | an embedded fake Google on loopback, with the fixtures for tests |
//! | `sqlite` | [`SqliteStore`]: sessions and tokens in a file (Rust 1.94 or newer) |
//! | `postgres` | [`PostgresStore`]: the same in a PostgreSQL database (Rust 1.94 or newer) |
//! | `redis` | [`RedisStore`]: the same in a Redis or Valkey |
//! | `metrics` | counters and histograms for the facade of that name: see [`operate`](guide::operate) |
//! | `reqwest-middleware` | [`ApiClient`] as a layer of that crate: `token.client().into_middleware()` |
//! | `utoipa` | the scopes of every operation in an OpenAPI document: `oauth.modify(&mut api)` |
//! | `manifest` | [`OAuth::manifest`]: what all handlers ask people for, and a page of it in development |

mod secret;
mod clock;
mod error;
mod shown;
mod private_file;
mod keys;
pub mod scope;
mod provider;
mod protocol;
mod telemetry;
mod http;
mod jwks;
mod discover;
mod store;
mod session;
#[cfg(feature = "manifest")]
mod manifest;
mod pages;
mod tokens;
mod oauth;
mod flow;
mod web;
mod api;
pub mod routing;
#[cfg(feature = "utoipa")]
mod utoipa;
#[cfg(feature = "fake")]
pub mod fake;
pub mod guide;
#[cfg(any(test, oauth_fuzz))]
#[doc(hidden)]
pub mod fuzz;

pub use oauth_macros::{requires_scopes, scope, scope_set};

pub use api::{ApiClient, ApiPages, ApiRequest, ApiResponse, ResumableUpload, ServiceAccount};
pub use clock::{Clock, ManualClock, Sleep, SystemClock, Timestamp};
pub use error::Error;
pub use keys::{Key, Keys};
#[cfg(feature = "manifest")]
pub use manifest::{Finding, FindingKind, Manifest, ManifestEntry, ManifestScope, Policy};
pub use oauth::{Admission, Check, Diagnosis, OAuth, OAuthBuilder, Severity};
pub use pages::{
    AskedScope, Brand, Connection, Field, KeptForm, Language, Link, LinkKind, Page, PageHtml,
    PageKind, Pages,
};
pub use protocol::AccountId;
pub use protocol::Identity;
pub use provider::{ApiRefusal, ClientCredentials, Provider, ServiceAccountKey, UserApi};
pub use scope::{Covers, MayHold, Requirement, Scope, ScopeSet, Sensitivity};
pub use secret::Secret;
pub use session::Owner;
#[cfg(feature = "postgres")]
pub use store::PostgresStore;
#[cfg(feature = "redis")]
pub use store::RedisStore;
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
pub use store::{Expected, MemoryStore, RowKey, Store, StoreFuture, StoredRow};
pub use telemetry::{AuditEvent, AuditKind};
pub use tokens::{Consent, Disconnection};
pub use web::{
    Account, AllowCrossOrigin, CrossOriginProtection, CrossOriginProtectionLayer, Declared,
    Require, RequireLayer, Token, User,
};

/// What the macros name. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::scope::Scope;
    pub use crate::scope::checks::{assert_own_scope, assert_provider, assert_scope, own_scope};
    pub use crate::scope::requirement::Declaration;
    pub use crate::web::{BeginsWith, BeginsWithBoth, HasOAuth, begins_with, begins_with_both};

    #[cfg(feature = "manifest")]
    pub use crate::manifest::Registered;
    #[cfg(feature = "manifest")]
    pub use inventory;

    pub use crate::__register as register;
}

/// Tells the manifest of a declaration, where there is one.
#[cfg(feature = "manifest")]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($marker:ty) => {
        $crate::__private::inventory::submit! {
            $crate::__private::Registered::new(<$marker as $crate::Requirement>::DECLARATION)
        }
    };
}

#[cfg(not(feature = "manifest"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($marker:ty) => {};
}
