//! What a token response makes of an account row. Pure, so that it can be shown whole.

use super::{AccountId, AccountRow, TokenSet};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::protocol::{Identity, TokenResponse};
use crate::provider::{AbsentScope, Provider};
use crate::scope::ScopeSet;

/// An authorization that went through every check: a response and whom it speaks of.
pub(crate) struct Authorized {
    pub(crate) identity: Identity,
    pub(crate) response: TokenResponse,
    pub(crate) requested: ScopeSet,
    /// The user was shown the consent page although he had consented before.
    pub(crate) forced_consent: bool,
}

/// The row after an authorization. `previous` must be of the same account.
pub(crate) fn merge(
    previous: Option<&AccountRow>,
    authorized: &Authorized,
    provider: &Provider,
    jitter: u8,
    now: Timestamp,
) -> Result<AccountRow, Error> {
    let Authorized { identity, response, requested, .. } = authorized;
    let granted = granted(response, requested, provider)?;
    let covered = granted.closure();
    let old_tokens = previous.and_then(|row| row.tokens.as_deref());
    let tokens = TokenSet::new(response, old_tokens, jitter, now);
    let forced = authorized.forced_consent || previous.is_some_and(|row| row.forced_consent);
    let forced_consent = forced && tokens.refresh.is_none();
    let mut declined = previous.map(|row| row.declined.clone()).unwrap_or_default();
    for name in requested.names().filter(|name| !covered.contains_name(name)) {
        declined.insert(name.into(), now);
    }
    declined.retain(|name, _| !covered.contains_name(name));
    Ok(AccountRow {
        id: AccountId::new(&identity.issuer, &identity.subject),
        identity: identity.clone(),
        epoch: previous.map_or(0, |row| row.epoch),
        tokens: Some(tokens.into()),
        granted,
        covered,
        declined,
        forced_consent,
    })
}

/// What the provider says it granted, which is all that counts (RFC 6749 §5.1).
fn granted(
    response: &TokenResponse,
    requested: &ScopeSet,
    provider: &Provider,
) -> Result<ScopeSet, Error> {
    match (&response.scope, provider.absent_scope()) {
        (Some(scope), _) => Ok(ScopeSet::parse(scope)),
        (None, AbsentScope::AsRequested) => Ok(requested.clone()),
        (None, AbsentScope::ProtocolError) => {
            Err(Error::new(Code::ProviderResponse, "the token response names no scope"))
        }
    }
}

/// The row after a refresh: a narrower answer shrinks it, a silent one leaves it as it was.
pub(crate) fn merge_refresh(
    row: &AccountRow,
    response: &TokenResponse,
    jitter: u8,
    now: Timestamp,
) -> AccountRow {
    let tokens = TokenSet::new(response, row.tokens.as_deref(), jitter, now);
    let granted = match &response.scope {
        Some(scope) => ScopeSet::parse(scope),
        None => row.granted.clone(),
    };
    let covered = granted.closure();
    AccountRow { tokens: Some(tokens.into()), granted, covered, ..row.clone() }
}

/// The row after a refresh whose tokens another authorization has overtaken: those stand, and
/// only a refresh token that the provider replaced is taken over, since the old one is dead.
pub(crate) fn merge_overtaken(row: &AccountRow, response: &TokenResponse) -> Option<AccountRow> {
    let new = response.refresh_token.as_ref()?;
    let tokens = row.tokens.as_ref()?.with_refresh_token(new.clone());
    Some(AccountRow { tokens: Some(tokens.into()), ..row.clone() })
}
