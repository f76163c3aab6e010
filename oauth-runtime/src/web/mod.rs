//! HTTP: what a request is, what it is answered, and our own routes.

mod answer;
mod decision;
mod request_kind;
mod respond;
mod places;
mod asked;
mod login;
mod problem;
mod challenge;
mod guard;
mod grant;
mod extract;
mod visit;
mod hold;
mod require;
mod client;
mod routes;

#[cfg(feature = "fake")]
pub(crate) use asked::Asked;
pub(crate) use extract::bearer;
pub use extract::{Declared, HasOAuth, Token, User};
pub(crate) use grant::Grant;
pub use require::{Require, RequireLayer};
