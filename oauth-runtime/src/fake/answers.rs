//! What the HTTP rim answers with.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Response as HttpResponse, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::api::ApiError;
use super::token_endpoint::OAuthError;

/// No `form-action`: browsers apply it to the redirects that follow a form, and those go to the app.
const CSP: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'";
const PAGE: [(HeaderName, &str); 6] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, CSP),
    (REFERRER_POLICY, "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
];

/// An answer with these headers; a header value that cannot be sent is left out.
pub(crate) fn answer(
    status: u16,
    headers: &[(HeaderName, &str)],
    body: impl Into<Body>,
) -> Response {
    let mut response = HttpResponse::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

pub(crate) fn json(status: u16, value: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    answer(status, &headers, value.to_string())
}

pub(crate) fn oauth_error(error: &OAuthError) -> Response {
    let mut response = json(error.status(), &error.to_json());
    if error.status() == 401 {
        // RFC 6749 §5.2: a refused client is told how it may authenticate.
        let basic = HeaderValue::from_static("Basic realm=\"token\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, basic);
    }
    response
}

pub(crate) fn api_error(error: &ApiError) -> Response {
    let mut response = json(error.status, &error.body);
    if let Some(challenge) =
        error.challenge.as_deref().and_then(|it| HeaderValue::from_str(it).ok())
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// A page of HTML, with the headers that keep it out of caches and frames.
pub(crate) fn page(status: u16, html: impl Into<Body>) -> Response {
    answer(status, &PAGE, html)
}

/// A redirect that the browser follows with GET.
pub(crate) fn redirect(location: &str) -> Response {
    let headers =
        [(LOCATION, location), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    answer(303, &headers, Body::empty())
}
