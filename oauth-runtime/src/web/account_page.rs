//! The page about the person's account: who he is, what he granted, and how to end it.

use axum::extract::State;
use axum::response::Response;
use http::request::Parts;
use url::form_urlencoded;

use super::cross_origin::OwnRequest;
use super::disconnect;
use super::guard;
use super::login;
use super::visit::{Visit, send};
use crate::error::Error;
use crate::oauth::{Caller, OAuth, Resume, Route, SignedIn};
use crate::pages::{AskedScope, Connection, LinkKind, Notice};
use crate::tokens::{Consent, ProviderId};

/// Shown to whoever is signed in; all others are asked to sign in first.
pub(super) async fn show_account(State(oauth): State<OAuth>, parts: Parts) -> Response {
    let caller = match guard::caller(&oauth, &parts, ProviderId::FIRST).await {
        Ok(Caller::LoggedOut) => return send(login::first(&oauth, Route::Account, &parts)),
        Ok(Caller::Stranger) => None,
        Ok(caller) => Some(caller),
        Err(error) => return error.to_response(),
    };
    let Some(caller) = caller else {
        let own = match OwnRequest::check(&oauth, &parts) {
            Ok(own) => own,
            Err(error) => return error.to_response(),
        };
        return match guard::admit_user(oauth.clone(), own).await {
            Err(error) => error.to_response(),
            // Signed in meanwhile: once more shows it.
            Ok(_) => send(super::respond::see_other(Resume::account(&oauth.0.urls).as_str())),
        };
    };
    let visit = Visit::of(&oauth, &parts);
    match about(&oauth, caller).await {
        Ok(notice) => send(visit.page(visit.with_way_back(notice))),
        Err(error) => send(visit.failure_at_start(&error)),
    }
}

async fn about(oauth: &OAuth, caller: Caller) -> Result<Notice, Error> {
    let (now, mut connections) = (oauth.0.clock.now(), Vec::new());
    for provider in oauth.0.accounts.providers.ids() {
        if let Caller::SignedIn(who) = oauth.at(provider, caller.clone(), now).await? {
            connections.push(connection(oauth, provider, &who));
        }
    }
    let notice = Notice::account(connections);
    if oauth.0.login.is_some() {
        return Ok(notice);
    }
    let path = |route| oauth.0.urls.path(route);
    Ok(notice
        .with_action(LinkKind::SignOut, path(Route::SignOut))
        .with_action(LinkKind::SignOutEverywhere, path(Route::SignOutEverywhere)))
}

fn connection(oauth: &OAuth, provider: ProviderId, who: &SignedIn) -> Connection {
    let (row, of) = (who.row(), oauth.provider(provider));
    let page = oauth.0.urls.path(Route::Disconnect);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("provider", of.key())
        .append_pair(disconnect::FROM, Route::Account.name())
        .finish();
    Connection {
        provider: of.name().to_owned(),
        account: row.identity.label().to_owned(),
        scopes: scopes(oauth, provider, who),
        disconnect: row.tokens.is_some().then(|| format!("{page}?{query}")),
    }
}

/// What every sign-in asks for goes without saying.
fn scopes(oauth: &OAuth, provider: ProviderId, who: &SignedIn) -> Vec<AskedScope> {
    let base = oauth.base_scopes(provider).closure();
    let asked = who.row().consents.iter().filter(|(name, _)| !base.contains_name(name));
    let shown = asked.filter_map(|(name, consent)| {
        let (is_granted, since) = match consent {
            Consent::Granted(at) => (true, at),
            Consent::Declined(at) => (false, at),
            Consent::Revoked(_) | Consent::Ended(_) => return None,
        };
        let why = reasons(oauth, provider, name);
        Some(AskedScope { name: name.to_owned(), is_granted, since, why })
    });
    shown.collect()
}

/// What the handlers say that they need it for.
#[cfg(feature = "manifest")]
fn reasons(oauth: &OAuth, provider: ProviderId, name: &str) -> Vec<String> {
    let key = Some(oauth.provider(provider).key()).filter(|_| !provider.is_first());
    let manifest = oauth.manifest();
    let scopes = manifest.scopes().iter();
    let mut same = scopes.filter(|it| it.provider() == key && it.scope().name() == name);
    same.next()
        .map(|scope| scope.why().iter().map(ToString::to_string).collect())
        .unwrap_or_default()
}

#[cfg(not(feature = "manifest"))]
fn reasons(_: &OAuth, _: ProviderId, _: &str) -> Vec<String> {
    Vec::new()
}
