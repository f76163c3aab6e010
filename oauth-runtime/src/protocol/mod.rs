//! The messages of OAuth 2.0 and OpenID Connect: value in, value out.

mod json;
mod words;
mod pkce;
mod authorization;
mod authorization_response;
mod client_auth;
mod token;
mod token_error;
mod assertion;
mod revocation;
mod jwk;
mod jws;
mod account_id;
mod identity;
mod person;
mod id_token;
mod userinfo;
mod security_event;
mod user_answer;
mod discovery;
mod retry_after;
#[cfg(test)]
mod robustness;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod differential;

pub use account_id::AccountId;
#[cfg(feature = "fake")]
pub(crate) use assertion::RISC_AUDIENCE;
pub(crate) use assertion::{Assertion, JWT_BEARER, management_token};
pub(crate) use authorization::{AuthorizationRequest, Prompt};
pub(crate) use authorization_response::{
    AuthorizationResponse, Outcome, StateVerified, check_issuer,
};
pub(crate) use client_auth::BasicAuth;
pub(crate) use discovery::{Metadata, check_issuer_url, well_known};
pub(crate) use id_token::{Expected, is_of, verify_id_token};
pub use identity::Identity;
pub(crate) use jwk::JwkSet;
pub(crate) use jws::{Jws, Unverified};
pub(crate) use pkce::CodeVerifier;
pub(crate) use retry_after::{http_date, retry_after, stated_wait};
pub(crate) use revocation::RevocationRequest;
pub(crate) use security_event::{
    EventSubject, OLDEST, SecurityEvent, SecurityEventKind, SecurityEvents, TokenName, Unfit,
};
pub(crate) use token::{TokenRequest, TokenResponse};
pub(crate) use token_error::{Reason, Refused, TokenError};
pub(crate) use user_answer::read_user;
pub(crate) use userinfo::{complete, may_tell_more};
#[cfg(test)]
pub(crate) use words::Words;
