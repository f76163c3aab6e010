//! What became of a state that came back to us.

use std::sync::Arc;

use tokio::sync::watch;

use crate::error::Error;
use crate::pages::Accounts;
use crate::scope::ScopeSet;
use crate::session::Binding;

/// A used state. It is claimed before its code is sent, so that no code is sent twice.
pub(crate) enum Claim {
    /// The exchange is under way. Whoever proves the same flow gets the same ending.
    UnderWay(watch::Receiver<Option<Ending>>),
    /// It ended without anywhere to go back to.
    Used,
    /// It was answered, with a yes or a no: a reload by the same person, or in the same browser
    /// without one, is sent to the target again, and what comes of that is said there.
    Done { holder: Binding, resume: Box<str> },
}

/// How an authorization ended. `session` is the cookie of a session of ours, where there is one.
#[derive(Clone)]
pub(crate) enum Ending {
    /// All that was asked for is granted: back to the interrupted request.
    Resumed { session: Option<String>, resume: String },
    /// The callback was loaded again: back to the same target, with nothing new.
    Back { resume: String },
    /// The user is signed in, but left out scopes that the request needs.
    Declined {
        session: Option<String>,
        binding: Binding,
        missing: ScopeSet,
        why: Option<String>,
        resume: String,
    },
    /// Another account came back than the one signed in; nothing of it was kept.
    OtherAccount(Arc<OtherAccount>),
    /// The account is linked to another user of the app; nothing of it was kept.
    Taken { scopes: ScopeSet, resume: String },
    /// The app does not admit the account; nothing of it was kept.
    NotAllowed { scopes: ScopeSet, resume: String },
    /// The user cancelled at the provider.
    Denied { scopes: ScopeSet, why: Option<String>, resume: String },
    /// It did not work.
    Failed { error: Arc<Error>, resume: String },
}

/// Another account than the one signed in, and what it was to be for.
pub(crate) struct OtherAccount {
    pub(crate) accounts: Accounts,
    pub(crate) scopes: ScopeSet,
    pub(crate) resume: String,
}
