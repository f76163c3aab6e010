//! What happened to whose access, for a record that the app keeps.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::protocol::AccountId;
use crate::scope::ScopeSet;

/// What an [`AuditEvent`] is about.
///
/// ```
/// use oauth_runtime::AuditKind;
/// assert_eq!(AuditKind::AccessLost.as_str(), "access_lost");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditKind {
    /// An authorization ended with tokens; the scopes are all that the account has granted now.
    Authorized,
    /// The person said no; the scopes are those that were asked for.
    Declined,
    /// The access token was renewed.
    Refreshed,
    /// The provider renews the tokens no longer: they are deleted.
    AccessLost,
    /// All that was granted was given back.
    Disconnected,
    /// A user of an app with a login of its own gave the account away.
    Unlinked,
    /// The session of one browser ended.
    SignedOut,
    /// All sessions of the account ended.
    SignedOutEverywhere,
    /// The provider ended the sessions of the account: those here have ended too.
    SessionsRevoked,
    /// The provider revoked all tokens of the account: tokens and sessions here have ended.
    TokensRevoked,
    /// The provider revoked the refresh token: it is deleted.
    TokenRevoked,
    /// The provider disabled the account, for the [reason](AuditEvent::reason) that it gives
    /// (`hijacking`, `bulk-account`): the sessions here have ended.
    AccountDisabled,
    /// The account is gone at the provider: tokens and sessions here have ended.
    AccountPurged,
    /// The provider enabled the account again.
    AccountEnabled,
    /// The provider asks the person for a new password: somebody else may have had the old one.
    CredentialChangeRequired,
}

impl AuditKind {
    /// Every kind, in their order.
    pub const ALL: &'static [Self] = &[
        Self::Authorized,
        Self::Declined,
        Self::Refreshed,
        Self::AccessLost,
        Self::Disconnected,
        Self::Unlinked,
        Self::SignedOut,
        Self::SignedOutEverywhere,
        Self::SessionsRevoked,
        Self::TokensRevoked,
        Self::TokenRevoked,
        Self::AccountDisabled,
        Self::AccountPurged,
        Self::AccountEnabled,
        Self::CredentialChangeRequired,
    ];

    /// A stable word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorized => "authorized",
            Self::Declined => "declined",
            Self::Refreshed => "refreshed",
            Self::AccessLost => "access_lost",
            Self::Disconnected => "disconnected",
            Self::Unlinked => "unlinked",
            Self::SignedOut => "signed_out",
            Self::SignedOutEverywhere => "signed_out_everywhere",
            Self::SessionsRevoked => "sessions_revoked",
            Self::TokensRevoked => "tokens_revoked",
            Self::TokenRevoked => "token_revoked",
            Self::AccountDisabled => "account_disabled",
            Self::AccountPurged => "account_purged",
            Self::AccountEnabled => "account_enabled",
            Self::CredentialChangeRequired => "credential_change_required",
        }
    }
}

/// Something that happened to the access of an account, told to
/// [`OAuthBuilder::with_audit`](crate::OAuthBuilder::with_audit). There is no secret in it.
///
/// ```
/// use oauth_runtime::AuditEvent;
///
/// fn line(event: &AuditEvent) -> String {
///     let scopes: Vec<_> = event.scopes().names().collect();
///     format!("{} {} {} {}", event.at(), event.kind().as_str(), event.account(), scopes.join(" "))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct AuditEvent {
    at: Timestamp,
    kind: AuditKind,
    account: AccountId,
    scopes: ScopeSet,
    reason: Option<Box<str>>,
}

impl AuditEvent {
    pub(crate) fn new(kind: AuditKind, account: &AccountId, at: Timestamp) -> Self {
        Self { at, kind, account: account.clone(), scopes: ScopeSet::default(), reason: None }
    }

    pub(crate) fn with_scopes(self, scopes: ScopeSet) -> Self {
        Self { scopes, ..self }
    }

    pub(crate) fn with_reason(self, reason: Option<&str>) -> Self {
        Self { reason: reason.map(Box::from), ..self }
    }

    /// Why it happened, where the provider gives a reason: its word, such as `hijacking`.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// When it happened.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What happened.
    pub fn kind(&self) -> AuditKind {
        self.kind
    }

    /// Whose access it is about.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The scopes that it is about: of [`Authorized`](AuditKind::Authorized) and
    /// [`Declined`](AuditKind::Declined), else none.
    pub fn scopes(&self) -> &ScopeSet {
        &self.scopes
    }
}

type Hook = Arc<dyn Fn(&AuditEvent) + Send + Sync>;

/// Whom the app wants told.
#[derive(Clone, Default)]
pub(crate) struct Audit(Option<Hook>);

impl Audit {
    pub(crate) fn new(hook: impl Fn(&AuditEvent) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    /// Nothing is made for whoever does not want to know. What happened has happened: a hook
    /// that panics does not undo it.
    pub(crate) fn tell(&self, event: impl FnOnce() -> AuditEvent) {
        let Some(hook) = &self.0 else { return };
        let event = event();
        if catch_unwind(AssertUnwindSafe(|| hook(&event))).is_err() {
            let kind = event.kind.as_str();
            tracing::error!(kind, "the app's own record of what happened panicked");
        }
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Audit").field(&self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_panics_undoes_nothing() {
        let audit = Audit::new(|_| panic!("no room in the app's own table"));
        let account = AccountId::new("https://id.example", "1");
        let told = || AuditEvent::new(AuditKind::Declined, &account, Timestamp::MAX);
        audit.tell(told);
        Audit::default().tell(|| panic!("nobody wants to know"));
    }
}
