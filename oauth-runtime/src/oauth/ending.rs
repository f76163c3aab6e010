//! How an authorization ended.

use std::sync::Arc;

use super::resume::Resume;
use crate::error::Error;
use crate::pages::Accounts;
use crate::scope::ScopeSet;
use crate::session::{AccountKey, Binding};

/// How an authorization ended. `session` is the cookie of a session of ours, where there is one.
#[derive(Clone)]
pub(crate) enum Ending {
    /// All that was asked for is granted: back to the interrupted request.
    Resumed { session: Option<String>, resume: Resume },
    /// The callback was loaded again: back to the same target, with nothing new.
    Back { resume: Resume },
    /// The user is signed in, but left out scopes that the request needs.
    Declined {
        session: Option<String>,
        binding: Binding,
        missing: ScopeSet,
        why: Option<String>,
        resume: Resume,
    },
    /// Another account came back than the one signed in; nothing of it was kept.
    OtherAccount(Arc<OtherAccount>),
    /// The account is linked to another user of the app; nothing of it was kept.
    Taken { scopes: ScopeSet, resume: Resume },
    /// The account was disconnected since this was begun; nothing of it was kept.
    Disconnected { scopes: ScopeSet, why: Option<String>, resume: Resume },
    /// The app does not admit the account; nothing of it was kept.
    NotAllowed { scopes: ScopeSet, resume: Resume },
    /// The provider refused what was asked for beside what is needed: that alone is asked for now.
    Narrower {
        scopes: ScopeSet,
        why: Option<String>,
        account: Option<AccountKey>,
        insists: bool,
        resume: Resume,
    },
    /// The user cancelled at the provider.
    Denied { scopes: ScopeSet, why: Option<String>, account: Option<AccountKey>, resume: Resume },
    /// It did not work.
    Failed { error: Arc<Error>, resume: Resume },
}

impl Ending {
    /// A stable word for it: a label of a metric, and the outcome of a span.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Resumed { .. } => "granted",
            Self::Back { .. } => "again",
            Self::Declined { .. } => "declined",
            Self::OtherAccount(_) => "other_account",
            Self::Taken { .. } => "taken",
            Self::Disconnected { .. } => "disconnected",
            Self::NotAllowed { .. } => "not_allowed",
            Self::Narrower { .. } => "narrower",
            Self::Denied { .. } => "denied",
            Self::Failed { error, .. } => error.code(),
        }
    }
}

/// Another account than the one signed in, and what it was to be for.
pub(crate) struct OtherAccount {
    pub(crate) accounts: Accounts,
    /// The one that a link was for, where its user is not signed in.
    pub(crate) account: Option<AccountKey>,
    pub(crate) scopes: ScopeSet,
    pub(crate) resume: Resume,
}
