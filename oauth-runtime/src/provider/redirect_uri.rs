//! What a redirect URI may look like: Google's rules for web clients, checked before Google does.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::error::{Code, Error};
use crate::shown;

/// Longer than any that a console takes.
const MAX_LEN: usize = 1024;
/// What the provider adds to a redirect URI: a parameter of its own by such a name would make
/// every response ambiguous.
const RESPONSE_PARAMETERS: [&str; 7] =
    ["code", "state", "iss", "error", "error_description", "error_uri", "scope"];

type Why = Cow<'static, str>;

/// Whether a URL's host is this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Checks a redirect URI and says which rule it breaks.
///
/// The text goes to the provider as it is and is compared there byte for byte, so that it must
/// be written in the one form that its URL has.
pub(crate) fn check_redirect_uri(text: &str) -> Result<Url, Error> {
    let refused = |why: Why| {
        let text = format!("the redirect URI {} {why}", shown::address(text));
        Error::new(Code::ConfigRedirectUri, text)
            .with_help("write one such as \"https://example.com/oauth/callback\"")
    };
    if let Some(why) = unreadable(text) {
        return Err(refused(why.into()));
    }
    let url =
        Url::parse(text).map_err(|e| refused("is not an absolute URL".into()).with_source(e))?;
    match broken_rule(text, &url).map(Why::from).or_else(|| other_form(text, &url)) {
        Some(why) => Err(refused(why)),
        None => Ok(url),
    }
}

/// What the text itself must not hold, before any parser makes it better.
fn unreadable(text: &str) -> Option<&'static str> {
    if text.len() > MAX_LEN {
        return Some("is longer than 1,024 characters");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("holds a character that cannot be printed in ASCII");
    }
    if text.contains('\\') {
        return Some("holds a backslash");
    }
    badly_encoded(text)
}

fn badly_encoded(text: &str) -> Option<&'static str> {
    if begins_no_escape(text) {
        return Some("holds a `%` that begins no escape");
    }
    if percent_decode_str(text).decode_utf8().is_err() {
        return Some("holds an escape that is no character");
    }
    hidden(text)
}

/// What an escape must not hide, however often it is decoded on its way.
fn hidden(text: &str) -> Option<&'static str> {
    if text.chars().any(char::is_control) {
        return Some("holds an escaped control character");
    }
    if climbs(text) {
        return Some("has a path with `.` or `..` in it");
    }
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    if decoded == text { None } else { hidden(&decoded) }
}

fn begins_no_escape(text: &str) -> bool {
    let rests = text.match_indices('%').map(|(at, _)| &text.as_bytes()[at + 1..]);
    let mut digits = rests.map(|rest| rest.first_chunk::<2>());
    !digits.all(|pair| pair.is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)))
}

/// Whether the path leads up.
fn climbs(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    path.split(['/', '\\']).any(|segment| segment == "." || segment == "..")
}

fn broken_rule(text: &str, url: &Url) -> Option<&'static str> {
    if !matches!(url.scheme(), "https" | "http") {
        return Some("has another scheme than https");
    }
    if url.host().is_none() || !text[url.scheme().len()..].starts_with("://") {
        return Some("names no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("holds a user name or password");
    }
    if url.fragment().is_some() {
        return Some("has a fragment");
    }
    if text.contains('*') {
        return Some("has a wildcard");
    }
    if url.query_pairs().any(|(name, _)| RESPONSE_PARAMETERS.contains(&&*name)) {
        return Some("has a parameter that the provider adds itself");
    }
    host_rule(url)
}

fn host_rule(url: &Url) -> Option<&'static str> {
    match url.host()? {
        _ if is_loopback(url) => None,
        Host::Ipv4(_) | Host::Ipv6(_) => Some("names a raw IP address"),
        Host::Domain(name) if name.ends_with('.') => Some("names a host that ends in a dot"),
        Host::Domain(_) if url.scheme() == "http" => Some("uses http, which only localhost may"),
        Host::Domain(_) => None,
    }
}

/// Providers take an address without a path as it is; all else that a parser changes, such as
/// an upper-case host or `:443`, would compare as another URI there than it is here.
fn other_form(text: &str, url: &Url) -> Option<Why> {
    let plain = url.as_str();
    let same = plain == text || plain.strip_suffix('/') == Some(text);
    (!same).then(|| format!("is not in its plain form, which is {}", shown::address(plain)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_loopback_are_taken() {
        for good in [
            "https://example.com/oauth/callback",
            "https://example.com",
            "https://app.example.com:8443/cb?x=1",
            "https://localhost/cb",
            "http://localhost:8080/oauth/callback",
            "http://localhost/cb",
            "http://127.0.0.1:3000/cb",
            "http://127.8.9.1/cb",
            "http://[::1]:3000/cb",
            "https://example.com/a%20b",
            "https://example.com/.well-known/cb",
            "https://example.com/a..b",
            "https://example.com/...",
            "https://example.com/@me/cb",
            "https://example.com/a%25b%25ff%25zz",
            "https://example.com/%C3%A9",
            "https://xn--bcher-kva.example/cb",
            "https://intranet/cb",
            "https://127.0.0.1/cb",
        ] {
            assert!(check_redirect_uri(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn every_broken_rule_is_named() {
        let long = format!("https://example.com/{}", "a".repeat(MAX_LEN));
        let cases = [
            (&*long, "longer than"),
            ("http://example.com/cb", "only localhost"),
            ("http://localhost.example.com/cb", "only localhost"),
            ("http://app.localhost/cb", "only localhost"),
            ("https://192.168.0.2/cb", "raw IP"),
            ("http://192.168.0.2/cb", "raw IP"),
            ("https://[2001:db8::1]/cb", "raw IP"),
            ("https://0xC0A80002/cb", "raw IP"),
            ("https://0.0.0.0/cb", "raw IP"),
            ("https://169.254.169.254/cb", "raw IP"),
            ("http://[::ffff:127.0.0.1]/cb", "raw IP"),
            ("http://2130706433/cb", "plain form"),
            ("http://0x7f.1/cb", "plain form"),
            ("https://EXAMPLE.com/cb", "\"https://example.com/cb\""),
            ("HTTPS://example.com/cb", "\"https://example.com/cb\""),
            ("https://example.com:443/cb", "\"https://example.com/cb\""),
            ("http://localhost:080/cb", "\"http://localhost/cb\""),
            ("https:///example.com/cb", "plain form"),
            ("https://@example.com/cb", "plain form"),
            ("https://exa%6Dple.com/cb", "plain form"),
            ("https://example.com./cb", "a dot"),
            ("https://example.com/cb?code=x", "adds itself"),
            ("https://example.com/cb?a=1&%73tate=x", "adds itself"),
            ("ftp://example.com/cb", "scheme"),
            ("javascript:alert(1)", "scheme"),
            ("urn:ietf:wg:oauth:2.0:oob", "scheme"),
            ("https:example.com/cb", "no host"),
            ("/oauth/callback", "absolute"),
            ("example.com/cb", "absolute"),
            ("", "absolute"),
            ("https://user@example.com/cb", "user name"),
            ("https://user:pw@example.com/cb", "user name"),
            ("https://example.com/cb#top", "fragment"),
            ("https://example.com/cb#", "fragment"),
            ("https://*.example.com/cb", "wildcard"),
            ("https://example.com/*", "wildcard"),
            ("https://example.com/a/../b", "`..`"),
            ("https://example.com/a/..", "`..`"),
            ("https://example.com/./cb", "`..`"),
            ("https://example.com/%2e%2e/cb", "`..`"),
            ("https://example.com/a%2f..%2fb", "`..`"),
            ("https://example.com/a%5c..%5cb", "`..`"),
            ("https://example.com/a/%252e%252e/cb", "`..`"),
            ("https://example.com/a%252f%252E%252e", "`..`"),
            ("https://example.com/%2500", "control"),
            ("https://example.com/%250d%250a", "control"),
            ("https://example.com/%7f", "control"),
            ("https://example.com/%c0%80", "no character"),
            ("https://example.com/%ff", "no character"),
            ("https://example.com/%25ff%252e/%25252e", "`..`"),
            ("https://example.com/%2", "begins no escape"),
            ("https://example.com/%+1", "begins no escape"),
            ("https://example.com\\cb", "backslash"),
            ("https://example.com/a\\b", "backslash"),
            ("https://example.com/a b", "printed"),
            ("https://example.com/\u{e9}", "printed"),
            ("https://example.com/a\tb", "printed"),
            ("https://example.com/%", "begins no escape"),
            ("https://example.com/%zz", "begins no escape"),
            ("https://example.com/%0d%0a", "control"),
            ("https://example.com/%00", "control"),
        ];
        for (bad, why) in cases {
            let error = check_redirect_uri(bad).unwrap_err();
            assert_eq!(error.code(), "config_redirect_uri");
            assert!(error.to_string().contains(why), "{bad:?}: {error}");
            assert!(error.to_string().len() < 300, "{error}");
        }
    }
}
