//! The module for scripts, the one answer of ours that browsers may keep.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::respond::{self, Ready};
use super::visit::send;
use crate::session::encode;

const SOURCE: &str = include_str!("../../templates/client.js");

/// Of the bytes alone, so that every node and every start of the same version says the same.
static ETAG: LazyLock<String> = LazyLock::new(|| {
    let hash = digest::digest(&digest::SHA256, SOURCE.as_bytes());
    format!("\"{}\"", encode(&hash.as_ref()[..16]))
});

/// The module, or the word that the browser's copy is still the one. Its address never changes,
/// so the browser asks each time: a new version is in use with the next page.
pub(super) async fn client_js(headers: HeaderMap) -> Response {
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let known = known.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
    let same = known.map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == *ETAG);
    let mut response = Ready::default();
    respond::set(&mut response, header::ETAG, &ETAG);
    let fixed = [
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if same {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
        return send(response);
    }
    send(response).map(|_| Body::from(SOURCE))
}
