//! Our own routes.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use http::request::Parts;
use http::{HeaderName, StatusCode};
use tracing::Instrument as _;

use super::account_page::show_account;
use super::client::client_js;
use super::decision::{Refusal, refusal};
use super::developer::local_only;
use super::disconnect::{ask, disconnect};
use super::doctor::show_doctor;
use super::guard;
use super::hold::{hold_form, send_form, show_form};
use super::login;
use super::refused::before;
use super::request_kind::RequestKind;
use super::respond::{self, Ready};
use super::security_events::receive;
use super::sign_out::{sign_out, sign_out_everywhere};
use super::visit::{Visit, own_link, parameter, send};
use crate::error::{Code, Error};
use crate::flow::{Begin, Begun, Intent, Returned};
use crate::oauth::{Caller, Ending, OAuth, Popup, Resume, Route, Urls};
use crate::pages::{LinkKind, Notice};
use crate::telemetry::Action;
use crate::tokens::ProviderId;

impl OAuth {
    /// The library's own routes, to be merged into the app's router whatever its state.
    ///
    /// They bring no layer and no fallback: the callback at the path of the redirect URI, and
    /// below the prefix `sign-in` (`?return_to=/path`), `sign-out` (POST, `?return_to=/path`)
    /// and `start`, `hold`, `continue`, `done` and `client.js`, the module for scripts.
    /// `account` shows the person what he granted and when, and leads to `disconnect`,
    /// `sign-out` and `sign-out-everywhere` (POST, `?return_to=/path`). An app with a
    /// [login of its own](crate::OAuthBuilder::with_login) has no way to sign out here.
    /// `disconnect` (`?return_to=/path`) asks whether all that was granted is to be taken back,
    /// and a POST there does it: see [`Account::disconnect`](crate::Account::disconnect).
    /// `security-events` (POST) is where the provider tells of accounts, in an app that
    /// [wants to know](crate::OAuthBuilder::with_security_events).
    /// In development, which is where the public URL is on loopback, `doctor` shows what is wrong
    /// with the set-up, and `manifest` what the app asks people for (feature `manifest`).
    ///
    /// ```
    /// # use axum::Router;
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    /// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
    /// #     .build()?;
    /// let app: Router = Router::new().merge(oauth.routes()).with_state(oauth.clone());
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let urls = &self.0.urls;
        self.0.routed.store(true, Ordering::Relaxed);
        let mut router = Router::new();
        for route in Route::ALL {
            if let Some(answers) = self.answers_of(*route) {
                router = router.route(&urls.route(*route), answers);
            }
        }
        for id in self.0.accounts.providers.ids() {
            let answered =
                move |State(oauth): State<OAuth>, parts: Parts| callback(oauth, id, parts);
            router = router.route(urls.callback_route(id.index()), only_get(get(answered)));
        }
        router.with_state(self.clone())
    }

    /// What answers at a route, if this app has it.
    fn answers_of(&self, route: Route) -> Option<MethodRouter<OAuth>> {
        // Where the app has a login of its own, there is nothing of ours to sign out of.
        let has_sessions = self.0.login.is_none();
        Some(match route {
            Route::SignIn => only_get(get(sign_in)),
            Route::SignOut if has_sessions => only_post(post(sign_out)),
            Route::SignOutEverywhere if has_sessions => only_post(post(sign_out_everywhere)),
            Route::SignOut | Route::SignOutEverywhere => return None,
            Route::Start => only_get(get(start)),
            Route::Hold => only_post(post(hold_form)),
            Route::Continue => only_get(get(show_form)).post(send_form),
            Route::Done => only_get(get(done)),
            Route::Account => only_get(get(show_account)),
            Route::Disconnect => only_get(get(ask)).post(disconnect),
            Route::SecurityEvents if self.0.accounts.receives_events() => only_post(post(receive)),
            Route::SecurityEvents => return None,
            Route::ClientJs => get(client_js).fallback(wrong_method),
            Route::Doctor => for_developers(&self.0.urls, only_get(get(show_doctor)))?,
            #[cfg(feature = "manifest")]
            Route::Manifest => {
                for_developers(&self.0.urls, only_get(get(super::manifest::show_manifest)))?
            }
            #[cfg(not(feature = "manifest"))]
            Route::Manifest => return None,
        })
    }
}

/// What is there in development only.
fn for_developers(urls: &Urls, answers: MethodRouter<OAuth>) -> Option<MethodRouter<OAuth>> {
    urls.is_loopback().then(|| answers.layer(middleware::from_fn(local_only)))
}

/// `get` answers HEAD too, and a HEAD must begin and end nothing.
fn only_get(route: MethodRouter<OAuth>) -> MethodRouter<OAuth> {
    route.head(wrong_method).fallback(wrong_method)
}

fn only_post(route: MethodRouter<OAuth>) -> MethodRouter<OAuth> {
    route.fallback(wrong_method)
}

async fn wrong_method() -> Response {
    send(respond::bare(StatusCode::METHOD_NOT_ALLOWED))
}

/// Where a link of the app wants to go on, or the default page where that is doubtful.
fn return_to(oauth: &OAuth, parts: &Parts) -> Resume {
    Resume::of_link(&oauth.0.urls, &parameter(parts, "return_to").unwrap_or_default())
}

async fn sign_in(State(oauth): State<OAuth>, caller: Caller, parts: Parts) -> Response {
    let page = return_to(&oauth, &parts);
    // A script whose user has to log in first opens a window here.
    let resume = match popup(&parts) {
        Some(popup) => Resume::done(&oauth.0.urls, &page, Some(&popup)),
        None => page,
    };
    match caller {
        Caller::SignedIn(_) => return send(respond::see_other(resume.as_str())),
        Caller::LoggedOut => return send(login::first(&oauth, Route::SignIn, &parts)),
        Caller::Stranger | Caller::Unlinked { .. } => {}
    }
    begin_or_refuse(&oauth, Route::SignIn, &parts, Begin::sign_in(&caller, resume)).await
}

async fn start(State(oauth): State<OAuth>, caller: Caller, parts: Parts) -> Response {
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
    let mut begin = Begin::from_intent(&oauth, provider, intent, &caller);
    if let Some(popup) = popup(&parts) {
        begin.resume = begin.resume.told_to(&oauth.0.urls, &popup);
    }
    if begin.is_granted_already(oauth.0.clock.now()) {
        return send(respond::see_other(begin.resume.as_str()));
    }
    begin_or_refuse(&oauth, Route::Start, &parts, begin).await
}

/// The provider of a link, and the same person with the account there.
async fn at(oauth: &OAuth, intent: &Intent, caller: Caller) -> Result<(ProviderId, Caller), Error> {
    let provider = intent.provider(oauth)?;
    Ok((provider, oauth.at(provider, caller, oauth.0.clock.now()).await?))
}

/// Nobody clicked: as in front of a handler, whoever was asked before decides himself whether he
/// is asked again.
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
fn popup(parts: &Parts) -> Option<Popup> {
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

/// Where a script's authorization ends: the window that it opened tells it and closes. Without
/// such a window there is nobody to tell, and the person goes on to the page.
async fn done(State(oauth): State<OAuth>, parts: Parts) -> Response {
    let page = Resume::of_path(&oauth.0.urls, &parameter(&parts, "to").unwrap_or_default());
    send(if popup(&parts).is_none() {
        respond::see_other(page.as_str())
    } else {
        let notice = Notice::done(oauth.0.urls.path(Route::ClientJs));
        Visit::of(&oauth, &parts).page(notice.with_link(LinkKind::Back, page.as_str()))
    })
}

/// Only a person who goes to a page begins an authorization.
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

async fn callback(oauth: OAuth, provider: ProviderId, parts: Parts) -> Response {
    let caller = match guard::caller(&oauth, &parts, provider).await {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    let second = login::second_try(&oauth, &parts);
    let query = second.as_deref().or(parts.uri.query()).unwrap_or_default();
    let answered = (provider, caller.clone());
    let act = oauth.begin(Action::Callback, provider);
    let returned = Returned::from_query(&oauth, answered, query, &parts.headers);
    let returned = returned.instrument(act.span()).await;
    oauth.end(act, returned.ending.outcome());
    let visit = Visit::of(&oauth, &parts).at(provider);
    let mut response = match &returned.ending {
        Ending::Failed { error, resume } if error.kind() == Code::SignInRequired => {
            let once_more =
                second.is_none().then(|| login::once_more(&oauth, provider, &parts, query));
            if let Some(once_more) = once_more.flatten() {
                return send(once_more);
            }
            visit.page(login::needed(&oauth, resume))
        }
        ending => visit.ending(&caller, ending),
    };
    respond::set_cookies(&mut response, &returned.cookies);
    send(response)
}
