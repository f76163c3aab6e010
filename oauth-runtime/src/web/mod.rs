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
mod cross_origin;
mod refused;
mod guard;
mod purpose;
mod grant;
mod admitting;
mod state;
mod user;
mod extract;
mod begins_with;
mod visit;
mod body;
mod hold;
mod require;
mod cross_origin_protection;
mod account;
mod client;
mod disconnect;
mod sign_out;
mod account_page;
mod developer;
mod doctor;
#[cfg(feature = "manifest")]
mod manifest;
mod security_events;
mod start;
mod routes;

pub use account::Account;
pub(crate) use asked::Asked;
pub use begins_with::{BeginsWith, BeginsWithBoth, begins_with, begins_with_both};
pub use cross_origin::AllowCrossOrigin;
pub use cross_origin_protection::{CrossOriginProtection, CrossOriginProtectionLayer};
#[cfg(feature = "fake")]
pub(crate) use developer::is_local;
pub(crate) use extract::bearer;
pub use extract::{Declared, Token};
pub(crate) use grant::Grant;
pub(crate) use purpose::Purpose;
#[cfg(any(test, oauth_fuzz))]
pub(crate) use request_kind::RequestKind;
pub use require::{Require, RequireLayer};
pub use state::HasOAuth;
pub use user::User;
