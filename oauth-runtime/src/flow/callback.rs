//! The second half, up to the code: every check, in its order, before anything is sent.
//!
//! The order is the defence: parameters unique, state of this browser's sealed flow, not
//! expired, provider and issuer, binding to whoever began it, claim. Only then is the code worth anything.

use std::sync::Arc;

use http::HeaderMap;
use tokio::sync::watch;
use tracing::info;

use super::browser::Browser;
use super::denial::{Answered, Returned, refused};
use super::record::{Flow, cookie_name, state_hash};
use super::visitor::Visitor;
use crate::error::{Code, Error};
use crate::oauth::{Caller, Claim, Claimed, Ending, OAuth, Resume};
use crate::protocol::{AuthorizationResponse, Outcome, StateVerified, check_issuer};
use crate::secret::Secret;
use crate::session::cookie;
use crate::store::Expected;
use crate::tokens::ProviderId;

impl Returned {
    /// Takes a callback from its query to its ending.
    pub(crate) async fn from_query(
        oauth: &OAuth,
        (provider, caller): (ProviderId, Caller),
        query: &str,
        headers: &HeaderMap,
    ) -> Self {
        let response = match AuthorizationResponse::parse(query) {
            Ok(response) => response,
            Err(error) => return Self::failed(oauth, error),
        };
        match answered_before(oauth, &caller, &response.state, headers).await {
            Ok(Some(ending)) => return Self { ending, cookies: Vec::new() },
            Ok(None) => {}
            Err(error) => return Self::failed(oauth, error),
        }
        let (flow, verified) = match own_flow(oauth, headers, &response) {
            Ok(found) => found,
            Err(error) => return Self::failed(oauth, error),
        };
        let forget = oauth.0.cookies.remove(&cookie_name(oauth, &response.state));
        let resume = flow.resume(oauth);
        let checked = checked(oauth, provider, &flow, &caller, &response);
        let browser = Browser::of(oauth, headers);
        let answered = Answered { provider, flow, verified, caller, browser };
        let returned = match checked {
            Ok(()) => conclude(oauth, answered, response, headers).await,
            Err(error) => Err(error),
        };
        match returned {
            // The code was sent, or the person answered: there is nothing to come back for.
            Ok(mut returned) => {
                returned.cookies.push(forget);
                returned
            }
            Err(error) => {
                let cookies = (!error.is_transient()).then_some(forget).into_iter().collect();
                Self { ending: Ending::Failed { error: Arc::new(error), resume }, cookies }
            }
        }
    }

    fn failed(oauth: &OAuth, error: Error) -> Self {
        let resume = Resume::default_page(&oauth.0.urls);
        Self { ending: Ending::Failed { error: Arc::new(error), resume }, cookies: Vec::new() }
    }
}

/// A reload, or the back button: whoever answered is sent to the same target again.
async fn answered_before(
    oauth: &OAuth,
    caller: &Caller,
    state: &str,
    headers: &HeaderMap,
) -> Result<Option<Ending>, Error> {
    let key = state_hash(state);
    if let Some(resume) = Visitor::of(oauth, headers).and_then(|it| it.answered(&key)) {
        return Ok(Some(Ending::Back { resume: resume.resume(&oauth.0.urls) }));
    }
    // Without a user there is no row, and no store is asked.
    let Some(asks) = caller.binding() else { return Ok(None) };
    let claim = oauth.0.claims.get(&key, oauth.0.clock.now()).await?;
    Ok(claim.and_then(|claim| match &claim.value {
        Claim::Done { holder, resume } if *holder == asks => {
            Some(Ending::Back { resume: resume.resume(&oauth.0.urls) })
        }
        _ => None,
    }))
}

/// The flow of this browser with this state, and the proof that the two belong together.
fn own_flow(
    oauth: &OAuth,
    headers: &HeaderMap,
    response: &AuthorizationResponse,
) -> Result<(Flow, StateVerified), Error> {
    let foreign = || {
        Error::new(Code::CallbackInvalid, "the answer belongs to no authorization of this browser")
    };
    let name = cookie_name(oauth, &response.state);
    let value = cookie::find(headers, &name).ok_or_else(foreign)?;
    let flow = Flow::from_cookie(oauth, &response.state, value).ok_or_else(foreign)?;
    let verified = StateVerified::compare(&response.state, &flow.seed.state())?;
    Ok((flow, verified))
}

fn checked(
    oauth: &OAuth,
    provider: ProviderId,
    flow: &Flow,
    caller: &Caller,
    response: &AuthorizationResponse,
) -> Result<(), Error> {
    if flow.ends_at <= oauth.0.clock.now() {
        return Err(Error::new(Code::FlowExpired, "the authorization took too long"));
    }
    let provider = oauth.provider(provider);
    if flow.provider != provider.key() {
        return Err(Error::new(Code::CallbackInvalid, "the answer is of another provider"));
    }
    let for_code = matches!(response.outcome, Outcome::Code(_));
    check_issuer(provider, response.iss.as_deref(), for_code)?;
    if matches!(caller, Caller::LoggedOut) {
        return Err(Error::new(Code::SignInRequired, "nobody is logged in to the app"));
    }
    if !caller.may_use(flow.binding) {
        let text = "whoever began this authorization is not here any longer";
        return Err(Error::new(Code::CallbackInvalid, text));
    }
    Ok(())
}

async fn conclude(
    oauth: &OAuth,
    answered: Answered,
    response: AuthorizationResponse,
    headers: &HeaderMap,
) -> Result<Returned, Error> {
    match response.outcome {
        Outcome::Error { error, of_scopes } => {
            refused(oauth, answered, (error, of_scopes), headers).await
        }
        Outcome::Code(code) => {
            let ending = claimed(oauth, answered, &response.state, code).await?;
            Ok(Returned { ending, cookies: Vec::new() })
        }
    }
}

/// Claims the state and exchanges the code in a task of its own: a person who clicks twice drops
/// the first request at any moment, and its answer must not be lost.
async fn claimed(
    oauth: &OAuth,
    answered: Answered,
    state: &str,
    code: Secret,
) -> Result<Ending, Error> {
    if oauth.is_shutting_down() {
        return Err(Error::new(Code::ShuttingDown, "the app is shutting down"));
    }
    let key = state_hash(state);
    let (sender, mut ending) = watch::channel(None);
    if let Some(other) = oauth.0.claims.announce(key, &ending) {
        ending = other;
    } else {
        let announced = Announced { oauth: oauth.clone(), key };
        oauth.0.accounts.flights.tasks.spawn(async move {
            let told = exchange(&announced, answered, code).await;
            drop(announced);
            sender.send_replace(Some(told.map_err(Arc::new)));
        });
    }
    let done = ending.wait_for(Option::is_some).await;
    let lost = || Error::new(Code::Internal, "an authorization ended without a result");
    let ending = done.ok().and_then(|ending| ending.clone()).ok_or_else(lost)?;
    ending.map_err(|error| error.share())
}

/// A state whose ending will be told; whatever happens, nobody waits for it for ever.
struct Announced {
    oauth: OAuth,
    key: [u8; 16],
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.oauth.0.claims.withdraw(&self.key);
    }
}

async fn exchange(
    Announced { oauth, key }: &Announced,
    answered: Answered,
    code: Secret,
) -> Result<Ending, Error> {
    let (user, ends_at) = (answered.caller.user(), answered.flow.ends_at);
    match oauth.0.claims.claim(*key, user.as_ref(), ends_at, oauth.0.clock.now()).await? {
        Claimed::Ours(claim) => {
            let claim = (*key, Expected::Version(claim.version));
            Ok(finish(oauth, answered, code, claim).await)
        }
        Claimed::Elsewhere => elsewhere(oauth, &answered, key).await,
    }
}

/// Another node has the claim. Somebody who clicked twice goes on where the first click led,
/// as who he is by then: the cookie of that answer may never have reached his browser.
async fn elsewhere(
    oauth: &OAuth,
    Answered { caller, .. }: &Answered,
    key: &[u8; 16],
) -> Result<Ending, Error> {
    let (waited, claim) = oauth.0.claims.finished_elsewhere(key, &oauth.0.clock).await?;
    match claim {
        Some(Claim::Done { holder, resume }) if waited || caller.binding() == Some(holder) => {
            Ok(Ending::Back { resume: resume.resume(&oauth.0.urls) })
        }
        _ => Err(Error::new(Code::CallbackInvalid, "the answer was used before")),
    }
}

async fn finish(
    oauth: &OAuth,
    Answered { provider, flow, verified, caller, browser }: Answered,
    code: Secret,
    (key, expected): ([u8; 16], Expected),
) -> Ending {
    let (ends_at, resume) = (flow.ends_at, flow.resume(oauth));
    let was_stranger = matches!(caller, Caller::Stranger);
    let finished = flow.finish(oauth, provider, verified, caller, code).await;
    let (mut ending, holder) = match finished {
        Ok(finished) => (finished.ending, finished.holder),
        Err(error) => {
            info!(outcome = error.code(), "the authorization failed");
            (Ending::Failed { error: Arc::new(error), resume: resume.clone() }, None)
        }
    };
    browser.receive(oauth, was_stranger, &mut ending).await;
    // A window in which somebody said no must not tell its script yes when it is loaded again.
    let resume = match &ending {
        Ending::Resumed { resume, .. } => resume.clone(),
        _ => resume.called_off(&oauth.0.urls).unwrap_or(resume),
    };
    let claim = match holder {
        Some(holder) => Claim::Done { holder, resume: resume.to_kept() },
        None => Claim::Used,
    };
    oauth.0.claims.settle(key, claim, expected, ends_at, oauth.0.clock.now()).await;
    ending
}
