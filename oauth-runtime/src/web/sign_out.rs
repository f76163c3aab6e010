//! Ending sessions: that of this browser, or those of all.

use axum::extract::State;
use axum::response::Response;
use http::request::Parts;

use super::request_kind::is_same_origin;
use super::respond;
use super::visit::{Visit, parameter, send};
use crate::error::Error;
use crate::flow::forget_all;
use crate::oauth::{Caller, OAuth, Resume, Route};
use crate::pages::{LinkKind, Notice, PageKind};
use crate::telemetry::AuditKind;
use crate::tokens::ProviderId;

/// Ends the session of this browser.
pub(super) async fn sign_out(State(oauth): State<OAuth>, parts: Parts) -> Response {
    leave(&oauth, &parts, PageKind::SignedOut).await
}

/// Ends every session of the account, in all browsers.
pub(super) async fn sign_out_everywhere(State(oauth): State<OAuth>, parts: Parts) -> Response {
    leave(&oauth, &parts, PageKind::SignedOutEverywhere).await
}

async fn leave(oauth: &OAuth, parts: &Parts, kind: PageKind) -> Response {
    let visit = Visit::of(oauth, parts);
    if !is_same_origin(&parts.headers, &oauth.0.urls.origin_text()) {
        return send(visit.page(visit.with_way_back(Notice::cross_site())));
    }
    let ended = match kind {
        PageKind::SignedOutEverywhere => end_all(oauth, parts).await,
        _ => end_one(oauth, parts).await,
    };
    let mut response = match ended {
        Ok(()) if parameter(parts, "return_to").is_some() => {
            let target = parameter(parts, "return_to").unwrap_or_default();
            respond::see_other(Resume::of_link(&oauth.0.urls, &target).as_str())
        }
        Ok(()) => {
            let notice = visit.with_way_back(Notice::of_kind(kind));
            visit.page(notice.with_link(LinkKind::SignIn, oauth.0.urls.path(Route::SignIn)))
        }
        // This browser is signed out; a copy of its cookie elsewhere is not yet.
        Err(error) => visit.failure_at_start(&error),
    };
    let names = &oauth.0.cookies;
    respond::set_cookies(&mut response, [&names.remove(&names.session)]);
    respond::set_cookies(&mut response, &forget_all(oauth, &parts.headers));
    send(response)
}

async fn end_one(oauth: &OAuth, parts: &Parts) -> Result<(), Error> {
    // Whose it is matters to the app's record alone: a store that fails here fails below.
    let caller = oauth.caller(parts, ProviderId::FIRST, oauth.0.clock.now()).await.ok();
    end_session(oauth, parts).await?;
    if let Some(who) = caller.as_ref().and_then(Caller::signed_in) {
        oauth.tell(AuditKind::SignedOut, who.row().id());
    }
    Ok(())
}

/// Whoever has the number of a session may end it: the browser need not prove that it lives.
async fn end_session(oauth: &OAuth, parts: &Parts) -> Result<(), Error> {
    match oauth.session_number(&parts.headers) {
        Some(number) => oauth.0.sessions.end(&number, oauth.0.clock.now()).await,
        None => Ok(()),
    }
}

/// To end the others takes one that lives.
async fn end_all(oauth: &OAuth, parts: &Parts) -> Result<(), Error> {
    let caller = oauth.caller(parts, ProviderId::FIRST, oauth.0.clock.now()).await?;
    if let Caller::SignedIn(who) = caller {
        oauth.0.accounts.end_sessions(&who.key).await?;
    }
    end_session(oauth, parts).await
}
