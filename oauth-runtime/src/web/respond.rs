//! Pages and documents as responses, with the headers that all of ours carry.

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::request_kind::VARY;
use crate::error::{Answer, Code, Error};
use crate::oauth::OAuth;
use crate::pages::{LinkKind, Notice, PageKind};
use crate::session::SetCookie;

/// A response whose body is at hand.
pub(crate) type Ready = Response<String>;

/// Never cached, never framed, never sniffed, no address given away (invariant 21). What is
/// not a page loads nothing; a page brings a policy of its own.
pub(crate) const HEADERS: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
];

/// A response of ours with no body yet.
pub(crate) fn bare(status: StatusCode) -> Ready {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    set(&mut response, header::VARY, VARY);
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110 §11.6.1: no 401 without a challenge.
        set(&mut response, header::WWW_AUTHENTICATE, "Bearer");
    }
    response
}

/// 303: the browser goes there with GET, whatever it came with.
pub(crate) fn see_other(location: &str) -> Ready {
    let mut response = bare(StatusCode::SEE_OTHER);
    set(&mut response, header::LOCATION, location);
    response
}

/// 307: the browser sends the same again, method and body, to another address of our own.
///
/// Under `no-referrer` it would send `Origin: null` along, by which nobody could tell the form
/// from one of another site.
pub(crate) fn same_again(location: &str) -> Ready {
    let mut response = bare(StatusCode::TEMPORARY_REDIRECT);
    set(&mut response, header::REFERRER_POLICY, "same-origin");
    set(&mut response, header::LOCATION, location);
    response
}

/// A page in the looks of the app and the language of whoever sent these headers.
pub(crate) fn page(oauth: &OAuth, headers: &HeaderMap, notice: Notice) -> Result<Ready, Error> {
    let mut response = bare(notice.status());
    if notice.kind() == PageKind::Framed {
        set(&mut response, header::X_FRAME_OPTIONS, "SAMEORIGIN");
    }
    if notice.sends_form() {
        // Under `no-referrer` it would be sent with `Origin: null`, and refused.
        set(&mut response, header::REFERRER_POLICY, "same-origin");
    }
    let page = oauth.0.appearance.show(notice, oauth.first_provider().name(), headers)?;
    set(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    let policy = page.content_security_policy().unwrap_or_default();
    if HeaderValue::from_str(policy).is_err() {
        tracing::warn!("the policy of a page of the app's own is no header value: {policy:?}");
    }
    set(&mut response, header::CONTENT_SECURITY_POLICY, policy);
    set(&mut response, header::VARY, &format!("{VARY}, Accept-Language"));
    *response.body_mut() = page.into_html();
    Ok(response)
}

/// The page of a failure; if even that fails, its status alone.
pub(crate) fn failure(oauth: &OAuth, headers: &HeaderMap, error: &Error, notice: Notice) -> Ready {
    let mut response = page(oauth, headers, notice).unwrap_or_else(|_| bare(error.status()));
    retry_after(&mut response, error);
    response
}

/// Where a user can go on from a failure.
pub(crate) struct Ways {
    /// The request that failed.
    pub(crate) again: String,
    /// The provider, where that may help.
    pub(crate) connect: Option<String>,
}

/// The same error with a page about it. It speaks of the provider by this name.
pub(crate) fn failed(
    oauth: &OAuth,
    (headers, provider): (&HeaderMap, &str),
    error: Error,
    Ways { again, connect }: Ways,
) -> Error {
    let mut notice = Notice::failure(&error).of_provider(provider);
    // What an API refuses to the user, it refuses again.
    if error.kind() != Code::ApiForbidden {
        notice = notice.with_link(LinkKind::StartAgain, again);
    }
    if let Some(connect) = connect {
        notice = notice.with_link(LinkKind::ConnectAgain, connect);
    }
    let notice = notice.with_link(LinkKind::Back, oauth.0.urls.default_page());
    let response = failure(oauth, headers, &error, notice);
    error.with_answer(Answer { response, authorize_url: None })
}

/// 503 says when to come again.
pub(crate) fn retry_after(response: &mut Ready, error: &Error) {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = error.retry_after().map_or(5, |wait| wait.as_secs().max(1));
        set(response, header::RETRY_AFTER, &seconds.to_string());
    }
}

pub(crate) fn set_cookies<'a>(
    response: &mut Ready,
    cookies: impl IntoIterator<Item = &'a SetCookie>,
) {
    for value in cookies.into_iter().filter_map(SetCookie::header) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Sets a header to text of our own making, which is always a valid value.
pub(crate) fn set(response: &mut Ready, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
