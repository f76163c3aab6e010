//! Cookies, read byte by byte and written with the same attributes each time (RFC 6265).
//!
//! The reader trims the one space that browsers send and nothing else: a jar that trims
//! Unicode space lets a sibling domain forge a name with the `__Host-` prefix, and one that
//! wants UTF-8 drops every cookie for one bad byte in another's.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use memchr::memchr;

/// The names of our cookies, which depend on whether the app is served over https.
#[derive(Clone, Debug)]
pub(crate) struct CookieNames {
    pub(crate) session: String,
    /// What comes before the hash of the state in the cookie of a pending flow.
    pub(crate) flow: String,
    /// What is remembered of a browser without a session.
    pub(crate) visitor: String,
    secure: bool,
}

impl CookieNames {
    pub(crate) fn new(https: bool) -> Self {
        let prefix = if https { "__Host-" } else { "" };
        let named = |name: &str| format!("{prefix}{name}");
        let (session, flow, visitor) = (named("oauth"), named("oauth-f-"), named("oauth-n"));
        Self { session, flow, visitor, secure: https }
    }

    /// A cookie that lives `max_age`.
    pub(crate) fn set(&self, name: &str, value: &str, max_age: Duration) -> SetCookie {
        // 400 days is what browsers allow at most (RFC 6265bis).
        let seconds = max_age.as_secs().min(400 * 86_400);
        self.line(name, value, seconds)
    }

    /// The same cookie, gone.
    pub(crate) fn remove(&self, name: &str) -> SetCookie {
        self.line(name, "", 0)
    }

    fn line(&self, name: &str, value: &str, max_age: u64) -> SetCookie {
        let secure = if self.secure { "; Secure" } else { "" };
        let line =
            format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        SetCookie(line)
    }
}

/// One `Set-Cookie` line.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SetCookie(String);

impl SetCookie {
    /// `None` never happens for the names and base64 values that we write.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(&self.0).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    #[cfg(test)]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value of the first cookie of that name.
#[inline]
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    all(headers).find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// Every cookie whose name begins with `prefix`, with the rest of its name.
pub(crate) fn with_prefix<'a>(
    headers: &'a HeaderMap,
    prefix: &'a str,
) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    all(headers).filter_map(move |pair| {
        let rest = pair.strip_prefix(prefix.as_bytes())?;
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        let (name, value) = rest.split_at(equals);
        Some((std::str::from_utf8(name).ok()?, &value[1..]))
    })
}

#[inline]
fn all(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    lines.flat_map(|line| pairs(line.as_bytes()))
}

/// What stands between semicolons. Other cookies of the app may be kilobytes long, so that a
/// search word by word is worth it.
#[inline]
fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let end = memchr(b';', line);
        rest = end.map(|end| &line[end + 1..]);
        Some(trim(&line[..end.unwrap_or(line.len())]))
    })
}

#[inline]
fn trim(mut pair: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = pair {
        pair = rest;
    }
    pair
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    /// E7: a neighbour's bad bytes hide nothing, and look-alike names find nothing.
    #[test]
    fn a_cookie_is_found_by_its_exact_name_alone() {
        type Case = (&'static [&'static [u8]], Option<&'static [u8]>);
        let cases: &[Case] = &[
            (&[b"oauth=a"], Some(b"a")),
            (&[b"x=1; oauth=a; y=2"], Some(b"a")),
            (&[b"junk=\xff; oauth=a"], Some(b"a")),
            (&[b"junk", b"oauth=a"], Some(b"a")),
            (&[b"oauth=a=b"], Some(b"a=b")),
            (&[b"oauth="], Some(b"")),
            (&[b"oauth=a; oauth=b"], Some(b"a")),
            (&[b"oauth"], None),
            (&[b"xoauth=a"], None),
            (&[b"oauth-f-1=a"], None),
            (&[b"\xc2\xa0oauth=a"], None),
            (&[b"x=\"; oauth=a"], Some(b"a")),
            (&[], None),
        ];
        for (lines, expected) in cases {
            assert_eq!(find(&headers(lines), "oauth"), *expected, "{lines:?}");
        }
    }

    #[test]
    fn flow_cookies_are_found_by_their_prefix() {
        let headers = headers(&[b"oauth=s; oauth-f-ab=1", b"oauth-f-cd=2; oauth-f-bad"]);
        let found: Vec<_> = with_prefix(&headers, "oauth-f-").collect();
        assert_eq!(found, [("ab", b"1".as_slice()), ("cd", b"2")]);
    }

    /// E3, E4, E15.
    #[test]
    fn attributes_are_the_same_when_set_and_when_removed() {
        let day = Duration::from_secs(86_400);
        let https = CookieNames::new(true);
        assert_eq!(
            https.set(&https.session, "v", day).as_str(),
            "__Host-oauth=v; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            https.remove(&https.session).as_str(),
            "__Host-oauth=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        );
        let loopback = CookieNames::new(false);
        assert_eq!(
            loopback.set(&loopback.session, "v", Duration::MAX).as_str(),
            "oauth=v; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax"
        );
    }
}
