//! Origins whose pages may send requests for the user, beside the app's own.

use url::Url;

use crate::error::{Code, Error};
use crate::provider::is_loopback;
use crate::shown::{self, Pasted};

/// As browsers write them in the `Origin` header (RFC 6454 §6.2).
#[derive(Clone, Debug)]
pub(crate) struct TrustedOrigins(Box<[String]>);

impl TrustedOrigins {
    pub(super) fn check(origins: Vec<String>) -> Result<Self, Error> {
        for origin in &origins {
            check(origin)?;
        }
        Ok(Self(origins.into()))
    }

    pub(crate) fn contains(&self, origin: &str) -> bool {
        self.0.iter().any(|trusted| trusted == origin)
    }
}

fn check(origin: &str) -> Result<(), Error> {
    let written = written_by_browsers(origin);
    let help = match &written {
        Some(written) if written != origin && Pasted::of(written).is_none() => {
            format!("write {written:?}")
        }
        _ => "write scheme, host and port as the browser does: \"https://app.example.com\"".into(),
    };
    let wrong = |why: &str| {
        let text = format!("the trusted origin {} {why}", shown::address(origin));
        Err(Error::new(Code::ConfigOption, text).with_help(help.clone()))
    };
    match written {
        None => wrong("is not an origin"),
        Some(written) if written != origin => wrong("is not written as browsers write it"),
        Some(_) if is_open_to_the_network(origin) => {
            wrong("is on http: a page that others can change on its way")
        }
        Some(_) => Ok(()),
    }
}

/// The origin of an address, where it has one. Browsers give extensions and apps in a web view a
/// scheme of their own, whose origin is the scheme and the name behind it.
fn written_by_browsers(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty() && !host.contains('*'))?;
    let plain = url.origin().ascii_serialization();
    if plain != "null" {
        return Some(plain);
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}", url.scheme()))
}

fn is_open_to_the_network(origin: &str) -> bool {
    let url = Url::parse(origin);
    url.is_ok_and(|url| matches!(url.scheme(), "http" | "ftp" | "ws") && !is_loopback(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_writes_and_nothing_else() {
        for good in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:5173",
            "http://127.0.0.1:5173",
            "http://[::1]:5173",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "capacitor://localhost",
        ] {
            let origins = TrustedOrigins::check(vec![good.to_owned()]);
            assert!(origins.unwrap().contains(good), "{good}");
        }
        for (bad, remedy) in [
            ("https://app.example.com/", "write \"https://app.example.com\""),
            ("https://*.example.com", "write scheme, host and port"),
            (
                "https://a1b2c3d4e5f6.tunnel.example/",
                "write \"https://a1b2c3d4e5f6.tunnel.example\"",
            ),
            ("app-extension://abcdefghijklmnop/", "write \"app-extension://abcdefghijklmnop\""),
            ("https://app.example.com/app", "write \"https://app.example.com\""),
            ("https://App.Example.com", "write \"https://app.example.com\""),
            ("https://app.example.com:443", "write \"https://app.example.com\""),
            ("https://app.example.com?x", "write \"https://app.example.com\""),
            ("https://user@app.example.com", "write \"https://app.example.com\""),
            ("https://bücher.example", "write \"https://xn--bcher-kva.example\""),
            (" https://app.example.com", "write \"https://app.example.com\""),
            ("null", "write scheme, host and port"),
            ("", "write scheme, host and port"),
            ("*", "write scheme, host and port"),
            ("app.example.com", "write scheme, host and port"),
            ("https://", "write scheme, host and port"),
            ("file:///home", "write scheme, host and port"),
            ("data:text/html,x", "write scheme, host and port"),
            ("http://app.example.com", "write scheme, host and port"),
        ] {
            let error = TrustedOrigins::check(vec![bad.to_owned()]).unwrap_err();
            assert!(error.help().unwrap().starts_with(remedy), "{bad}: {error:?}");
        }
    }

    #[test]
    fn origins_are_compared_whole() {
        let origins = TrustedOrigins::check(vec!["https://app.example.com".to_owned()]).unwrap();
        for other in [
            "null",
            "",
            "http://app.example.com",
            "https://app.example.com.evil.example",
            "https://app.example.com:444",
            "https://evil.app.example.com",
            "HTTPS://APP.EXAMPLE.COM",
        ] {
            assert!(!origins.contains(other), "{other}");
        }
    }
}
