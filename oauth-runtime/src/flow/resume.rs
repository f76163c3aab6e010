//! Where a request goes on: a path of our own origin, whatever was written into it.

use percent_encoding::percent_decode_str;
use url::{Position, Url};

use crate::oauth::OAuth;

/// Longest path and query that is carried through an authorization.
const MAX_LEN: usize = 600;

/// A path and query on our own origin, checked as a browser would read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resume(String);

impl Resume {
    /// The target that `text` names, or `None` where anything about it is doubtful.
    ///
    /// The judge is the same parser that browsers follow (WHATWG URL), applied to the text
    /// joined with our origin: it must stay there and come out as it went in.
    pub(crate) fn parse(text: &str, origin: &Url) -> Option<Self> {
        let plain = text.len() <= MAX_LEN && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain || !text.starts_with('/') || text.contains('#') {
            return None;
        }
        let joined = origin.join(text).ok()?;
        let (path, query) = text.split_once('?').map_or((text, None), |(p, q)| (p, Some(q)));
        let same = joined.origin() == origin.origin()
            && joined.path() == path
            && joined.query().map(escape_quote) == query.map(escape_quote);
        (same && !is_deceptive(path)).then(|| Self(text.to_owned()))
    }

    /// The target of a request that came to us: its own path and query, or its path alone
    /// where both are too long.
    pub(crate) fn of_request(path_and_query: &str, mount: &str, origin: &Url) -> Option<Self> {
        let whole = whole(path_and_query, mount);
        Self::parse(&whole, origin)
            .or_else(|| Self::parse(whole.split('?').next().unwrap_or_default(), origin))
    }

    /// The same for a form, which must not arrive without its query.
    pub(crate) fn of_form(path_and_query: &str, mount: &str, origin: &Url) -> Option<Self> {
        Self::parse(&whole(path_and_query, mount), origin)
    }

    /// The target that a whole address names, if it is one of our origin.
    pub(crate) fn of_url(text: &str, origin: &Url) -> Option<Self> {
        let url = Url::parse(text).ok().filter(|url| url.origin() == origin.origin())?;
        Self::parse(&url[Position::BeforePath..Position::AfterQuery], origin)
    }

    /// The target that `text` names, or the default page where that is doubtful.
    pub(crate) fn checked(oauth: &OAuth, text: &str) -> Self {
        Self::parse(text, oauth.0.urls.origin()).unwrap_or_else(|| Self::default_page(oauth))
    }

    /// The page for someone of whom nothing better is known.
    pub(crate) fn default_page(oauth: &OAuth) -> Self {
        Self(oauth.0.urls.default_page())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// A path that is ours to the parser, but that a careless decoder further on would send away.
fn is_deceptive(path: &str) -> bool {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let away = matches!(decoded.get(1), Some(b'/' | b'\\'));
    away || decoded.iter().any(|byte| byte.is_ascii_control() || *byte == b'\\')
}

/// Browsers write `'` in a query as it is, the parser may not; both mean the same.
fn escape_quote(query: &str) -> String {
    query.replace('\'', "%27")
}

fn escape_non_ascii(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::CONTROLS).to_string()
}

/// The target below the mount path, which a proxy may have taken away.
fn whole(path_and_query: &str, mount: &str) -> String {
    let rest = path_and_query.strip_prefix(mount);
    let whole = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let prefix = if whole { "" } else { mount };
    format!("{prefix}{}", escape_non_ascii(path_and_query))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Url {
        Url::parse("https://app.example/").unwrap()
    }

    /// F1: everything that leaves the origin, or might, is refused.
    #[test]
    fn no_doubtful_target_is_taken() {
        let long = format!("/{}", "a".repeat(MAX_LEN));
        let bad = [
            "",
            "//evil",
            "/\\evil",
            "\\\\evil",
            "/\t/evil",
            "/%09/evil",
            "/%2f%2fevil",
            "/%2Fevil",
            "/%5cevil",
            "/%5Cevil",
            "///evil",
            "/..//evil",
            "/.//evil",
            "/a/..//evil",
            "/./x",
            "https:evil",
            "https:/evil",
            "https://evil",
            "https://app.example@evil",
            "https://app.example.evil",
            "https://app.example:444",
            "http://app.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "%00//evil",
            "/%00/evil",
            " //evil",
            "/ /evil",
            "/\u{2028}/evil",
            "/\u{3002}evil",
            "/a\r\nSet-Cookie: x",
            "/a%0d%0aSet-Cookie: x",
            "/a#fragment",
            "evil",
            "?a=1",
            "/a/../b",
            &long,
        ];
        for text in bad {
            assert_eq!(Resume::parse(text, &origin()), None, "{text:?}");
        }
    }

    /// H7: what is taken comes out byte for byte as it went in.
    #[test]
    fn an_own_path_is_kept_as_it_is() {
        let good = [
            "/",
            "/drive",
            "/drive?a=%2B+b&%C3%A9=1",
            "/a/b/?q=it's",
            "/a?next=//evil.example",
            "/a//b",
            "/%C3%A9",
            "/~user/@me;v=1",
            "/a?x=[1]&y={2}|`^",
        ];
        for text in good {
            let resume = Resume::parse(text, &origin());
            assert_eq!(resume.as_ref().map(Resume::as_str), Some(text), "{text:?}");
        }
    }

    #[test]
    fn a_request_resumes_where_it_was_also_behind_a_proxy() {
        // request, mount path, expected
        let long = format!("/a?q={}", "x".repeat(MAX_LEN));
        let cases = [
            ("/a?b=c", "", Some("/a?b=c")),
            ("/app/a", "/app", Some("/app/a")),
            ("/app", "/app", Some("/app")),
            ("/app?x=1", "/app", Some("/app?x=1")),
            ("/a", "/app", Some("/app/a")),
            ("/apple", "/app", Some("/app/apple")),
            ("/a?é=1", "", Some("/a?%C3%A9=1")),
            (long.as_str(), "", Some("/a")),
            ("//evil", "", None),
            ("//evil", "/app", Some("/app//evil")),
        ];
        for (request, mount, expected) in cases {
            let resume = Resume::of_request(request, mount, &origin());
            assert_eq!(resume.as_ref().map(Resume::as_str), expected, "{request} under {mount:?}");
        }
    }
}
