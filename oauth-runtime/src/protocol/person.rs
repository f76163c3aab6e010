//! What a provider tells of a person besides the subject (OpenID Connect Core §5.1).

use serde::Deserialize;
use url::Url;

use super::AccountId;
use super::identity::Identity;
use super::json;
use crate::provider::is_loopback;

pub(super) const MAX_EMAIL: usize = 320;
pub(super) const MAX_NAME: usize = 200;
const MAX_DOMAIN: usize = 253;
const MAX_PICTURE: usize = 2048;

/// Nothing depends on these claims: what cannot be shown is left out.
#[derive(Default, Deserialize)]
pub(super) struct Person {
    #[serde(default, deserialize_with = "json::lenient")]
    email: Option<Box<str>>,
    #[serde(default, deserialize_with = "json::lenient")]
    email_verified: Option<Flag>,
    #[serde(default, deserialize_with = "json::lenient")]
    name: Option<Box<str>>,
    #[serde(default, deserialize_with = "json::lenient")]
    picture: Option<Box<str>>,
    #[serde(default, deserialize_with = "json::lenient")]
    hd: Option<Box<str>>,
}

/// Some providers write it as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Text(String),
}

impl Flag {
    fn is_set(&self) -> bool {
        match self {
            Self::Bool(set) => *set,
            Self::Text(text) => text == "true",
        }
    }
}

impl Person {
    pub(super) fn told(name: Option<&str>, email: Option<&str>, picture: Option<&str>) -> Self {
        let [name, email, picture] = [name, email, picture].map(|text| text.map(Into::into));
        Self { email, name, picture, ..Self::default() }
    }

    pub(super) fn named(self, id: AccountId) -> Identity {
        Identity {
            id,
            email: self.email.filter(|email| is_shown(email, MAX_EMAIL)),
            email_verified: self.email_verified.is_some_and(|flag| flag.is_set()),
            name: self.name.map(|name| one_line(&name)).filter(|name| !name.is_empty()),
            picture: self.picture.filter(|url| is_shown(url, MAX_PICTURE) && is_picture(url)),
            hosted_domain: self.hd.filter(|domain| is_shown(domain, MAX_DOMAIN)),
        }
    }
}

/// Whether a text can be shown as it is. A cut address would be another one, so that a longer
/// text is left out.
fn is_shown(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn one_line(name: &str) -> Box<str> {
    name.chars().filter(|character| !character.is_control()).take(MAX_NAME).collect()
}

/// What a page may load: nothing in clear text, nothing that runs.
fn is_picture(text: &str) -> bool {
    let url = Url::parse(text).ok();
    url.is_some_and(|url| url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url))
}
