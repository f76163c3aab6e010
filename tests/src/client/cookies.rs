//! A cookie jar: by host without port, as browsers keep them.

use url::Url;

use super::site::Relation;

#[derive(Debug, Default)]
pub(super) struct Jar(Vec<Cookie>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum SameSite {
    Strict,
    Lax,
    None,
}

#[derive(Debug)]
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
    same_site: SameSite,
}

impl Jar {
    /// Keeps what a `Set-Cookie` says, or forgets what it ends.
    pub(super) fn keep(&mut self, url: &Url, header: &str) {
        let Some((cookie, ended)) = Cookie::parse(url, header) else { return };
        let place = self.0.iter().position(|known| known.is_same(&cookie));
        match (place, ended) {
            (Some(at), true) => drop(self.0.remove(at)),
            (Some(at), false) => self.0[at] = cookie,
            (None, true) => {}
            (None, false) => self.0.push(cookie),
        }
    }

    /// The `Cookie` header for a request, the longest paths first.
    pub(super) fn header(
        &self,
        url: &Url,
        site: Relation,
        safe_navigation: bool,
    ) -> Option<String> {
        let fits =
            |cookie: &&Cookie| cookie.goes_to(url) && cookie.goes_from(site, safe_navigation);
        let mut cookies: Vec<_> = self.0.iter().filter(fits).collect();
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> =
            cookies.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.0.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.clone())
    }
}

impl Cookie {
    /// The cookie, and whether it is already at its end. `Secure` is taken as given on loopback,
    /// and nothing here reads cookies by script, so that `HttpOnly` holds by itself.
    fn parse(url: &Url, header: &str) -> Option<(Self, bool)> {
        let mut parts = header.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let mut cookie = Self {
            host: url.host_str()?.to_owned(),
            path: default_path(url.path()).to_owned(),
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            same_site: SameSite::Lax,
        };
        let (mut max_age, mut expires) = (None, None);
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            match key.trim().to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
                "max-age" => max_age = value.parse::<i64>().ok(),
                "expires" => expires = Some(value),
                "samesite" => cookie.same_site = SameSite::parse(value),
                _ => {}
            }
        }
        let long_ago = expires.is_some_and(|date| date.contains("1970"));
        let ended = max_age.map_or(long_ago, |seconds| seconds <= 0);
        Some((cookie, ended))
    }

    fn is_same(&self, other: &Self) -> bool {
        self.host == other.host && self.path == other.path && self.name == other.name
    }

    fn goes_to(&self, url: &Url) -> bool {
        let below = url.path().strip_prefix(&self.path);
        let path = below.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
        });
        path && url.host_str() == Some(&self.host)
    }

    fn goes_from(&self, site: Relation, safe_navigation: bool) -> bool {
        match self.same_site {
            SameSite::Strict => site != Relation::CrossSite,
            SameSite::Lax => site != Relation::CrossSite || safe_navigation,
            SameSite::None => true,
        }
    }
}

impl SameSite {
    fn parse(value: &str) -> Self {
        match value.to_ascii_lowercase().as_str() {
            "strict" => Self::Strict,
            "none" => Self::None,
            _ => Self::Lax,
        }
    }
}

/// Without a `Path` a cookie belongs to the folder of the address that set it (RFC 6265 5.1.4).
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => &path[..end],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &[&str], to: &str) -> Option<String> {
        let mut jar = Jar::default();
        let from = Url::parse("http://localhost:1/app/page").unwrap();
        for cookie in cookies {
            jar.keep(&from, cookie);
        }
        jar.header(&Url::parse(to).unwrap(), Relation::None, true)
    }

    #[test]
    fn cookies_go_to_their_host_and_path_on_any_port() {
        for (cookie, to, expected) in [
            ("a=1", "http://localhost:1/app/x", Some("a=1")),
            ("a=1", "http://localhost:2/app", Some("a=1")),
            ("a=1", "http://localhost:1/other", None),
            ("a=1", "http://localhost:1/apple", None),
            ("a=1; Path=/", "http://127.0.0.1:1/", None),
            ("a=1; path=/; Secure; HttpOnly", "http://localhost:1/", Some("a=1")),
            ("a=b=c; Path=/", "http://localhost:1/", Some("a=b=c")),
            ("no pair", "http://localhost:1/app", None),
        ] {
            assert_eq!(sent(&[cookie], to).as_deref(), expected, "{cookie} to {to}");
        }
    }

    #[test]
    fn a_cookie_is_replaced_and_ended_by_name_host_and_path() {
        let to = "http://localhost:1/app";
        for (cookies, expected) in [
            (&["a=1", "a=2"][..], Some("a=2")),
            (&["a=1", "b=2; Max-Age=0", "a=; Max-Age=0"], None),
            (&["a=1; Path=/", "a=; Max-Age=0"], Some("a=1")),
            (&["a=1; Path=/", "a=2"], Some("a=2; a=1")),
            (&["a=1", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], None),
            (&["a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], Some("a=1")),
        ] {
            assert_eq!(sent(cookies, to).as_deref(), expected, "{cookies:?}");
        }
    }

    #[test]
    fn other_sites_get_what_same_site_lets_them() {
        let url = Url::parse("http://localhost:1/").unwrap();
        let mut jar = Jar::default();
        for cookie in ["s=1; SameSite=Strict", "l=1", "n=1; SameSite=None"] {
            jar.keep(&url, cookie);
        }
        let header = |site, safe| jar.header(&url, site, safe).unwrap();
        assert_eq!(header(Relation::SameSite, false), "s=1; l=1; n=1");
        assert_eq!(header(Relation::CrossSite, true), "l=1; n=1");
        assert_eq!(header(Relation::CrossSite, false), "n=1");
    }
}
