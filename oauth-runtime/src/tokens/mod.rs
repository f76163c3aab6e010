//! What the provider granted: account rows, their tokens, and how these stay alive.

mod consents;
mod account;
mod accounts;
mod records;
mod merge;
mod provider_client;
mod providers;
mod judge;
mod renewal;
mod trouble;
mod client_standing;
mod circuit;
mod flights;
mod outbox;
mod disconnect;
mod refresh;
mod mix_up;
mod security_events;
mod single_flight;
mod token_set;
mod service_tokens;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use account::{AccountRow, Shortfall};
pub(crate) use accounts::{Accounts, Unsaved};
pub use consents::Consent;
pub use disconnect::Disconnection;
pub(crate) use judge::{Need, Verdict};
pub(crate) use merge::Authorized;
#[cfg(any(test, oauth_fuzz))]
pub(crate) use outbox::Revocation;
pub(crate) use provider_client::ProviderClient;
pub(crate) use providers::{ProviderId, Providers};
pub(crate) use security_events::EventRows;
#[cfg(any(test, oauth_fuzz))]
pub(crate) use security_events::Named;
pub(crate) use service_tokens::{ServiceLogin, ServiceTokens};
pub(crate) use token_set::{Freshness, TokenSet};
