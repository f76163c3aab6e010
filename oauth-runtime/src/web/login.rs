//! An app with a login of its own: the way there, and the way back with a cookie that browsers
//! keep from other sites.

use http::StatusCode;
use http::header::HeaderName;
use http::request::Parts;

use super::request_kind::RequestKind;
use super::respond::{self, Ready};
use super::visit::{Visit, own_link, parameter};
use crate::error::{Code, Error};
use crate::oauth::{OAuth, Resume, Route};
use crate::pages::{LinkKind, Notice};
use crate::session::{open, seal};
use crate::tokens::ProviderId;

/// The parameter with which a callback comes a second time.
const AGAIN: &str = "again";

impl OAuth {
    /// Where to go on after a login: `text` if it is a path of this app, else its default page.
    ///
    /// For the login page of an app with a [login of its own](crate::OAuthBuilder::with_login),
    /// which is sent people with `?return_to=/page`. Anybody can write such a link: the text is
    /// judged as a browser reads it, so that no user is sent to another site after the login, nor
    /// to another app beside the mount path. A path without the mount path gets it. In such an
    /// app the links of the library that a user followed before the login are allowed too.
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    /// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
    /// #     .build()?;
    /// assert_eq!(oauth.return_path("/notes?page=2"), "/notes?page=2");
    /// assert_eq!(oauth.return_path("//evil.example"), "/");
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn return_path(&self, text: &str) -> String {
        let urls = &self.0.urls;
        // A link of ours that was followed without a login is followed again after it.
        let own = self.0.login.as_ref().and_then(|_| urls.after_login(text));
        own.unwrap_or_else(|| Resume::of_link(urls, text).into_string())
    }
}

/// The login page, with where to go on afterwards.
pub(super) fn link(oauth: &OAuth, resume: &Resume) -> String {
    link_to(oauth, resume.as_str())
}

fn link_to(oauth: &OAuth, address: &str) -> String {
    let page = oauth.0.login.as_deref().unwrap_or("/");
    format!("{page}?return_to={}", encoded(address))
}

fn encoded(address: &str) -> String {
    url::form_urlencoded::byte_serialize(address.as_bytes()).collect()
}

/// The same for a script, which may open it in a window of its own: through a route of ours,
/// which takes the number of that window along and ends there.
pub(super) fn link_for_script(oauth: &OAuth, page: &Resume) -> String {
    format!("{}?return_to={}", oauth.0.urls.path(Route::SignIn), encoded(page.as_str()))
}

/// The same for a page that has to be left for it.
///
/// # Errors
/// If that page is the login page: it would lead to itself for ever.
pub(super) fn link_from_page(oauth: &OAuth, page: &Resume) -> Result<String, Error> {
    let path = page.as_str().split('?').next();
    if path == oauth.0.login.as_deref() {
        let text = "the login page itself asks for somebody who is logged in";
        return Err(Error::new(Code::ConfigOption, text)
            .with_help("take `Option<User>` or `Option<Token<…>>` in its handler"));
    }
    Ok(link(oauth, page))
}

/// What somebody is told who has to log in first, and whose request cannot be kept.
pub(super) fn needed(oauth: &OAuth, resume: &Resume) -> Notice {
    let notice = Notice::login_needed().with_link(LinkKind::LogIn, link(oauth, resume));
    notice.with_link(LinkKind::Back, oauth.0.urls.default_page())
}

/// A form of somebody who has to log in first is not kept: it may be another who does.
pub(super) fn unsent(oauth: &OAuth, parts: &Parts) -> Ready {
    let behind = Resume::page_behind(oauth, &parts.headers);
    Visit::of(oauth, parts).page(needed(oauth, &behind))
}

/// A link of ours that somebody followed who has to log in first: it is followed again then.
pub(super) fn first(oauth: &OAuth, route: Route, parts: &Parts) -> Ready {
    let location = link_to(oauth, &own_link(oauth, route, parts));
    let status = StatusCode::UNAUTHORIZED;
    match RequestKind::of(&parts.method, &parts.headers, &oauth.0.urls.origin_text()) {
        RequestKind::Page => respond::see_other(&location),
        RequestKind::Frame => {
            let notice = Notice::framed(status).with_link(LinkKind::Continue, location);
            Visit::of(oauth, parts).page(notice)
        }
        RequestKind::Htmx => {
            let mut response = respond::bare(status);
            respond::set(&mut response, HeaderName::from_static("hx-redirect"), &location);
            response
        }
        _ => respond::bare(status),
    }
}

/// The query of a callback that comes a second time.
pub(super) fn second_try(oauth: &OAuth, parts: &Parts) -> Option<String> {
    open(&oauth.0.flow_sealer, &binding(oauth), parameter(parts, AGAIN)?.as_bytes())
}

/// Nobody is logged in at the callback. Coming from the provider's site, a browser does not
/// send a cookie that the app set `SameSite=Strict`: a page of our own sends it here again, and
/// that request comes from our own site. The code is not in that page, but sealed.
///
/// `None` for what is too long to come again.
pub(super) fn once_more(
    oauth: &OAuth,
    provider: ProviderId,
    parts: &Parts,
    query: &str,
) -> Option<Ready> {
    let sealed = seal(&oauth.0.flow_sealer, &binding(oauth), &query).ok()?;
    let urls = &oauth.0.urls;
    let again =
        format!("{}{}?{AGAIN}={sealed}", urls.mount(), urls.callback_route(provider.index()));
    let opens = open::<String>(&oauth.0.flow_sealer, &binding(oauth), sealed.as_bytes()).is_some();
    let notice = Notice::returning().with_link(LinkKind::Continue, &again);
    let mut response = opens.then(|| Visit::of(oauth, parts).page(notice))?;
    respond::set(&mut response, HeaderName::from_static("refresh"), &format!("0;url={again}"));
    Some(response)
}

fn binding(oauth: &OAuth) -> String {
    format!("{AGAIN}|{}|{}", oauth.first_provider().client_id(), oauth.0.urls.origin_text())
}
