//! What a browser brings to a callback beside the flow, and what becomes of it where the callback
//! begins a session.

use http::HeaderMap;

use super::visitor::Visitor;
use crate::oauth::{BrowserNumber, Ending, OAuth};
use crate::session::{AccountKey, Named};

/// The browser that loads a callback.
pub(super) struct Browser {
    /// What it was called while no user was signed in.
    number: Option<BrowserNumber>,
    /// The account of its last user.
    last_account: Option<AccountKey>,
}

impl Browser {
    pub(super) fn of(oauth: &OAuth, headers: &HeaderMap) -> Self {
        Self {
            number: Visitor::of(oauth, headers).map(|visitor| visitor.number()),
            last_account: Visitor::last_account(oauth, headers),
        }
    }

    /// Where the callback signs a user in, the forms that the browser sent before are this user's.
    /// Where the browser was signed in with another account before, they may be of that other user
    /// and open for no user; and a script that waits for the end is told so, since its page, and
    /// what it was about to send, are of that user too.
    pub(super) async fn receive(&self, oauth: &OAuth, was_stranger: bool, ending: &mut Ending) {
        let (Ending::Resumed { session: Some(cookie), resume }
        | Ending::Declined { session: Some(cookie), resume, .. }) = ending
        else {
            return;
        };
        let Some(account) = Named::parse(cookie.as_bytes()).and_then(Named::account) else {
            return;
        };
        if self.last_account.is_some_and(|last| last != account) {
            *resume = resume.switched(&oauth.0.urls);
        } else if let Some(number) = self.number.filter(|_| was_stranger) {
            let adopt = || oauth.0.held.adopt(number, account, oauth.0.clock.now());
            // Once more, since the form would open for no user.
            let adopted = match adopt().await {
                Err(_) => adopt().await,
                adopted => adopted,
            };
            if let Err(error) = adopted {
                tracing::warn!(code = error.code(), "a kept form did not follow to its user");
            }
        }
    }
}
