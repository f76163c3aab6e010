//! Where a request goes on: the address that it came to, or the page on which it was made.

use axum::extract::OriginalUri;
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::uri::PathAndQuery;

use crate::oauth::{OAuth, Resume};

/// The address of a request, as it came in before an outer `nest` took its prefix away.
#[inline]
pub(super) fn target_of(parts: &Parts) -> Option<&PathAndQuery> {
    let original = parts.extensions.get::<OriginalUri>();
    original.map_or(&parts.uri, |original| &original.0).path_and_query()
}

/// What names the page on which a form or script of the app runs.
#[inline]
pub(super) fn page_of(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get("hx-current-url").or_else(|| headers.get(header::REFERER))
}

impl Resume {
    /// The request itself.
    pub(crate) fn of_parts(oauth: &OAuth, parts: &Parts) -> Self {
        Self::of_target(oauth, target_of(parts))
    }

    pub(super) fn of_target(oauth: &OAuth, target: Option<&PathAndQuery>) -> Self {
        Self::of_request(&oauth.0.urls, target.map_or("/", PathAndQuery::as_str))
    }

    /// The target of a form, if it can be sent there again exactly: a form must not arrive
    /// elsewhere, or without its query.
    pub(super) fn of_form_target(oauth: &OAuth, target: Option<&PathAndQuery>) -> Option<Self> {
        Self::of_form(&oauth.0.urls, target.map_or("/", PathAndQuery::as_str))
    }

    /// The page on which a form or script of the app runs, as far as it is provably the app's.
    pub(crate) fn page_behind(oauth: &OAuth, headers: &HeaderMap) -> Self {
        Self::of_page(oauth, page_of(headers))
    }

    pub(super) fn of_page(oauth: &OAuth, page: Option<&HeaderValue>) -> Self {
        let text = page.and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self::of_url(&oauth.0.urls, text)
    }
}
