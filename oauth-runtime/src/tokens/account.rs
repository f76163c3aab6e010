//! One account at one provider: who it is, what it granted, what it declined.

use std::sync::Arc;

use aws_lc_rs::digest;

use super::consents::Consents;
use super::{Freshness, TokenSet};
use crate::clock::Timestamp;
use crate::protocol::{AccountId, Identity};
use crate::scope::requirement::{Declaration, Wanted};
use crate::scope::{ScopeSet, SharedScopes};
use crate::secret::Secret;
use crate::session::{DisconnectCount, OwnerKey};

/// Tells a token from all others without keeping it.
pub(super) type Fingerprint = [u8; 16];

/// The row of an account. Rows are replaced, never changed in place.
#[derive(Clone)]
pub(crate) struct AccountRow {
    pub(crate) identity: Identity,
    /// Grows when every session of the account is to end.
    pub(crate) epoch: u32,
    /// `None` once the provider said that the grant is gone.
    pub(crate) tokens: Option<Arc<TokenSet>>,
    /// What the provider said that it granted, by name.
    pub(crate) granted: SharedScopes,
    /// `granted` with aliases and implications folded in: what the guard asks.
    pub(crate) covered: SharedScopes,
    /// What the user said about each scope, and when.
    pub(crate) consents: Consents,
    /// A consent was forced and still brought no refresh token: do not force another.
    pub(crate) forced_consent: bool,
    pub(crate) shortfall: Shortfall,
    /// Which refresh token the provider refused, if that is why there are none: whoever replaced
    /// it may just be late with the new one.
    pub(super) refused: Option<Box<Fingerprint>>,
    /// Whose it is, in an app with a login of its own.
    pub(crate) holder: Option<OwnerKey>,
    /// The last disconnect: no authorization that began before it brings tokens.
    pub(crate) disconnected: DisconnectCount,
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

fn fingerprint(token: &Secret) -> Fingerprint {
    let hash = digest::digest(&digest::SHA256, token.expose().as_bytes());
    std::array::from_fn(|i| hash.as_ref()[i])
}

impl AccountRow {
    pub(crate) fn id(&self) -> &AccountId {
        &self.identity.id
    }

    #[inline]
    pub(crate) fn freshness(&self, now: Timestamp) -> Freshness {
        self.tokens.as_ref().map_or(Freshness::Expired, |tokens| tokens.freshness(now))
    }

    /// Whether the access can go on without the user when the access token ends, as far as is known.
    pub(crate) fn is_renewable(&self, now: Timestamp) -> bool {
        self.tokens.as_ref().is_some_and(|tokens| tokens.is_renewable(now))
    }

    /// What the account lacks of a declaration. Optional scopes that the person left out before
    /// are not asked for again.
    pub(crate) fn wanted(&self, declaration: &Declaration) -> Wanted {
        self.not_twice(declaration.wanted(&self.covered))
    }

    /// The same where all of it is asked for again, since what is there does not do.
    pub(crate) fn wanted_again(&self, declaration: &Declaration) -> Wanted {
        // What the user chose before is asked for again, where there was a choice.
        if self.tokens.is_none() {
            return self.not_twice(declaration.whole(&self.consents.granted().closure()));
        }
        self.not_twice(declaration.whole(&self.covered))
    }

    fn not_twice(&self, wanted: Wanted) -> Wanted {
        let declined = self.declined_of(&wanted.optional);
        Wanted { optional: wanted.optional.difference(&declined), ..wanted }
    }

    /// What the user consented to beyond the scopes that every authorization asks for, and those that
    /// this one needs.
    pub(crate) fn consented_beyond(&self, base: &ScopeSet, needed: &ScopeSet) -> ScopeSet {
        let (known, consented) = (base.closure(), self.consents.granted());
        let more = consented.names().filter(|name| !known.contains_name(name));
        more.collect::<ScopeSet>().difference(needed)
    }

    /// The scopes of `missing` that the user left out before.
    pub(crate) fn declined_of(&self, missing: &ScopeSet) -> ScopeSet {
        missing.names().filter(|name| self.consents.is_declined(name)).collect()
    }

    /// The same account, which was asked for `scopes` and said no.
    pub(crate) fn with_declined(&self, scopes: &ScopeSet, now: Timestamp) -> Self {
        let consents = self.consents.declined(scopes, &self.covered, now);
        Self { consents, ..self.clone() }
    }

    /// The same account without its tokens, which the provider ended. What the user consented to is
    /// remembered, so that the next authorization asks for all of it.
    pub(crate) fn ended(&self, now: Timestamp) -> Self {
        let (none, consents) = (SharedScopes::default(), self.consents.ended(now));
        let (granted, covered) = (none.clone(), none);
        Self { tokens: None, granted, covered, consents, refused: None, ..self.clone() }
    }

    /// The same account without its tokens, since the user took back what was granted.
    pub(crate) fn blanked(&self, now: Timestamp) -> Self {
        Self { consents: self.consents.revoked(now), ..self.ended(now) }
    }

    /// The same account after a disconnect. What was wrong with its tokens is over too.
    pub(super) fn disconnected(&self, count: DisconnectCount, now: Timestamp) -> Self {
        Self {
            forced_consent: false,
            shortfall: Shortfall::None,
            disconnected: self.disconnected.max(count),
            ..self.blanked(now)
        }
    }

    /// The same account without the tokens, of which the provider refused this one.
    pub(super) fn without_refused(&self, token: &Secret, now: Timestamp) -> Self {
        Self { refused: Some(fingerprint(token).into()), ..self.ended(now) }
    }

    /// The same after the provider told that the user took back what this one stands for.
    pub(super) fn without_revoked(&self, token: &Secret, now: Timestamp) -> Self {
        Self { refused: Some(fingerprint(token).into()), ..self.blanked(now) }
    }

    /// Whether the tokens are gone for this one, which the provider refused.
    pub(super) fn is_without_refused(&self, token: &Secret) -> bool {
        self.refused.as_deref().is_some_and(|refused| *refused == fingerprint(token))
    }
}
