//! A request that the guard refuses, and the answer that it gets.

use http::HeaderMap;
use http::request::Parts;

use super::challenge::Challenge;
use super::decision::{Before, Refusal, Standing, refusal};
use super::request_kind::RequestKind;
use crate::error::{Code, Error};
use crate::flow::Visitor;
use crate::oauth::{Caller, Login, OAuth, SignedIn};
use crate::scope::ScopeSet;
use crate::scope::requirement::Declaration;
use crate::tokens::ProviderId;

/// A request that may not pass.
pub(super) struct Refused {
    pub(super) caller: Caller,
    pub(super) standing: Standing,
}

impl Refused {
    /// A user of the app who has linked no account lacks all that is required.
    pub(super) fn without_account(caller: Caller) -> Self {
        let standing = match caller {
            Caller::Unlinked { .. } => Standing::Missing,
            _ => Standing::SignedOut,
        };
        Self { caller, standing }
    }

    pub(super) async fn into_error(
        self,
        oauth: &OAuth,
        parts: &Parts,
        declaration: &'static Declaration,
    ) -> Error {
        let row = self.caller.signed_in().map(SignedIn::row);
        let declared = oauth.declared(declaration).unwrap_or_default();
        let (provider, wanted) = match (self.standing, row) {
            (Standing::Missing, Some(row)) => (declared, row.wanted(declaration)),
            (_, Some(row)) => (declared, row.wanted_again(declaration)),
            // There is no user to link an account to: first comes the sign-in.
            (Standing::SignedOut, None) if !declared.is_first() => Default::default(),
            (_, None) => (declared, declaration.whole(&ScopeSet::default())),
        };
        let code = match self.standing {
            Standing::SignedOut => Code::SignInRequired,
            _ => Code::ConsentRequired,
        };
        let caller = &self.caller;
        let (declined, before) = before(oauth, (provider, caller), &parts.headers, &wanted.missing);
        let refusal = refusal(RequestKind::of_parts(oauth, parts), before);
        if refusal == Refusal::Redirect {
            oauth.look_before(caller).await;
        }
        let has_ended = self.standing == Standing::Dead;
        let challenge = Challenge {
            oauth,
            provider,
            parts,
            caller,
            declaration,
            wanted,
            declined,
            code,
            has_ended,
        };
        challenge.into_error(refusal)
    }
}

/// What of `missing` the user said no to, and what that means for the answer.
pub(super) fn before(
    oauth: &OAuth,
    (provider, caller): (ProviderId, &Caller),
    headers: &HeaderMap,
    missing: &ScopeSet,
) -> (ScopeSet, Before) {
    let came_back = |login: &Login| oauth.returned_lately(login, provider, missing);
    let (declined, came_back) = match caller {
        Caller::SignedIn(who) => (who.row().declined_of(missing), came_back(&who.login)),
        Caller::Unlinked { login, .. } if came_back(login) => (missing.clone(), true),
        // The browser remembers a no.
        Caller::Stranger if refused_before(oauth, headers, missing) => (missing.clone(), true),
        _ => (ScopeSet::default(), false),
    };
    let answered = came_back || !declined.is_empty();
    // Signing in alone needs no words, and the login page has its own.
    let asks = !missing.is_empty() && !matches!(caller, Caller::LoggedOut);
    (declined, Before { answered, explains: asks && oauth.0.rationale_page })
}

fn refused_before(oauth: &OAuth, headers: &HeaderMap, missing: &ScopeSet) -> bool {
    let visitor = Visitor::of(oauth, headers);
    visitor.is_some_and(|visitor| visitor.has_refused(missing, oauth.0.clock.now()))
}
