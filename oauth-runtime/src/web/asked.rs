//! What a token remembers of its request, so that an error which arises in the handler can still
//! be answered with the consent that the request needs.

use std::fmt;

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, header};

use super::places::{page_of, target_of};
use super::request_kind::RequestKind;
use crate::oauth::{OAuth, Resume};

/// How and where a request was made. It is taken on the authorized path too: all of it is
/// shared with the request, and nothing is copied.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(super) kind: RequestKind,
    target: Option<PathAndQuery>,
    page: Option<HeaderValue>,
    /// What a page would be written in.
    language: Option<HeaderValue>,
    /// A script that authenticated itself to the app by `Authorization`.
    pub(super) authorized: bool,
}

impl Asked {
    #[inline]
    pub(super) fn of(oauth: &OAuth, parts: &Parts) -> Self {
        let kind = RequestKind::of_parts(oauth, parts);
        let has_page = match kind {
            RequestKind::Page | RequestKind::Quiet => false,
            RequestKind::Frame => parts.method != Method::GET,
            _ => true,
        };
        let page = if has_page { page_of(&parts.headers).cloned() } else { None };
        let language = parts.headers.get(header::ACCEPT_LANGUAGE);
        let language = language.filter(|_| kind.is_of_person()).cloned();
        let by_script = matches!(kind, RequestKind::Fetch | RequestKind::Htmx);
        let authorized = by_script && parts.headers.contains_key(header::AUTHORIZATION);
        Self { kind, target: target_of(parts).cloned(), page, language, authorized }
    }

    /// No request at all: a token of a job, or one that a test made.
    pub(crate) fn nothing() -> Self {
        let (target, page, language, authorized) = (None, None, None, false);
        Self { kind: RequestKind::Fetch, target, page, language, authorized }
    }

    /// The request itself.
    pub(super) fn target(&self, oauth: &OAuth) -> Resume {
        Resume::of_target(oauth, self.target.as_ref())
    }

    /// The target of a form, if it can be sent there again exactly.
    pub(super) fn form_target(&self, oauth: &OAuth) -> Option<Resume> {
        Resume::of_form_target(oauth, self.target.as_ref())
    }

    /// The page on which a script made it.
    pub(super) fn page(&self, oauth: &OAuth) -> Resume {
        Resume::of_page(oauth, self.page.as_ref())
    }

    /// What a page of ours needs to know of the request.
    pub(super) fn headers(&self) -> HeaderMap {
        let language = self.language.clone().map(|value| (header::ACCEPT_LANGUAGE, value));
        language.into_iter().collect()
    }

    /// Where it is begun again by a link.
    pub(super) fn again(&self, oauth: &OAuth) -> Resume {
        match self.kind {
            RequestKind::Page => self.target(oauth),
            RequestKind::Frame => self.out_of_frame(oauth),
            _ => self.page(oauth),
        }
    }

    /// Where a frame goes on once it fills the window.
    pub(super) fn out_of_frame(&self, oauth: &OAuth) -> Resume {
        if self.page.is_some() { self.page(oauth) } else { self.target(oauth) }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("kind", &self.kind).finish_non_exhaustive()
    }
}
