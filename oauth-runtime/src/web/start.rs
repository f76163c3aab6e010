//! The routes that begin an authorization: for a sign-in, and for a link of ours.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderName, StatusCode};

use super::decision::{Refusal, refusal};
use super::login;
use super::refused::before;
use super::request_kind::RequestKind;
use super::respond::{self, Ready};
use super::visit::{Visit, own_link, parameter, send};
use crate::error::Error;
use crate::flow::{Begin, Begun, Intent, KnownAccount};
use crate::oauth::{Caller, Ending, OAuth, OtherAccount, Popup, Resume, Route};
use crate::pages::{Accounts, LinkKind, Notice};
use crate::tokens::{Need, ProviderId, Verdict};

/// Where a link of the app wants to go on, or the default page where that is doubtful.
fn return_to(oauth: &OAuth, parts: &Parts) -> Resume {
    Resume::of_link(&oauth.0.urls, &parameter(parts, "return_to").unwrap_or_default())
}

pub(super) async fn sign_in(State(oauth): State<OAuth>, caller: Caller, parts: Parts) -> Response {
    let page = return_to(&oauth, &parts);
    // A script whose user has to log in first opens a window here.
    let resume = match popup(&parts) {
        Some(popup) => {
            let done = Resume::done(&oauth.0.urls, &page, Some(&popup));
            // Whose page it is that waits is not known where the app has a login of its own.
            if oauth.0.login.is_some() { done.logged_in(&oauth.0.urls) } else { done }
        }
        None => page,
    };
    match caller {
        Caller::SignedIn(_) => return send(respond::see_other(resume.as_str())),
        Caller::LoggedOut => return send(login::first(&oauth, Route::SignIn, &parts)),
        Caller::Stranger | Caller::Unlinked { .. } => {}
    }
    begin_or_refuse(&oauth, Route::SignIn, &parts, Begin::sign_in(&caller, resume)).await
}

pub(super) async fn start(State(oauth): State<OAuth>, caller: Caller, parts: Parts) -> Response {
    if matches!(caller, Caller::LoggedOut) {
        return send(login::first(&oauth, Route::Start, &parts));
    }
    let text = parameter(&parts, "intent").unwrap_or_default();
    let intent = match Intent::from_link(&oauth, &caller, &text) {
        Ok(intent) => intent,
        Err(error) => return send(no_link(&oauth, &parts, &error)),
    };
    let (provider, caller) = match at(&oauth, &intent, caller).await {
        Ok(found) => found,
        Err(error) => return send(no_link(&oauth, &parts, &error)),
    };
    if let Some(notice) = told_first(&oauth, (provider, &caller), &parts, &intent) {
        return send(notice);
    }
    let account = match of_link(&oauth, &intent, &caller).await {
        Ok(Named::Another(other)) => {
            let visit = Visit::of(&oauth, &parts).at(provider);
            return send(visit.ending(&caller, &Ending::OtherAccount(other)));
        }
        Ok(Named::Known(account)) => Some(account),
        Ok(Named::Nothing) => None,
        Err(error) => return send(no_link(&oauth, &parts, &error)),
    };
    let is_of_another = intent.is_followed_by_another(&caller);
    let mut begin = Begin { account, ..Begin::from_intent(&oauth, provider, intent, &caller) };
    if let Some(popup) = popup(&parts) {
        begin.resume = begin.resume.told_to(&oauth.0.urls, &popup);
    }
    if is_of_another {
        begin.resume = begin.resume.switched(&oauth.0.urls);
    }
    if begin.is_granted_already(&oauth).await {
        return send(respond::see_other(begin.resume.as_str()));
    }
    begin_or_refuse(&oauth, Route::Start, &parts, begin).await
}

/// The provider of a link, and the same caller with the account there.
async fn at(oauth: &OAuth, intent: &Intent, caller: Caller) -> Result<(ProviderId, Caller), Error> {
    let provider = intent.provider(oauth)?;
    Ok((provider, oauth.at(provider, caller, oauth.0.clock.now()).await?))
}

/// What a link says of the account that it is for.
enum Named {
    Nothing,
    /// It is for this one, whose user is not signed in.
    Known(KnownAccount),
    /// It is for another one than the caller's.
    Another(Arc<OtherAccount>),
}

async fn of_link(oauth: &OAuth, intent: &Intent, caller: &Caller) -> Result<Named, Error> {
    let Some(key) = intent.account else { return Ok(Named::Nothing) };
    let signed_in = match caller {
        Caller::SignedIn(who) if who.key != key => Some(who.row().identity.label().to_owned()),
        // A user who is not signed in begins with that, at the provider that signs in.
        Caller::Stranger if intent.provider(oauth)?.is_first() => None,
        _ => return Ok(Named::Nothing),
    };
    let Some(row) = oauth.0.accounts.get(&key, oauth.0.clock.now()).await? else {
        return Ok(Named::Nothing);
    };
    let Some(signed_in) = signed_in else { return Ok(Named::Known((key, row))) };
    let chosen = Some(row.value.identity.label().to_owned());
    Ok(Named::Another(Arc::new(OtherAccount {
        accounts: Accounts { signed_in, chosen },
        account: None,
        scopes: intent.scopes.to_set(),
        resume: intent.resume(oauth),
    })))
}

/// Without a click: as in front of a handler, a user who was asked before decides whether to be
/// asked again.
fn told_first(
    oauth: &OAuth,
    (provider, caller): (ProviderId, &Caller),
    parts: &Parts,
    intent: &Intent,
) -> Option<Ready> {
    let missing = intent.scopes.to_set();
    if !intent.unasked || missing.is_empty() {
        return None;
    }
    let (_, before) = before(oauth, (provider, caller), &parts.headers, &missing);
    let (notice, link) = match (refusal(RequestKind::Page, before), caller) {
        (Refusal::Explain, Caller::SignedIn(who))
            if oauth.verdict(who.row(), &missing) == Verdict::AfterUser(Need::Renewal) =>
        {
            (Notice::access_ended(missing), LinkKind::Continue)
        }
        (Refusal::Explain, Caller::SignedIn(_)) => (Notice::declined(missing), LinkKind::Grant),
        (Refusal::Explain, _) => (Notice::denied(), LinkKind::Retry),
        (Refusal::Rationale, _) => (Notice::rationale(intent.wanted().all()), LinkKind::Continue),
        _ => return None,
    };
    let (visit, intent) =
        (Visit::of(oauth, parts).at(provider), intent.clone().asked_on_page(oauth));
    Some(match intent.to_link(oauth) {
        Ok(href) => {
            let notice = notice.with_why(intent.why.as_deref()).with_link(link, href);
            visit.page(visit.with_way_back(notice))
        }
        Err(error) => visit.failure_at_start(&error),
    })
}

/// The window that a script opened for this, as it says: that chooses who is told at the end,
/// and nothing else.
pub(super) fn popup(parts: &Parts) -> Option<Popup> {
    parameter(parts, "popup").and_then(|number| Popup::parse(&number))
}

fn no_link(oauth: &OAuth, parts: &Parts, error: &Error) -> Ready {
    let visit = Visit::of(oauth, parts);
    match popup(parts) {
        Some(popup) => {
            let urls = &oauth.0.urls;
            let end = Resume::done(urls, &Resume::default_page(urls), Some(&popup));
            visit.failure(error, &end)
        }
        None => visit.failure_at_start(error),
    }
}

/// Only a user who goes to a page begins an authorization.
async fn begin_or_refuse(oauth: &OAuth, route: Route, parts: &Parts, begin: Begin<'_>) -> Response {
    let origin = oauth.0.urls.origin_text();
    send(match RequestKind::of(&parts.method, &parts.headers, &origin) {
        RequestKind::Page => begun(oauth, parts, begin).await,
        RequestKind::Frame => framed(oauth, route, parts),
        RequestKind::Htmx => {
            // HTMX cannot follow to the provider, but the page can go where the link leads.
            let mut response = respond::bare(StatusCode::FORBIDDEN);
            let header = HeaderName::from_static("hx-redirect");
            respond::set(&mut response, header, &own_link(oauth, route, parts));
            response
        }
        _ => respond::bare(StatusCode::FORBIDDEN),
    })
}

async fn begun(oauth: &OAuth, parts: &Parts, begin: Begin<'_>) -> Ready {
    oauth.look_before(begin.caller).await;
    match begin.begin(oauth, &parts.headers) {
        Ok(Begun { location, cookies }) => {
            let mut response = respond::see_other(&location);
            respond::set_cookies(&mut response, &cookies);
            response
        }
        Err(error) => Visit::of(oauth, parts).failure_at_start(&error),
    }
}

fn framed(oauth: &OAuth, route: Route, parts: &Parts) -> Ready {
    let notice = Notice::framed(StatusCode::FORBIDDEN);
    let notice = notice.with_link(LinkKind::Continue, own_link(oauth, route, parts));
    Visit::of(oauth, parts).page(notice)
}
