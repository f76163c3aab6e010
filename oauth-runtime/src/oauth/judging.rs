//! What the judge says of a caller's account.

use super::handle::OAuth;
use super::who::SignedIn;
use crate::scope::ScopeSet;
use crate::tokens::{AccountRow, Verdict};

impl OAuth {
    /// Whether an account can do what needs all of these scopes.
    pub(crate) fn verdict(&self, row: &AccountRow, scopes: &ScopeSet) -> Verdict {
        let has_all = |granted: &ScopeSet| scopes.names().all(|name| granted.contains_name(name));
        self.0.accounts.judge(row, has_all, self.0.clock.now())
    }

    /// Whether renewing this caller's tokens fails in a way that connecting the account again may
    /// mend.
    pub(crate) fn may_connect_again(&self, who: &SignedIn) -> bool {
        let account = self.last_account(who).unwrap_or_else(|| who.account.clone());
        self.0.accounts.may_connect_again(&account.value, self.0.clock.now())
    }
}
