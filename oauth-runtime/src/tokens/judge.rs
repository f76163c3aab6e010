//! The one judge: whether an account can satisfy a requirement, and what it takes.
//!
//! Guard, links, kept forms, jobs and pages ask it. Two places that decide the same by different
//! rules send a user round in circles.

use super::{AccountRow, Accounts, Freshness};
use crate::clock::Timestamp;
use crate::scope::ScopeSet;

/// What it takes until the requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing: the access token covers it, and is fresh, or stale and to be renewed beside.
    Now(Freshness),
    /// A refresh, which the provider has not refused.
    AfterRefresh,
    /// The user: no token of the account will do before.
    AfterUser(Need),
}

/// What the user has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Consent to a scope that is not granted.
    Consent,
    /// Authorize again what is granted: it ended, or the provider refuses to renew it.
    Renewal,
}

impl AccountRow {
    /// Judges a requirement, of which `is_met` says whether scopes meet it. `served_at` is when the
    /// provider last gave tokens to this client.
    pub(super) fn judge(
        &self,
        is_met: impl Fn(&ScopeSet) -> bool,
        served_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Verdict {
        let Some(tokens) = &self.tokens else {
            let was_granted = is_met(&self.consents.granted().closure());
            return Verdict::AfterUser(if was_granted { Need::Renewal } else { Need::Consent });
        };
        if !is_met(&self.covered) {
            return Verdict::AfterUser(Need::Consent);
        }
        match (tokens.freshness(now), tokens.may_be_renewed(served_at, now)) {
            (Freshness::Stale, true) => Verdict::Now(Freshness::Stale),
            // Where there is nothing to renew a stale one with, it serves to its end.
            (Freshness::Fresh, _) | (Freshness::Stale, false) => Verdict::Now(Freshness::Fresh),
            (Freshness::Expired, true) => Verdict::AfterRefresh,
            (Freshness::Expired, false) => Verdict::AfterUser(Need::Renewal),
        }
    }
}

impl Accounts {
    /// When the provider of this account last gave tokens to this app, on this node.
    pub(super) fn served_at(&self, row: &AccountRow) -> Option<Timestamp> {
        self.providers.vouching(row.identity.issuer()).ok()?.served_at()
    }

    /// Whether this account can satisfy a requirement, of which `is_met` says whether scopes meet it.
    pub(crate) fn judge(
        &self,
        row: &AccountRow,
        is_met: impl Fn(&ScopeSet) -> bool,
        now: Timestamp,
    ) -> Verdict {
        row.judge(is_met, self.served_at(row), now)
    }

    /// Whether renewing failed for so long for this account alone that the account may be the
    /// reason, or the provider refuses the client: then the user may try to connect it again.
    pub(crate) fn may_connect_again(&self, row: &AccountRow, now: Timestamp) -> bool {
        let trouble = row.tokens.as_ref().and_then(|tokens| tokens.trouble.as_deref());
        trouble.is_some_and(|trouble| {
            trouble.is_stuck(self.served_at(row), now) || trouble.is_of_client()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::{Code, Error};
    use crate::tokens::testing;
    use crate::tokens::trouble::{LAST_PAUSE, Pause, Trouble};

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn after(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    /// An account that granted `a` for an hour.
    fn row(refresh: bool) -> AccountRow {
        testing::row(&ScopeSet::parse("a"), refresh.then_some("1//fake"), NOW)
    }

    fn troubled(row: &AccountRow, code: Code) -> AccountRow {
        let pause = Pause::after(None, (None, LAST_PAUSE), 0, after(3600));
        let trouble = Trouble::after(None, &Error::new(code, "x"), false, pause).unwrap();
        let tokens = row.tokens.as_ref().unwrap().with_trouble(trouble);
        AccountRow { tokens: Some(tokens.into()), ..row.clone() }
    }

    /// One line for an account, one column for a moment: in the middle of the token's life, near its
    /// end, after it, and after the first pause.
    #[test]
    fn every_state_of_an_account_has_its_verdict() {
        use Verdict::{AfterRefresh, AfterUser, Now};
        let (fresh, stale) = (Now(Freshness::Fresh), Now(Freshness::Stale));
        let [consent, renewal] = [Need::Consent, Need::Renewal].map(AfterUser);
        let (lasting, brief) = (row(true), row(false));
        for (row, scope, expected) in [
            (lasting.clone(), "a", [fresh, stale, AfterRefresh, AfterRefresh]),
            (lasting.clone(), "b", [consent; 4]),
            (brief.clone(), "a", [fresh, fresh, renewal, renewal]),
            (troubled(&lasting, Code::InvalidGrant), "a", [fresh, fresh, renewal, AfterRefresh]),
            (
                troubled(&lasting, Code::ProviderUnavailable),
                "a",
                [fresh, stale, AfterRefresh, AfterRefresh],
            ),
            (lasting.ended(NOW), "a", [renewal; 4]),
            (lasting.ended(NOW), "b", [consent; 4]),
            (lasting.blanked(NOW), "a", [consent; 4]),
        ] {
            let is_met = |scopes: &ScopeSet| scopes.contains_name(scope);
            let judged = [1_800, 3_500, 3_600, 3_601].map(|at| row.judge(is_met, None, after(at)));
            // The pause of the trouble counts from the third of these moments.
            assert_eq!(judged[2..], expected[2..], "{scope}");
            if row.tokens.as_ref().is_none_or(|tokens| tokens.trouble.is_none()) {
                assert_eq!(judged, expected, "{scope}");
            }
        }
    }
}
