//! Our own routes.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;
use http::request::Parts;
use tracing::Instrument as _;

use super::account_page::show_account;
use super::client::client_js;
use super::developer::local_only;
use super::disconnect::{ask, disconnect};
use super::doctor::show_doctor;
use super::guard;
use super::hold::{hold_form, send_form, show_form};
use super::login;
use super::respond;
use super::security_events::receive;
use super::sign_out::{sign_out, sign_out_everywhere};
use super::start::{popup, sign_in, start};
use super::visit::{Visit, parameter, send};
use crate::error::Code;
use crate::flow::Returned;
use crate::oauth::{Ending, OAuth, Resume, Route, Urls};
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
