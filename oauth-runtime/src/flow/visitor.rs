//! What is remembered of a browser in which nobody is signed in.
//!
//! The browser keeps it, sealed, in the cookie `oauth-n`, for ten minutes. The server keeps
//! nothing: without the cookie the browser is a stranger's again.

use std::time::Duration;

use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::Error;
use crate::keys::random;
use crate::oauth::{BrowserNumber, KeptResume, OAuth};
use crate::scope::ScopeSet;
use crate::session::{AccountKey, SetCookie, cookie, open, seal};

const LIFETIME: Duration = Duration::from_secs(600);
/// Scope sets that are remembered, so that the cookie stays below 300 bytes, but for the target
/// of the last answer: that was in the cookie of its flow, which is gone by then.
const REFUSALS: usize = 6;

/// A browser without a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Visitor {
    number: BrowserNumber,
    /// Scope sets, by hash, to which the user said no, with the end of the memory.
    refused: Vec<(u64, Timestamp)>,
    /// The last state that was answered by a no, and where to go on when that is loaded again.
    answered: Option<([u8; 16], KeptResume)>,
    /// The account that was signed out here, until when that matters.
    left: Option<(AccountKey, Timestamp)>,
}

impl Visitor {
    /// Who the browser says it is, if it still knows.
    pub(crate) fn of(oauth: &OAuth, headers: &HeaderMap) -> Option<Self> {
        let name = &oauth.0.cookies.visitor;
        let text = cookie::find(headers, name)?;
        open(&oauth.0.flow_sealer, &binding(oauth), text)
    }

    /// The same, or a new one.
    pub(crate) fn of_or_new(oauth: &OAuth, headers: &HeaderMap) -> Result<Self, Error> {
        if let Some(known) = Self::of(oauth, headers) {
            return Ok(known);
        }
        Ok(Self { number: random()?, refused: Vec::new(), answered: None, left: None })
    }

    /// The cookie of a browser in which this account was signed out just now. Its pages may still
    /// be open, and what they send is not the next user's.
    pub(crate) fn signed_out(oauth: &OAuth, account: AccountKey) -> Result<SetCookie, Error> {
        let left = Some((account, oauth.0.clock.now() + LIFETIME));
        let visitor = Self { number: random()?, refused: Vec::new(), answered: None, left };
        visitor.to_cookie(oauth)
    }

    /// The account of the last user of the browser, as far as that is known: of the session that
    /// it names, whether that lives or not, or of the one that was signed out.
    pub(crate) fn last_account(oauth: &OAuth, headers: &HeaderMap) -> Option<AccountKey> {
        let left = || {
            let (account, ends_at) = Self::of(oauth, headers)?.left?;
            (oauth.0.clock.now() < ends_at).then_some(account)
        };
        oauth.session_account(headers).or_else(left)
    }

    /// The number under which this browser holds forms.
    pub(crate) fn number(&self) -> BrowserNumber {
        self.number
    }

    /// The cookie by which a browser remembers that the user said no to these, and where to go on
    /// when the answer to this state is loaded again.
    pub(crate) fn refused(
        oauth: &OAuth,
        headers: &HeaderMap,
        scopes: &ScopeSet,
        (state, resume): ([u8; 16], KeptResume),
    ) -> Result<SetCookie, Error> {
        let mut visitor = Self::of_or_new(oauth, headers)?;
        visitor.refuse(scopes, oauth.0.clock.now());
        visitor.answered = Some((state, resume));
        visitor.to_cookie(oauth)
    }

    fn refuse(&mut self, scopes: &ScopeSet, now: Timestamp) {
        let scopes = scopes.fingerprint();
        self.refused.retain(|(known, ends_at)| *known != scopes && *ends_at > now);
        if self.refused.len() == REFUSALS {
            self.refused.remove(0);
        }
        self.refused.push((scopes, now + LIFETIME));
    }

    /// Where to go on from an answer that was a no.
    pub(crate) fn answered(self, state: &[u8; 16]) -> Option<KeptResume> {
        let (known, resume) = self.answered?;
        (known == *state).then_some(resume)
    }

    /// Whether the user said no to exactly these a moment ago.
    pub(crate) fn has_refused(&self, scopes: &ScopeSet, now: Timestamp) -> bool {
        let scopes = scopes.fingerprint();
        self.refused.iter().any(|(known, ends_at)| *known == scopes && *ends_at > now)
    }

    /// The cookie with which the browser remembers it for ten more minutes.
    pub(crate) fn to_cookie(&self, oauth: &OAuth) -> Result<SetCookie, Error> {
        let value = seal(&oauth.0.flow_sealer, &binding(oauth), self)?;
        Ok(oauth.0.cookies.set(&oauth.0.cookies.visitor, &value, LIFETIME))
    }
}

fn binding(oauth: &OAuth) -> String {
    format!("{}|{}", oauth.0.cookies.visitor, oauth.0.urls.origin_text())
}
