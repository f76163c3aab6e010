//! One account at one provider: who it is, what it granted, what it declined.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::consents::Consents;
use super::{Freshness, TokenSet};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::protocol::Identity;
use crate::scope::{Scope, ScopeSet};
use crate::session::OwnerKey;

/// Names an account for good: the issuer and the subject together.
///
/// A subject alone is unique only at its issuer, and an e-mail address can change hands;
/// neither is a key. It is written as `issuer#subject`.
///
/// ```
/// use oauth_runtime::AccountId;
/// let id: AccountId = "https://accounts.google.com#110169484474386276334".parse()?;
/// assert_eq!(id.issuer(), "https://accounts.google.com");
/// assert_eq!(id.subject(), "110169484474386276334");
/// assert_eq!(id.to_string(), "https://accounts.google.com#110169484474386276334");
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId {
    issuer: Box<str>,
    subject: Box<str>,
}

impl AccountId {
    pub(crate) fn new(issuer: &str, subject: &str) -> Self {
        Self { issuer: issuer.into(), subject: subject.into() }
    }

    /// The provider's issuer identifier, in its canonical form.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The `sub` claim.
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An issuer has no fragment (OpenID Connect Discovery 1.0 §2), so the first `#` parts.
        write!(f, "{}#{}", self.issuer, self.subject)
    }
}

impl FromStr for AccountId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('#') {
            Some((issuer, subject)) if !issuer.is_empty() && !subject.is_empty() => {
                Ok(Self::new(issuer, subject))
            }
            _ => Err(Error::new(Code::ConfigOption, "an account id reads `issuer#subject`")),
        }
    }
}

/// The row of an account. Rows are replaced, never changed in place.
#[derive(Clone)]
pub(crate) struct AccountRow {
    pub(crate) id: AccountId,
    pub(crate) identity: Identity,
    /// Grows when every session of the account is to end.
    pub(crate) epoch: u32,
    /// `None` once the provider said that the grant is gone.
    pub(crate) tokens: Option<Arc<TokenSet>>,
    /// What the provider said that it granted, by name.
    pub(crate) granted: ScopeSet,
    /// `granted` with aliases and implications folded in: what the guard asks.
    pub(crate) covered: ScopeSet,
    /// What the user said about each scope, and when.
    pub(crate) consents: Consents,
    /// A consent was forced and still brought no refresh token: do not force another.
    pub(crate) forced_consent: bool,
    pub(crate) shortfall: Shortfall,
    /// Whose it is, in an app with a login of its own.
    pub(crate) holder: Option<OwnerKey>,
}

/// Whether the refresh token renews less than was granted. At some providers an old one never
/// gains the scopes that are granted later, and only a consent that is forced brings a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shortfall {
    #[default]
    None,
    Seen,
    /// A consent was forced for it: that is done once.
    Tried,
}

impl AccountRow {
    #[inline]
    pub(crate) fn covers(&self, required: &[Scope]) -> bool {
        required.iter().all(|scope| self.covered.contains(*scope))
    }

    #[inline]
    pub(crate) fn freshness(&self, now: Timestamp) -> Freshness {
        self.tokens.as_ref().map_or(Freshness::Expired, |tokens| tokens.freshness(now))
    }

    /// Whether the access can go on without the user when the access token ends.
    pub(crate) fn can_refresh(&self, now: Timestamp) -> bool {
        self.tokens.as_ref().is_some_and(|tokens| tokens.refresh_token(now).is_some())
    }

    /// The scopes of `missing` that the user left out before.
    pub(crate) fn declined_of(&self, missing: &ScopeSet) -> ScopeSet {
        missing.names().filter(|name| self.consents.is_declined(name)).collect()
    }

    /// The same account, which was asked for `scopes` and said no.
    pub(crate) fn with_declined(&self, scopes: &ScopeSet, now: Timestamp) -> Self {
        let consents = self.consents.clone().declined(scopes, &self.covered, now);
        Self { consents, ..self.clone() }
    }

    /// The same account without its tokens: the grant is gone, the person is not.
    pub(crate) fn blanked(&self, now: Timestamp) -> Self {
        let none = ScopeSet::default();
        let consents = self.consents.lacking(&none, now);
        Self { tokens: None, granted: none.clone(), covered: none, consents, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::AccountId;

    #[test]
    fn an_account_id_reads_back_what_it_wrote() {
        let id = AccountId::new("https://issuer.example", "a#b");
        assert_eq!(id.to_string().parse::<AccountId>().unwrap(), id);
        for bad in ["", "#", "issuer", "issuer#", "#subject"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad:?}");
        }
    }
}
