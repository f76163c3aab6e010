//! Requests that a page of another origin sends with the user's cookies.
//!
//! `SameSite=Lax` keeps the session cookie from other sites, and not from sibling origins: a
//! page of another subdomain, or of another port of localhost, sends it along. The rule is the
//! one of Go's `net/http.CrossOriginProtection`: fetch metadata decide, then `Origin`, and a
//! request with neither comes from no browser. Safe methods pass, so that links work; a handshake
//! does not, since a page of any origin may open a `WebSocket` and read it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::ops::Deref;

use axum::Extension;
use axum::extract::FromRequestParts;
use axum::middleware::AddExtension;
use http::header::{self, HeaderMap};
use http::request::Parts;
use http::{HeaderValue, Method};
use tower_layer::Layer;

use super::request_kind::RequestKind;
use super::respond;
use crate::error::{Answer, Code, Error};
use crate::oauth::OAuth;
use crate::pages::{LinkKind, Notice};

/// So much of a path is logged, in bytes.
const LONGEST_PATH: usize = 100;

/// Lets pages of other origins send requests for the user.
///
/// The library's extractors and layers refuse (403) a request of another origin that may change
/// something: one with a method other than `GET`, `HEAD` and `OPTIONS`, and a `WebSocket`
/// handshake. Allow it where the handler proves in another way that the user meant it, such as
/// by a token in the body; for a front end of yours at another origin,
/// [`with_trusted_origins`](crate::OAuthBuilder::with_trusted_origins) is safer.
///
/// On a handler write `#[requires_scopes("…", cross_origin = "allow")]`. For a group of routes
/// this is a layer:
///
/// ```
/// use axum::{Router, routing::post};
/// use oauth_runtime::{AllowCrossOrigin, OAuth, User};
///
/// async fn hook(user: User) -> String {
///     user.account().to_string()
/// }
///
/// let routes: Router<OAuth> =
///     Router::new().route("/hook", post(hook)).route_layer(AllowCrossOrigin);
/// ```
///
/// It has to lie outside of a [`RequireLayer`](crate::RequireLayer) and of
/// [`cross_origin_protection`](OAuth::cross_origin_protection), so it is added after them. These
/// judge a request before its handler is reached: below them the attribute comes too late.
#[derive(Clone, Copy, Debug)]
pub struct AllowCrossOrigin;

impl<S> Layer<S> for AllowCrossOrigin {
    type Service = AddExtension<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        Extension(*self).layer(inner)
    }
}

/// What the attribute puts before the parameters of its handler.
impl<S: Sync> FromRequestParts<S> for AllowCrossOrigin {
    type Rejection = Infallible;

    fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> impl Future<Output = Result<Self, Infallible>> + Send {
        parts.extensions.insert(Self);
        let allowed: Ready<Result<Self, Infallible>> = ready(Ok(Self));
        allowed
    }
}

/// A request that may act for its user: the guard takes no other.
#[derive(Clone, Copy)]
pub(super) struct OwnRequest<'a>(&'a Parts);

impl<'a> OwnRequest<'a> {
    /// # Errors
    /// `cross_site`, with the answer, if a page of another origin sent a request that is not safe.
    #[inline]
    pub(super) fn check(oauth: &OAuth, parts: &'a Parts) -> Result<Self, Error> {
        if is_safe(parts) || is_own(oauth, parts) { Ok(Self(parts)) } else { refuse(oauth, parts) }
    }
}

impl Deref for OwnRequest<'_> {
    type Target = Parts;

    #[inline]
    fn deref(&self) -> &Parts {
        self.0
    }
}

/// Over HTTP/2 a handshake is an extended `CONNECT` (RFC 8441), which no page can make otherwise.
#[inline]
fn is_safe(parts: &Parts) -> bool {
    matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS)
        && !parts.headers.contains_key(header::UPGRADE)
}

#[cold]
fn is_own(oauth: &OAuth, parts: &Parts) -> bool {
    let own = oauth.0.urls.origin_text();
    let trusted = |origin: &str| oauth.0.trusted_origins.contains(origin);
    Sender::of(&parts.headers).may_act(&own, trusted)
        || parts.extensions.get::<AllowCrossOrigin>().is_some()
}

/// What a request says of the page that sent it. A page cannot set these headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sender<'a> {
    /// `Sec-Fetch-Site`.
    site: Said<'a>,
    /// `Origin`.
    origin: Said<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said<'a> {
    Nothing,
    Once(&'a str),
    /// More than once, or no text: no browser does that.
    Unreadable,
}

impl<'a> Sender<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        Self { site: Said::of(headers, "sec-fetch-site"), origin: Said::of(headers, "origin") }
    }

    fn may_act(self, own: &str, is_trusted: impl Fn(&str) -> bool) -> bool {
        match (self.site, self.origin) {
            (_, Said::Once(origin)) if is_trusted(origin) => true,
            (Said::Once(site), _) => matches!(site, "same-origin" | "none"),
            (Said::Unreadable, _) | (Said::Nothing, Said::Unreadable) => false,
            (Said::Nothing, Said::Once(origin)) => origin == own,
            (Said::Nothing, Said::Nothing) => true,
        }
    }
}

impl<'a> Said<'a> {
    fn of(headers: &'a HeaderMap, name: &'static str) -> Self {
        let mut values = headers.get_all(name).iter();
        match (values.next().map(HeaderValue::to_str), values.next()) {
            (None, _) => Self::Nothing,
            (Some(Ok(text)), None) => Self::Once(text),
            _ => Self::Unreadable,
        }
    }
}

#[cold]
fn refuse<'a>(oauth: &OAuth, parts: &Parts) -> Result<OwnRequest<'a>, Error> {
    let own = oauth.0.urls.origin_text();
    let text = "a page of another origin sent this request";
    let help = format!(
        "the app is at {own}: was it opened at another address? A front end of yours at another \
         origin is named in `with_trusted_origins`; `cross_origin = \"allow\"` lets a handler take \
         requests of all origins"
    );
    let error = Error::new(Code::CrossSite, text).with_help(help);
    let sender = Sender::of(&parts.headers);
    let (method, path) = (&parts.method, beginning(parts.uri.path()));
    tracing::warn!(
        code = error.code(),
        %method,
        path,
        origin = ?sender.origin,
        sec_fetch_site = ?sender.site,
        help = error.help(),
        "a request of another origin was refused"
    );
    let is_of_user = RequestKind::of_parts(oauth, parts).is_of_person();
    Err(if is_of_user { with_page(oauth, &parts.headers, error) } else { error.with_problem() })
}

/// As much of a path as a log line needs: any page of the Web can make it write one.
fn beginning(path: &str) -> &str {
    path.get(..LONGEST_PATH).unwrap_or(path)
}

/// A navigation: what was sent is not kept, so there is nothing to go on with.
fn with_page(oauth: &OAuth, headers: &HeaderMap, error: Error) -> Error {
    let back = oauth.0.urls.default_page();
    let notice = Notice::cross_site().with_link(LinkKind::Back, back);
    match respond::page(oauth, headers, notice) {
        Ok(response) => error.with_answer(Answer { response, authorize_url: None }),
        Err(failure) => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://app.example";
    const TRUSTED: &str = "https://front.example";

    fn headers(site: Option<&str>, origin: Option<&str>) -> HeaderMap {
        let pairs = [("sec-fetch-site", site), ("origin", origin)];
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let pairs = pairs.map(|(name, value)| {
            (
                http::HeaderName::from_static(name),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            )
        });
        pairs.collect()
    }

    fn may_act(headers: &HeaderMap) -> bool {
        Sender::of(headers).may_act(OWN, |origin| origin == TRUSTED)
    }

    /// One row for `Sec-Fetch-Site`, one column for `Origin`: ours, trusted, another, `null`, one
    /// that only looks like ours, none.
    #[test]
    fn the_sender_is_judged_as_it_is_written() {
        let origins = [
            Some(OWN),
            Some(TRUSTED),
            Some("https://evil.example"),
            Some("null"),
            Some("https://app.example.evil.example"),
            None,
        ];
        let rows: [(Option<&str>, [bool; 6]); 8] = [
            (Some("same-origin"), [true; 6]),
            (Some("none"), [true; 6]),
            (Some("same-site"), [false, true, false, false, false, false]),
            (Some("cross-site"), [false, true, false, false, false, false]),
            (Some(""), [false, true, false, false, false, false]),
            (Some("Same-Origin"), [false, true, false, false, false, false]),
            (Some("\u{fc}"), [false, true, false, false, false, false]),
            (None, [true, true, false, false, false, true]),
        ];
        for (site, row) in rows {
            for (origin, expected) in origins.into_iter().zip(row) {
                let judged = may_act(&headers(site, origin));
                assert_eq!(judged, expected, "{site:?} from {origin:?}");
            }
        }
    }

    /// A header that is there twice is of no browser: it is believed as little as a bad one.
    #[test]
    fn a_header_that_is_there_twice_is_not_believed() {
        for name in ["sec-fetch-site", "origin"] {
            let mut twice = headers(None, None);
            for _ in 0..2 {
                let own = if name == "origin" { OWN } else { "same-origin" };
                twice.append(name, HeaderValue::from_static(own));
            }
            assert!(!may_act(&twice), "{name}");
        }
    }
}
