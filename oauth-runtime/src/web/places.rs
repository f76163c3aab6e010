//! Where a request goes on: the address that it came to.

use axum::extract::OriginalUri;
use http::request::Parts;

use crate::flow::Resume;
use crate::oauth::OAuth;

impl Resume {
    /// The request itself, as it came in before an outer `nest` took its prefix away.
    pub(crate) fn of_parts(oauth: &OAuth, parts: &Parts) -> Self {
        let original = parts.extensions.get::<OriginalUri>();
        let uri = original.map_or(&parts.uri, |original| &original.0);
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let urls = &oauth.0.urls;
        Self::of_request(target, urls.mount(), urls.origin())
            .unwrap_or_else(|| Self::default_page(oauth))
    }
}
