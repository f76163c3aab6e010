//! What kind of request this is: only some kinds may be sent to a provider.

use http::{HeaderMap, Method, header};

/// The headers that an answer which depends on the kind has to name in `Vary`.
pub(crate) const VARY: &str = "Cookie, Accept, Origin, HX-Request, X-Requested-With, Sec-Purpose, \
                               Purpose, Sec-Fetch-Mode, Sec-Fetch-Dest, Sec-Fetch-Site";

/// Headers of speculative loads, with what their value contains.
const SPECULATION: [(&str, &str); 5] = [
    ("sec-purpose", "prefetch"),
    ("purpose", "prefetch"),
    ("x-moz", "prefetch"),
    ("x-purpose", "preview"),
    ("next-router-prefetch", "1"),
];

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
    /// The kind of a request to an app whose origin reads `origin`.
    pub(crate) fn of(method: &Method, headers: &HeaderMap, origin: &str) -> Self {
        if is_speculative(headers) || matches!(*method, Method::HEAD | Method::OPTIONS) {
            return Self::Quiet;
        }
        if text(headers, "hx-request") == Some("true") {
            return Self::Htmx;
        }
        match navigation(headers) {
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
    match text(headers, "sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text(headers, header::ORIGIN.as_str()) == Some(origin),
    }
}

enum Navigation {
    Top,
    Frame,
    None,
}

fn navigation(headers: &HeaderMap) -> Navigation {
    let accept = text(headers, header::ACCEPT.as_str()).unwrap_or_default();
    if headers.contains_key(header::UPGRADE) || accept.contains("text/event-stream") {
        return Navigation::None;
    }
    let (mode, dest) = (text(headers, "sec-fetch-mode"), text(headers, "sec-fetch-dest"));
    let person = match (mode, dest) {
        (_, Some("iframe" | "frame" | "embed" | "object" | "fencedframe")) => {
            return Navigation::Frame;
        }
        (Some(mode), _) => mode == "navigate",
        (None, Some(dest)) => dest == "document",
        (None, None) => !headers.contains_key("x-requested-with") && names_html(accept),
    };
    if person { Navigation::Top } else { Navigation::None }
}

/// `*/*`, or nothing at all, is what scripts send.
fn names_html(accept: &str) -> bool {
    let mut types = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
    types.any(|name| {
        name.eq_ignore_ascii_case("text/html") || name.eq_ignore_ascii_case("application/xhtml+xml")
    })
}

fn is_speculative(headers: &HeaderMap) -> bool {
    SPECULATION.iter().any(|(name, value)| {
        text(headers, name).is_some_and(|text| text.to_ascii_lowercase().contains(value))
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

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
