//! What kind of request this is: only some kinds may be sent to a provider.

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};

use crate::oauth::OAuth;

/// The headers that an answer which depends on the kind has to name in `Vary`.
pub(crate) const VARY: &str = "Cookie, Accept, Origin, HX-Request, X-Requested-With, Sec-Purpose, \
                               Purpose, Sec-Fetch-Mode, Sec-Fetch-Dest, Sec-Fetch-Site";

/// Who asks, in what way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RequestKind {
    /// A person goes to a page.
    Page,
    /// A person sends a form of our own origin.
    Form,
    /// A form that did not provably come from our own origin.
    CrossSite,
    /// A script asks: fetch, XHR, `EventSource`, `WebSocket`.
    Fetch,
    /// HTMX asks for a fragment.
    Htmx,
    /// A page inside a frame, where a provider refuses to be shown.
    Frame,
    /// Prefetch, HEAD, OPTIONS: nobody acts, so nothing begins.
    Quiet,
}

impl RequestKind {
    #[inline]
    pub(super) fn of_parts(oauth: &OAuth, parts: &Parts) -> Self {
        let origin = oauth.0.urls.origin().as_str().trim_end_matches('/');
        Self::of(&parts.method, &parts.headers, origin)
    }

    /// Whether a person reads the answer, and not a script.
    #[inline]
    pub(super) fn is_of_person(self) -> bool {
        matches!(self, Self::Page | Self::Form | Self::Frame | Self::CrossSite)
    }

    /// The kind of a request to an app whose origin reads `origin`.
    #[inline]
    pub(crate) fn of(method: &Method, headers: &HeaderMap, origin: &str) -> Self {
        if matches!(*method, Method::HEAD | Method::OPTIONS) {
            return Self::Quiet;
        }
        let signs = Signs::of(headers);
        if signs.speculative {
            return Self::Quiet;
        }
        if signs.htmx {
            return Self::Htmx;
        }
        match signs.navigation() {
            Navigation::None => Self::Fetch,
            Navigation::Frame if *method == Method::GET => Self::Frame,
            Navigation::Top if *method == Method::GET => Self::Page,
            _ if *method != Method::POST => Self::Fetch,
            _ if !is_same_origin(headers, origin) => Self::CrossSite,
            Navigation::Frame => Self::Frame,
            Navigation::Top => Self::Form,
        }
    }
}

/// Whether the request provably comes from a page of our own origin.
pub(crate) fn is_same_origin(headers: &HeaderMap, origin: &str) -> bool {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text(header::ORIGIN.as_str()) == Some(origin),
    }
}

enum Navigation {
    Top,
    Frame,
    None,
}

/// What the headers say of how a request was made. They are gone through once: requests that
/// pass are classified too, since their handlers may still be refused by an API.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a header that is there or not")]
struct Signs<'a> {
    speculative: bool,
    htmx: bool,
    upgrades: bool,
    requested_with: bool,
    accept: Option<&'a HeaderValue>,
    mode: Option<&'a HeaderValue>,
    dest: Option<&'a HeaderValue>,
}

impl<'a> Signs<'a> {
    #[inline]
    fn of(headers: &'a HeaderMap) -> Self {
        let mut signs = Self::default();
        for (name, value) in headers {
            signs.note(name.as_str().as_bytes(), value);
        }
        signs
    }

    /// Most headers of a request are none of these, which a letter and a length tell.
    #[inline]
    fn note(&mut self, name: &[u8], value: &'a HeaderValue) {
        match (name.first(), name.len()) {
            (Some(b's'), 14) if name == b"sec-fetch-mode" => self.mode = self.mode.or(Some(value)),
            (Some(b's'), 14) if name == b"sec-fetch-dest" => self.dest = self.dest.or(Some(value)),
            (Some(b'a'), 6) if name == b"accept" => self.accept = self.accept.or(Some(value)),
            (Some(b'u'), 7) if name == b"upgrade" => self.upgrades = true,
            (Some(b'h'), 10) if name == b"hx-request" => self.htmx |= value == "true",
            (Some(b'x'), 16) if name == b"x-requested-with" => self.requested_with = true,
            (Some(b's' | b'p' | b'x' | b'n'), 5 | 7 | 9 | 11 | 20) => {
                self.speculative |= is_speculative(name, value);
            }
            _ => {}
        }
    }

    #[inline]
    fn navigation(&self) -> Navigation {
        if self.upgrades {
            return Navigation::None;
        }
        let dest = self.dest.map(HeaderValue::as_bytes);
        let person = match (self.mode.map(HeaderValue::as_bytes), dest) {
            (_, Some(b"iframe" | b"frame" | b"embed" | b"object" | b"fencedframe")) => {
                return Navigation::Frame;
            }
            (Some(mode), _) => mode == b"navigate",
            (None, Some(dest)) => dest == b"document",
            (None, None) => !self.requested_with && self.accept.is_some_and(wants_page),
        };
        if person { Navigation::Top } else { Navigation::None }
    }
}

/// `*/*`, or nothing at all, is what scripts send; an `EventSource` names what it wants.
#[cold]
fn wants_page(accept: &HeaderValue) -> bool {
    let accept = accept.to_str().unwrap_or_default();
    let mut types = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
    let is_page = |name: &str| {
        name.eq_ignore_ascii_case("text/html") || name.eq_ignore_ascii_case("application/xhtml+xml")
    };
    !accept.contains("text/event-stream") && types.any(is_page)
}

/// Headers of loads that nobody asked for yet, with what their value contains.
#[cold]
fn is_speculative(name: &[u8], value: &HeaderValue) -> bool {
    let word = match name {
        b"sec-purpose" | b"purpose" | b"x-moz" => "prefetch",
        b"x-purpose" => "preview",
        b"next-router-prefetch" => "1",
        _ => return false,
    };
    value.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains(word))
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    const NAVIGATE: (&str, &str) = ("sec-fetch-mode", "navigate");
    const DOCUMENT: (&str, &str) = ("sec-fetch-dest", "document");
    const IFRAME: (&str, &str) = ("sec-fetch-dest", "iframe");
    const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");

    fn kind(method: &Method, headers: &[(&'static str, &'static str)]) -> RequestKind {
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        RequestKind::of(method, &pairs.collect(), "https://app.example")
    }

    /// G1, G4, G5 and the last sentence of behaviour on the kinds.
    #[test]
    fn a_get_is_a_page_only_when_a_person_navigates() {
        use RequestKind::{Fetch, Frame, Htmx, Page, Quiet};
        let cases: &[(&[(&str, &str)], RequestKind)] = &[
            (&[NAVIGATE, DOCUMENT, HTML], Page),
            (&[NAVIGATE], Page),
            (&[HTML], Page),
            (&[("accept", "application/xhtml+xml")], Page),
            (&[], Fetch),
            (&[("accept", "*/*")], Fetch),
            (&[("accept", "application/json")], Fetch),
            (&[("accept", "text/htmlx")], Fetch),
            (&[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), HTML], Fetch),
            (&[("sec-fetch-dest", "image"), HTML], Fetch),
            (&[("x-requested-with", "XMLHttpRequest"), HTML], Fetch),
            (&[("accept", "text/event-stream")], Fetch),
            (&[("upgrade", "websocket"), HTML], Fetch),
            (&[("sec-fetch-mode", "websocket")], Fetch),
            (&[NAVIGATE, ("sec-fetch-dest", "iframe")], Frame),
            (&[NAVIGATE, ("sec-fetch-dest", "fencedframe")], Frame),
            (&[("hx-request", "true"), HTML], Htmx),
            (&[NAVIGATE, DOCUMENT, ("sec-purpose", "prefetch")], Quiet),
            (&[NAVIGATE, DOCUMENT, ("sec-purpose", "prefetch;prerender")], Quiet),
            (&[NAVIGATE, ("purpose", "prefetch")], Quiet),
            (&[NAVIGATE, ("x-moz", "Prefetch")], Quiet),
            (&[NAVIGATE, ("x-purpose", "preview")], Quiet),
            (&[NAVIGATE, ("next-router-prefetch", "1")], Quiet),
        ];
        for (headers, expected) in cases {
            assert_eq!(kind(&Method::GET, headers), *expected, "{headers:?}");
        }
        for method in [Method::HEAD, Method::OPTIONS] {
            assert_eq!(kind(&method, &[NAVIGATE, DOCUMENT, HTML]), Quiet, "{method}");
        }
    }

    /// H1, H6.
    #[test]
    fn a_post_is_a_form_only_from_our_own_origin() {
        use RequestKind::{CrossSite, Fetch, Form, Frame};
        let cases: &[(&[(&str, &str)], RequestKind)] = &[
            (&[NAVIGATE, ("sec-fetch-site", "same-origin")], Form),
            (&[NAVIGATE, IFRAME, ("sec-fetch-site", "same-origin")], Frame),
            (&[NAVIGATE, IFRAME, ("sec-fetch-site", "cross-site")], CrossSite),
            (&[HTML, ("origin", "https://app.example")], Form),
            (&[NAVIGATE, ("sec-fetch-site", "cross-site")], CrossSite),
            (&[NAVIGATE, ("sec-fetch-site", "same-site")], CrossSite),
            (&[NAVIGATE, ("sec-fetch-site", "none")], CrossSite),
            (
                &[NAVIGATE, ("sec-fetch-site", "cross-site"), ("origin", "https://app.example")],
                CrossSite,
            ),
            (&[HTML, ("origin", "https://evil.example")], CrossSite),
            (&[HTML, ("origin", "null")], CrossSite),
            (&[HTML], CrossSite),
            (&[("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin")], Fetch),
        ];
        for (headers, expected) in cases {
            assert_eq!(kind(&Method::POST, headers), *expected, "{headers:?}");
        }
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(kind(&method, &[NAVIGATE]), Fetch, "{method}");
        }
    }
}
