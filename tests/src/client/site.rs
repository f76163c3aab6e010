//! Where a request comes from, as browsers tell the server.

use std::net::IpAddr;

use url::{Host, Url};

/// `Sec-Fetch-Site`, from near to far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    None,
    SameOrigin,
    SameSite,
    CrossSite,
}

impl Relation {
    /// The farthest of all addresses that the request went through: a redirect through another
    /// site leaves its mark.
    pub(super) fn of(initiator: Option<&Initiator>, chain: &[Url]) -> Self {
        let Some(initiator) = initiator else { return Self::None };
        let relations = chain.iter().map(|url| relation(&initiator.url, url));
        relations.max().unwrap_or(Self::SameOrigin)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossSite => "cross-site",
        }
    }
}

/// On loopback every host is a site of its own; the port makes the origin.
fn relation(from: &Url, to: &Url) -> Relation {
    if from.origin() == to.origin() {
        Relation::SameOrigin
    } else if from.scheme() == to.scheme() && from.host() == to.host() {
        Relation::SameSite
    } else {
        Relation::CrossSite
    }
}

/// The page that a request comes from, and what it lets others know of it.
#[derive(Clone, Debug)]
pub(super) struct Initiator {
    url: Url,
    referrer_policy: Option<String>,
}

impl Initiator {
    pub(super) fn new(url: Url) -> Self {
        Self { url, referrer_policy: None }
    }

    pub(super) fn with_policy(self, referrer_policy: Option<&str>) -> Self {
        Self { referrer_policy: referrer_policy.map(str::to_owned), ..self }
    }

    pub(super) fn referer(&self, to: &Url) -> Option<String> {
        let same_origin = self.url.origin() == to.origin();
        match self.referrer_policy.as_deref() {
            Some("no-referrer") => None,
            Some("same-origin") if !same_origin => None,
            _ if same_origin => {
                let mut page = self.url.clone();
                page.set_fragment(None);
                Some(page.into())
            }
            _ => Some(format!("{}/", self.url.origin().ascii_serialization())),
        }
    }

    /// `null` where the policy hides the page, and where one site's redirect sends the request on
    /// to another: that one was not the page's choice.
    pub(super) fn origin(&self, chain: &[Url]) -> String {
        let hidden = chain.last().is_some_and(|to| self.referer(to).is_none());
        let tainted = chain
            .windows(2)
            .any(|hop| hop[0].origin() != hop[1].origin() && hop[0].origin() != self.url.origin());
        if hidden || tainted { "null".to_owned() } else { self.url.origin().ascii_serialization() }
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_farthest_address_of_the_chain_decides() {
        let page = Initiator::new(url("http://localhost:1/a"));
        for (chain, expected) in [
            (&["http://localhost:1/b"][..], "same-origin"),
            (&["http://localhost:2/"], "same-site"),
            (&["http://127.0.0.1:1/"], "cross-site"),
            (&["http://127.0.0.1:1/", "http://localhost:1/b"], "cross-site"),
        ] {
            let chain: Vec<_> = chain.iter().map(|text| url(text)).collect();
            assert_eq!(Relation::of(Some(&page), &chain).as_str(), expected, "{chain:?}");
            assert_eq!(Relation::of(None, &chain).as_str(), "none");
        }
    }

    #[test]
    fn the_policy_of_the_page_hides_it_from_referer_and_origin() {
        let near = url("http://localhost:1/b");
        let far = url("http://127.0.0.1:1/");
        for (policy, to, referer, origin) in [
            (None, &near, Some("http://localhost:1/a?x"), "http://localhost:1"),
            (None, &far, Some("http://localhost:1/"), "http://localhost:1"),
            (Some("no-referrer"), &near, None, "null"),
            (Some("same-origin"), &near, Some("http://localhost:1/a?x"), "http://localhost:1"),
            (Some("same-origin"), &far, None, "null"),
        ] {
            let page = Initiator::new(url("http://localhost:1/a?x#f")).with_policy(policy);
            assert_eq!(page.referer(to).as_deref(), referer, "{policy:?} {to}");
            assert_eq!(page.origin(std::slice::from_ref(to)), origin, "{policy:?} {to}");
        }
    }

    #[test]
    fn only_loopback_is_loopback() {
        for (text, expected) in [
            ("http://localhost:80/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:8080/", true),
            ("https://accounts.google.com/", false),
            ("http://localhost.example.com/", false),
            ("data:text/html,x", false),
        ] {
            assert_eq!(is_loopback(&url(text)), expected, "{text}");
        }
    }
}
