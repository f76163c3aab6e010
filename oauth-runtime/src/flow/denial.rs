//! An answer of the provider without a code.

use http::HeaderMap;
use tracing::{info, warn};

use super::browser::Browser;
use super::intent::Action;
use super::record::{Flow, state_hash};
use super::visitor::Visitor;
use crate::error::{Code, Error};
use crate::oauth::{Caller, Claim, Ending, OAuth};
use crate::protocol::StateVerified;
use crate::session::SetCookie;
use crate::tokens::{ProviderId, Verdict};

/// What came of a request to the callback.
pub(crate) struct Returned {
    pub(crate) ending: Ending,
    /// The flow's cookie, gone if the flow is over, and what the browser remembers.
    pub(crate) cookies: Vec<SetCookie>,
}

/// An answer that passed every check: of which provider, to which flow, to whom, and where.
pub(super) struct Answered {
    pub(super) provider: ProviderId,
    pub(super) flow: Flow,
    pub(super) verified: StateVerified,
    pub(super) caller: Caller,
    pub(super) browser: Browser,
}

/// The provider sent no code. A no is remembered, so that the next visit explains instead of
/// asking again; that of a caller who is not signed in by the browser alone, which costs no row.
pub(super) async fn refused(
    oauth: &OAuth,
    Answered { provider, flow, caller, .. }: Answered,
    (error, of_scopes): (Error, bool),
    headers: &HeaderMap,
) -> Result<Returned, Error> {
    info!(outcome = error.code(), error = %error.text(), "the authorization was refused");
    if error.kind() != Code::AccessDenied {
        return failed(oauth, (provider, &caller), flow, (error, of_scopes));
    }
    let (scopes, now) = (flow.needed.to_set(), oauth.0.clock.now());
    let mut cookies = Vec::new();
    let resume = flow.resume(oauth);
    let again = resume.called_off(&oauth.0.urls).unwrap_or_else(|| resume.clone()).to_kept();
    let key = state_hash(&flow.seed.state());
    if let Caller::SignedIn(who) = &caller {
        oauth.0.accounts.decline(&who.key, &scopes).await?;
    }
    if let (Some(login), Some(user)) = (caller.login(), caller.user()) {
        // What the user has already is not declined, and still not to be asked for again at once.
        oauth.note_return(&login, provider, &scopes).await;
        let done = Claim::Done { holder: login.binding(), resume: again };
        oauth.0.claims.note_denial(key, &user, done, flow.ends_at, now).await;
    } else {
        cookies.push(Visitor::refused(oauth, headers, &scopes, (key, again))?);
    }
    let Flow { why, account, .. } = flow;
    let ending = Ending::Denied { scopes, why, account, resume };
    Ok(Returned { ending, cookies })
}

/// No decision of the user: the account may have all of it by now, or less may do.
fn failed(
    oauth: &OAuth,
    (provider, caller): (ProviderId, &Caller),
    flow: Flow,
    (error, of_scopes): (Error, bool),
) -> Result<Returned, Error> {
    let (resume, scopes) = (flow.resume(oauth), flow.needed.to_set());
    let authorizes = flow.action == Action::Authorize;
    let ending = match caller {
        // Another tab was faster, or the provider repeats what it has done already. Where the account
        // had it all before, an API says otherwise, and going on would lead here again.
        Caller::SignedIn(who)
            if authorizes
                && !flow.insists
                && matches!(oauth.verdict(who.row(), &scopes), Verdict::Now(_)) =>
        {
            Ending::Back { resume }
        }
        _ if authorizes && of_scopes && flow.asks_for_more(oauth, provider) => {
            warn!(needed = %scopes, "the provider refuses what else was granted before");
            let Flow { why, account, insists, .. } = flow;
            Ending::Narrower { scopes, why, account, insists, resume }
        }
        _ => return Err(error),
    };
    Ok(Returned { ending, cookies: Vec::new() })
}
