//! Giving back what was granted: the page that says what that means, and the form behind it.

use axum::extract::State;
use axum::response::Response;
use http::request::Parts;

use super::guard;
use super::login;
use super::request_kind::is_same_origin;
use super::respond::{self, Ready};
use super::visit::{Visit, own_link, parameter, send};
use crate::error::{Code, Error};
use crate::oauth::{Caller, OAuth, Resume, Route, SignedIn};
use crate::pages::{KeptForm, LinkKind, Notice, PageKind};
use crate::tokens::{Disconnection, ProviderId};

/// The parameter by which a page of ours says that it leads here.
pub(super) const FROM: &str = "from";

/// What it means, before anything is done.
pub(super) async fn ask(State(oauth): State<OAuth>, parts: Parts) -> Response {
    let (provider, caller) = match meant(&oauth, &parts).await {
        Ok(found) => found,
        Err(error) => return send(Visit::of(&oauth, &parts).failure_at_start(&error)),
    };
    let notice = match &caller {
        Caller::LoggedOut => return send(login::first(&oauth, Route::Disconnect, &parts)),
        Caller::SignedIn(who) if who.row().tokens.is_some() => {
            let account = who.row().identity.label().to_owned();
            Notice::disconnect(
                account,
                KeptForm::new(own_link(&oauth, Route::Disconnect, &parts), ""),
            )
        }
        _ => Notice::of_kind(PageKind::NotConnected),
    };
    send(page(&oauth, provider, &parts, notice))
}

/// Does it. A form of another site does not (RFC 6749 §10.12).
pub(super) async fn disconnect(State(oauth): State<OAuth>, parts: Parts) -> Response {
    let (provider, caller) = match meant(&oauth, &parts).await {
        Ok(found) => found,
        Err(error) => return send(Visit::of(&oauth, &parts).failure_at_start(&error)),
    };
    if !is_same_origin(&parts.headers, &oauth.0.urls.origin_text()) {
        return send(page(&oauth, provider, &parts, Notice::cross_site()));
    }
    let outcome = match &caller {
        Caller::LoggedOut => return send(login::unsent(&oauth, &parts)),
        Caller::SignedIn(who) => disconnected(&oauth, who).await,
        Caller::Stranger | Caller::Unlinked { .. } => Ok(Disconnection::NotConnected),
    };
    send(match outcome {
        Ok(outcome) => told(&oauth, provider, &parts, outcome),
        Err(error) => Visit::of(&oauth, &parts)
            .at(provider)
            .failure_of(&error, &own_link(&oauth, Route::Disconnect, &parts)),
    })
}

/// The account that is meant: that of the provider in `?provider=`, else that of the session.
async fn meant(oauth: &OAuth, parts: &Parts) -> Result<(ProviderId, Caller), Error> {
    let provider = match parameter(parts, "provider") {
        None => ProviderId::FIRST,
        Some(key) => oauth.0.accounts.providers.find(&key).ok_or_else(|| {
            Error::new(Code::CallbackInvalid, "the link names a provider that the app lacks")
        })?,
    };
    Ok((provider, guard::caller(oauth, parts, provider).await?))
}

/// In an app with a login of its own, the account is the user's no longer.
async fn disconnected(oauth: &OAuth, who: &SignedIn) -> Result<Disconnection, Error> {
    let outcome = oauth.0.accounts.disconnect(who.key).await?;
    if let Some(owner) = who.owner {
        oauth.take_account(owner, who.key).await?;
    }
    Ok(outcome)
}

/// The app's own page, where it asked for one and all is done; else what became of it.
fn told(oauth: &OAuth, provider: ProviderId, parts: &Parts, outcome: Disconnection) -> Ready {
    let kind = match outcome {
        Disconnection::Revoked => PageKind::Disconnected,
        Disconnection::Pending => PageKind::DisconnectPending,
        Disconnection::Deleted => PageKind::DisconnectedHere,
        Disconnection::NotConnected => PageKind::NotConnected,
    };
    let is_all = matches!(outcome, Disconnection::Revoked | Disconnection::NotConnected);
    if is_all && let Some(back) = asked_way_back(oauth, parts) {
        return respond::see_other(back.as_str());
    }
    page(oauth, provider, parts, Notice::of_kind(kind))
}

fn page(oauth: &OAuth, provider: ProviderId, parts: &Parts, notice: Notice) -> Ready {
    let back = asked_way_back(oauth, parts);
    let back = back.unwrap_or_else(|| Resume::default_page(&oauth.0.urls));
    Visit::of(oauth, parts).at(provider).page(notice.with_link(LinkKind::Back, back.as_str()))
}

/// Where the link says that it came from: our own page about the account, or a page of the app.
fn asked_way_back(oauth: &OAuth, parts: &Parts) -> Option<Resume> {
    let urls = &oauth.0.urls;
    if parameter(parts, FROM).as_deref() == Some(Route::Account.name()) {
        return Some(Resume::account(urls));
    }
    parameter(parts, "return_to").map(|text| Resume::of_link(urls, &text))
}
