//! Pages and documents as responses, with the headers that all of ours carry.

use http::header::{self, HeaderName};
use http::{HeaderValue, Response, StatusCode};

use super::request_kind::VARY;
use crate::error::Error;
use crate::pages::{CONTENT_SECURITY_POLICY, Page};
use crate::session::SetCookie;

/// A response whose body is at hand.
pub(crate) type Ready = Response<String>;

/// Never cached, never framed, never sniffed, no address given away (invariant 21).
pub(crate) const HEADERS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// A response of ours with no body yet.
pub(crate) fn bare(status: StatusCode) -> Ready {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    set(&mut response, header::CONTENT_SECURITY_POLICY, &CONTENT_SECURITY_POLICY);
    set(&mut response, header::VARY, VARY);
    response
}

/// 303: the browser goes there with GET, whatever it came with.
pub(crate) fn see_other(location: &str) -> Ready {
    let mut response = bare(StatusCode::SEE_OTHER);
    set(&mut response, header::LOCATION, location);
    response
}

pub(crate) fn page(page: &Page) -> Result<Ready, Error> {
    let mut response = bare(page.status);
    set(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    *response.body_mut() = page.render()?;
    Ok(response)
}

/// The page of a failure; if even that fails, its status alone.
pub(crate) fn failure(error: &Error, page_of_it: &Page) -> Ready {
    let mut response = page(page_of_it).unwrap_or_else(|_| bare(error.status()));
    retry_after(&mut response, error);
    response
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
