//! The guard in front of a handler: from a request to a grant, or to the answer it gets.

use std::sync::Arc;

use http::request::Parts;

use super::cross_origin::OwnRequest;
use super::decision::{Before, Decision, Standing, decide};
use super::refused::Refused;
use super::request_kind::RequestKind;
use super::respond;
use crate::error::{Code, Error};
use crate::flow::Intent;
use crate::oauth::{Caller, OAuth, Resume, SignedIn};
use crate::scope::ScopeSet;
use crate::scope::requirement::Declaration;
use crate::tokens::{Freshness, ProviderId, TokenSet};

/// What is said of an account whose access has ended.
const ENDED: &str = "the provider no longer renews the access";
/// What may help where one account fails for longer than others.
const STUCK: &str = "renewing fails for this account alone, or for this client: the user can connect \
                     the account again, and the log has what the provider answers";

/// Somebody with a live token that holds what was required.
pub(crate) struct Pass {
    pub(crate) oauth: OAuth,
    pub(crate) signed_in: SignedIn,
    pub(crate) tokens: Arc<TokenSet>,
}

/// The pass for a handler that requires it, or the answer that its caller gets instead.
pub(super) async fn admit(
    oauth: OAuth,
    parts: &Parts,
    declaration: &'static Declaration,
) -> Result<Pass, Error> {
    let parts = OwnRequest::check(&oauth, parts)?;
    match fresh(oauth, parts, declaration) {
        Ok(pass) => Ok(pass),
        Err(oauth) => admit_slowly(oauth, parts, declaration).await,
    }
}

/// The same for a handler that works without it too, where the common case does not decide:
/// `None` for whoever did not grant it.
pub(super) async fn admit_optional(
    oauth: OAuth,
    parts: OwnRequest<'_>,
    declaration: &'static Declaration,
) -> Result<Option<Pass>, Error> {
    match caller(&oauth, &parts, oauth.declared(declaration)?).await? {
        caller @ Caller::SignedIn(_) => {
            Ok(consider(&oauth, caller, &parts, declaration).await?.ok())
        }
        _ => Ok(None),
    }
}

/// The same person with a token that has life left, if he still is who and what he was.
pub(crate) async fn renew(
    oauth: &OAuth,
    who: &SignedIn,
    declaration: &'static Declaration,
) -> Result<Pass, Error> {
    let now = oauth.0.clock.now();
    let who = oauth.again(who, now).await?;
    let mut who = who.ok_or_else(|| Error::new(Code::SignInRequired, "the session is over"))?;
    let mut standing = standing(oauth, &who, declaration);
    if standing == Standing::Granted(Freshness::Expired) {
        match oauth.0.accounts.refreshed(who.key).await {
            Ok(account) => who.account = account,
            Err(error) if error.kind() == Code::InvalidGrant => return Err(ended(error.text())),
            Err(error) if oauth.may_connect_again(&who) => return Err(error.with_help(STUCK)),
            Err(error) => return Err(error),
        }
        standing = self::standing(oauth, &who, declaration);
    }
    match (standing, &who.row().tokens) {
        (Standing::Granted(freshness), Some(tokens)) if freshness != Freshness::Expired => {
            if freshness == Freshness::Stale {
                oauth.0.accounts.refresh_in_background(who.key);
            }
            let tokens = tokens.clone();
            Ok(Pass { oauth: oauth.clone(), signed_in: who, tokens })
        }
        (Standing::Dead, _) => Err(ended(ENDED)),
        _ => Err(withdrawn()),
    }
}

/// The provider does not renew the access: what it said, and what that means for the caller.
fn ended(refusal: &str) -> Error {
    let text = format!("{refusal}: the user has to authorize again");
    Error::new(Code::ConsentRequired, text)
}

fn withdrawn() -> Error {
    Error::new(Code::ConsentRequired, "a required scope is no longer granted")
}

/// Whoever is signed in, or the answer that leads there.
pub(super) async fn admit_user(oauth: OAuth, parts: OwnRequest<'_>) -> Result<SignedIn, Error> {
    static SIGN_IN: Declaration = Declaration::new("User", module_path!(), file!(), line!(), &[]);
    match caller(&oauth, &parts, ProviderId::FIRST).await? {
        Caller::SignedIn(who) => Ok(who),
        caller => Err(Refused::without_account(caller).into_error(&oauth, &parts, &SIGN_IN).await),
    }
}

/// The common case, with no wait and no allocation; the handle back where it is another one.
pub(super) fn fresh(
    oauth: OAuth,
    parts: OwnRequest<'_>,
    required: &Declaration,
) -> Result<Pass, OAuth> {
    let now = oauth.0.clock.now();
    let provider = oauth.declared(required).ok();
    let known = provider.and_then(|provider| oauth.known_caller(&parts, provider, now));
    let Some(signed_in) = known else {
        return Err(oauth);
    };
    let row = signed_in.row();
    match &row.tokens {
        Some(tokens)
            if tokens.freshness(now) == Freshness::Fresh && required.is_met_by(&row.covered) =>
        {
            let tokens = tokens.clone();
            Ok(Pass { oauth, signed_in, tokens })
        }
        _ => Err(oauth),
    }
}

/// Whose request this is, or the answer where that cannot be known.
pub(super) async fn caller(
    oauth: &OAuth,
    parts: &Parts,
    provider: ProviderId,
) -> Result<Caller, Error> {
    let caller = oauth.caller(parts, provider, oauth.0.clock.now()).await;
    caller.map_err(|error| unknown(oauth, parts, error))
}

/// A store that fails for the moment is a page for a person; a mistake of the app is the
/// developer's to read.
pub(super) fn unknown(oauth: &OAuth, parts: &Parts, error: Error) -> Error {
    if error.is_transient() { failed(oauth, parts, error, None) } else { error }
}

#[cold]
pub(super) async fn admit_slowly(
    oauth: OAuth,
    parts: OwnRequest<'_>,
    declaration: &'static Declaration,
) -> Result<Pass, Error> {
    let caller = caller(&oauth, &parts, oauth.declared(declaration)?).await?;
    let considered = consider(&oauth, caller, &parts, declaration).await?;
    match considered {
        Ok(pass) => Ok(pass),
        Err(refused) => Err(refused.into_error(&oauth, &parts, declaration).await),
    }
}

/// Everything but the common case: refresh where that helps, refuse where nothing does.
#[cold]
async fn consider(
    oauth: &OAuth,
    caller: Caller,
    parts: &Parts,
    declaration: &'static Declaration,
) -> Result<Result<Pass, Refused>, Error> {
    let mut who = match caller {
        Caller::SignedIn(who) => who,
        caller => return Ok(Err(Refused::without_account(caller))),
    };
    let (kind, required) = (RequestKind::of_parts(oauth, parts), declaration);
    let decided = |standing| decide(standing, kind, Before::default());
    let (mut standing, mut failure) = (standing(oauth, &who, required), None);
    if decided(standing) == Decision::RefreshFirst {
        (standing, failure) = refreshed(oauth, &mut who, required).await;
    }
    match (decided(standing), &who.row().tokens) {
        (Decision::Refuse(_), _) => Ok(Err(Refused { caller: Caller::SignedIn(who), standing })),
        (decision @ (Decision::Proceed | Decision::ProceedAndRefresh), Some(tokens)) => {
            if decision == Decision::ProceedAndRefresh {
                oauth.0.accounts.refresh_in_background(who.key);
            }
            let tokens = tokens.clone();
            Ok(Ok(Pass { oauth: oauth.clone(), signed_in: who, tokens }))
        }
        _ => {
            let text = "the access tokens of the provider end as soon as they are given";
            let error = failure.unwrap_or_else(|| Error::new(Code::ProviderResponse, text));
            Err(failed(oauth, parts, error, Some((&who, declaration))))
        }
    }
}

/// How the person stands once the token was renewed, or why nobody can say.
async fn refreshed(
    oauth: &OAuth,
    who: &mut SignedIn,
    required: &Declaration,
) -> (Standing, Option<Error>) {
    let refreshed = oauth.0.accounts.refreshed(who.key).await;
    // What a failed refresh left is told from its answer; the row is shown as it is.
    if let Some(account) = refreshed.as_ref().ok().cloned().or_else(|| oauth.last_account(who)) {
        who.account = account;
    }
    match refreshed {
        Ok(_) => (standing(oauth, who, required), None),
        Err(error) if error.kind() == Code::InvalidGrant => (Standing::Dead, None),
        Err(error) => (Standing::Unknown, Some(error)),
    }
}

fn standing(oauth: &OAuth, who: &SignedIn, required: &Declaration) -> Standing {
    let is_met = |covered: &ScopeSet| required.is_met_by(covered);
    oauth.0.accounts.judge(who.row(), is_met, oauth.0.clock.now()).into()
}

/// The link by which the user connects the account again, where that may help.
fn connecting_again(
    oauth: &OAuth,
    parts: &Parts,
    who: &SignedIn,
    declaration: &'static Declaration,
) -> Option<String> {
    if !oauth.may_connect_again(who) {
        return None;
    }
    let wanted = who.row().wanted_again(declaration);
    let intent =
        Intent::new(oauth, Some(who.login.binding()), &wanted.missing, &again(oauth, parts));
    let intent = intent.at(oauth, who.provider).with_optional(&wanted.optional);
    intent.with_why(declaration.why).insisting().to_link(oauth).ok()
}

/// Where the request that failed can be made again.
fn again(oauth: &OAuth, parts: &Parts) -> Resume {
    match parts.method {
        http::Method::GET => Resume::of_parts(oauth, parts),
        _ => Resume::page_behind(oauth, &parts.headers),
    }
}

/// The answer while the provider cannot be asked: the handler does not run, nothing is lost.
fn failed(
    oauth: &OAuth,
    parts: &Parts,
    error: Error,
    who: Option<(&SignedIn, &'static Declaration)>,
) -> Error {
    let link = who.and_then(|(who, declaration)| connecting_again(oauth, parts, who, declaration));
    let error = if link.is_some() { error.with_help(STUCK) } else { error };
    if !RequestKind::of_parts(oauth, parts).is_of_person() {
        return error;
    }
    let about = (&parts.headers, oauth.first_provider().name());
    let ways = respond::Ways { again: again(oauth, parts).into_string(), connect: link };
    respond::failed(oauth, about, error, ways)
}
