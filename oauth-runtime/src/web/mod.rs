//! HTTP: what a request is, what it is answered, and our own routes.

mod answer;
mod challenge;
mod decision;
mod extract;
mod guard;
mod request_kind;
mod respond;
mod places;
mod visit;
mod login;
mod hold;
mod require;
mod client;
mod routes;

pub(crate) use extract::bearer;
pub use extract::{Declared, HasOAuth, Token, User};
pub(crate) use guard::Grant;
pub use require::{Require, RequireLayer};
