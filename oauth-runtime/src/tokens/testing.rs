//! Account rows for tests.

use std::time::Duration;

use super::merge::merge;
use super::{AccountRow, Authorized};
use crate::clock::Timestamp;
use crate::protocol::{AccountId, Identity, TokenResponse};
use crate::provider::{ClientCredentials, Provider};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::session::DisconnectCount;

/// An account that granted these scopes for an hour, at a provider that replaces what it granted.
pub(crate) fn row(scopes: &ScopeSet, refresh_token: Option<&str>, now: Timestamp) -> AccountRow {
    let [issuer, a, t, k] = ["", "/a", "/t", "/k"].map(|p| format!("https://id.example{p}"));
    let credentials = ClientCredentials::new("us", "fake-secret");
    let provider = Provider::openid("x", "X", &issuer, &a, &t, &k, credentials).unwrap();
    let response = TokenResponse {
        access_token: Secret::new("fake"),
        expires_in: Duration::from_secs(3600),
        refresh_token: refresh_token.map(Secret::new),
        refresh_token_expires_in: None,
        scope: None,
        id_token: None,
    };
    let authorized = Authorized {
        identity: Identity::bare(AccountId::new(&issuer, "1")),
        response,
        requested: scopes.clone(),
        forced_consent: false,
        begun_after: DisconnectCount::ZERO,
    };
    merge(None, &authorized, &provider, 0, now).unwrap()
}
