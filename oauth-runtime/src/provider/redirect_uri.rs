//! What a redirect URI may look like: Google's rules for web clients, checked before Google does.

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::error::{Code, Error};

/// Checks a redirect URI and says which rule it breaks.
pub(crate) fn check_redirect_uri(text: &str) -> Result<Url, Error> {
    let refused = |why: &str| {
        Error::new(Code::ConfigRedirectUri, format!("the redirect URI {text:?} {why}"))
            .with_help("write one such as \"https://example.com/oauth/callback\"")
    };
    if let Some(why) = unreadable(text) {
        return Err(refused(why));
    }
    let url = Url::parse(text).map_err(|e| refused("is not an absolute URL").with_source(e))?;
    if let Some(why) = broken_rule(text, &url) {
        return Err(refused(why));
    }
    Ok(url)
}

/// What the text itself must not hold, before any parser makes it better.
fn unreadable(text: &str) -> Option<&'static str> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("holds a character that cannot be printed in ASCII");
    }
    let bytes = text.as_bytes();
    let escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (at, _) in escapes {
        let digits = bytes.get(at + 1..at + 3).is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit));
        if !digits {
            return Some("holds a `%` that begins no escape");
        }
    }
    let decoded: Vec<u8> = percent_decode_str(text).collect();
    if decoded.iter().any(u8::is_ascii_control) {
        return Some("holds an escaped control character");
    }
    text.contains('\\').then_some("holds a backslash")
}

fn broken_rule(text: &str, url: &Url) -> Option<&'static str> {
    if !matches!(url.scheme(), "https" | "http") {
        return Some("has another scheme than https");
    }
    if url.host().is_none() || !text[url.scheme().len()..].starts_with("://") {
        return Some("names no host");
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Some("holds a user name or password");
    }
    if url.fragment().is_some() {
        return Some("has a fragment");
    }
    if text.contains('*') {
        return Some("has a wildcard");
    }
    if climbs(text) {
        return Some("has a path with `.` or `..` in it");
    }
    host_rule(url)
}

/// A path that leads up, also when it is escaped.
fn climbs(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    decoded.split(['/', '\\']).any(|segment| segment == "." || segment == "..")
}

fn host_rule(url: &Url) -> Option<&'static str> {
    let loopback = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) if address.is_loopback() => true,
        Host::Ipv6(address) if address.is_loopback() => true,
        Host::Ipv4(_) | Host::Ipv6(_) => return Some("names a raw IP address"),
    };
    (url.scheme() == "http" && !loopback).then_some("uses http, which only localhost may")
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
        ] {
            assert!(check_redirect_uri(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn every_broken_rule_is_named() {
        let cases = [
            ("http://example.com/cb", "only localhost"),
            ("http://localhost.example.com/cb", "only localhost"),
            ("http://app.localhost/cb", "only localhost"),
            ("https://192.168.0.2/cb", "raw IP"),
            ("http://192.168.0.2/cb", "raw IP"),
            ("https://[2001:db8::1]/cb", "raw IP"),
            ("https://0xC0A80002/cb", "raw IP"),
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
            assert!(error.to_string().contains(why), "{bad:?}: {error}");
        }
    }
}
