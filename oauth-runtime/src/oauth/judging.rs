//! What the judge says of a caller's account.

use super::handle::OAuth;
use super::who::SignedIn;
use crate::scope::ScopeSet;
use crate::tokens::{Need, Verdict};

impl OAuth {
    /// Whether these scopes are granted, by a token that lives.
    pub(crate) fn has_now(&self, who: &SignedIn, scopes: &ScopeSet) -> bool {
        let has_all = |granted: &ScopeSet| scopes.names().all(|name| granted.contains_name(name));
        let verdict = self.0.accounts.judge(who.row(), has_all, self.0.clock.now());
        matches!(verdict, Verdict::Now(_))
    }

    /// Whether these scopes were granted, and the provider does not renew the access.
    pub(crate) fn has_ended(&self, who: &SignedIn, scopes: &ScopeSet) -> bool {
        let has_all = |granted: &ScopeSet| scopes.names().all(|name| granted.contains_name(name));
        let verdict = self.0.accounts.judge(who.row(), has_all, self.0.clock.now());
        verdict == Verdict::AfterUser(Need::Renewal)
    }

    /// Whether renewing this caller's tokens fails in a way that connecting the account again may
    /// mend.
    pub(crate) fn may_connect_again(&self, who: &SignedIn) -> bool {
        let account = self.last_account(who).unwrap_or_else(|| who.account.clone());
        self.0.accounts.may_connect_again(&account.value, self.0.clock.now())
    }
}
