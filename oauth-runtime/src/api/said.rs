//! What an answer of an API says, as far as it can be read.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::challenge::Challenge;
use crate::clock::Timestamp;
use crate::http::stated_wait;
use crate::protocol::http_date;
use crate::provider::{ApiPlace, ApiRefusal, ApiSign, Provider};

/// The longest wait that is told.
const DAY: u64 = 86_400;
/// A count of seconds above this is a date.
const DATES: u64 = 1_000_000_000;
/// As much of an API's own words is repeated.
const WORDS: usize = 300;
/// As much of an address.
const ADDRESS: usize = 400;

/// Where APIs write what happened, for people.
const MESSAGES: [&str; 10] = [
    "/error/message",
    "/error_description",
    "/message",
    "/error/error_description",
    "/error",
    "/errors/0/message",
    "/0/message",
    "/errors/0",
    "/detail",
    "/title",
];
/// The same for programs: one word.
const REASONS: [&str; 9] = [
    "/error/details/*/reason",
    "/error/errors/*/reason",
    "/error/code",
    "/error/status",
    "/error",
    "/code",
    "/0/errorCode",
    "/errors/*/code",
    "/category",
];

/// A refusal, read. What is not there or of another shape is nothing.
pub(super) struct Said<'a> {
    status: StatusCode,
    headers: &'a HeaderMap,
    body: Value,
    challenge: Challenge,
    /// What must not be repeated, should the API do so.
    secret: &'a str,
}

impl<'a> Said<'a> {
    /// Whether the token itself is said to be invalid (RFC 6750 §3.1): ended, or revoked.
    pub(super) fn names_invalid_token(&self) -> bool {
        self.challenge.all("error").any(|word| word == "invalid_token")
    }

    pub(super) fn new(
        status: StatusCode,
        headers: &'a HeaderMap,
        body: &[u8],
        secret: &'a str,
    ) -> Self {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let plain = headers.get(header::CONTENT_TYPE);
        let is_plain = plain.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
        let body = match serde_json::from_slice(body) {
            Ok(json) => json,
            Err(_) if is_plain => Value::String(String::from_utf8_lossy(body).into_owned()),
            Err(_) => Value::Null,
        };
        Self { status, headers, body, challenge: Challenge::of(headers), secret }
    }

    /// Whether it is such a refusal.
    pub(super) fn is(&self, refusal: &ApiRefusal, provider: &Provider) -> bool {
        let ApiRefusal { statuses, signs, .. } = refusal;
        let status = self.status.as_u16();
        self.status.is_client_error()
            && (statuses.is_empty() || statuses.contains(&status))
            && signs.iter().all(|sign| self.has(sign, provider))
    }

    fn has(&self, sign: &ApiSign, provider: &Provider) -> bool {
        match sign {
            ApiSign::Is(place, values) => {
                self.at(place).iter().any(|found| values.iter().any(|value| value == found))
            }
            ApiSign::Says(place, words) => {
                self.at(place).iter().any(|found| found.contains(&**words))
            }
            ApiSign::Has(place) => !self.at(place).is_empty(),
            ApiSign::HoldsNone { accepted, held } => {
                let (Some(accepted), Some(held)) = (self.header(accepted), self.header(held))
                else {
                    return false;
                };
                let held = provider.read_scope(held);
                let mut accepted = names(accepted).peekable();
                accepted.peek().is_some()
                    && !accepted.any(|name| held.split(' ').any(|one| one == name))
            }
        }
    }

    /// The texts and numbers that are there.
    fn at(&self, place: &ApiPlace) -> Vec<Cow<'_, str>> {
        match place {
            ApiPlace::Member(path) => members(&self.body, path).filter_map(text).collect(),
            ApiPlace::Header { name, parameter: None } => {
                let value = self.header(name).and_then(|value| value.split(';').next());
                value.map(|value| value.trim().into()).into_iter().collect()
            }
            ApiPlace::Header { name, parameter: Some(parameter) } => {
                let parts = self.header(name).into_iter().flat_map(|value| value.split(';'));
                let pairs = parts.filter_map(|part| part.trim().split_once('='));
                let found = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(parameter));
                found.map(|(_, value)| value.trim_matches('"').into()).collect()
            }
            ApiPlace::Challenge => self.challenge.all("error").map(Cow::from).collect(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Where something can be done about it, if it is an address.
    pub(super) fn link(&self, places: &[ApiPlace]) -> Option<String> {
        let mut found = places.iter().flat_map(|place| self.at(place));
        let is_address = |url: &Cow<'_, str>| {
            let plain = url.chars().all(|sign| sign.is_ascii_graphic() && sign != '"');
            url.starts_with("https://") && plain && url.len() <= ADDRESS
        };
        found.find(is_address).map(Cow::into_owned).filter(|url| !self.tells_secret(url))
    }

    /// How long it asks to wait.
    pub(super) fn wait(&self, refusal: Option<&ApiRefusal>, now: Timestamp) -> Option<Duration> {
        let reset = || {
            let value: u64 = self.header(refusal?.reset.as_deref()?)?.trim().parse().ok()?;
            // Measured by the API's own clock, where it says what time it is there.
            let date = self.headers.get(header::DATE).and_then(|date| date.to_str().ok());
            let now = date.and_then(http_date).unwrap_or(now).unix_seconds();
            let wait = if value < DATES { value } else { value.saturating_sub(now) };
            Some(Duration::from_secs(wait))
        };
        let stated = stated_wait(self.headers).or_else(reset);
        let wait = stated.or_else(|| refusal?.wait)?;
        Some(wait.min(Duration::from_secs(DAY)))
    }

    /// The scopes of which it wants one or all.
    pub(super) fn scopes(&self, refusal: &ApiRefusal) -> Option<String> {
        let accepted = refusal.signs.iter().find_map(|sign| match sign {
            ApiSign::HoldsNone { accepted, .. } => self.header(accepted),
            _ => None,
        });
        let challenged = || self.challenge.all("scope").next();
        let member = || members(&self.body, "/scope").find_map(Value::as_str);
        let scopes = accepted.or_else(challenged).or_else(member)?;
        let scopes = names(scopes).collect::<Vec<_>>().join(" ");
        (!scopes.is_empty()).then(|| self.quoted(&scopes))
    }

    /// Its own words: a reason, a message, or both, on one line, and no more than some.
    pub(super) fn words(&self) -> String {
        let first = |paths: &'static [&'static str]| {
            let found = paths.iter().flat_map(|path| members(&self.body, path));
            found.filter_map(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
        };
        let is_word = |text: &&str| {
            let plain = |sign: char| sign.is_ascii_alphanumeric() || "_-.".contains(sign);
            text.len() <= 64 && text.chars().all(plain) && !self.tells_secret(text)
        };
        let challenged = |name| self.challenge.all(name).find(|text| !text.trim().is_empty());
        let message = first(&MESSAGES).next().or(self.body.as_str().map(str::trim));
        let message = message.or_else(|| challenged("error_description"));
        let reason = first(&REASONS).find(is_word).or_else(|| challenged("error").filter(is_word));
        let reason = reason.filter(|reason| Some(*reason) != message);
        let reason = reason.map(|reason| format!(" {reason}")).unwrap_or_default();
        let message = message.filter(|message| !message.is_empty());
        let message = message.map(|message| format!(": {}", self.quoted(message)));
        reason + &message.unwrap_or_default()
    }

    /// Where a redirect leads.
    pub(super) fn location(&self, asked: Option<&url::Url>) -> Option<url::Url> {
        let location = self.header(header::LOCATION.as_str())?;
        match asked {
            Some(asked) => asked.join(location).ok(),
            None => url::Url::parse(location).ok(),
        }
    }

    fn quoted(&self, text: &str) -> String {
        let text = if self.tells_secret(text) {
            Cow::Owned(text.replace(self.secret, "[token]"))
        } else {
            Cow::Borrowed(text)
        };
        format!("{:?}", text.char_indices().nth(WORDS).map_or(&*text, |(end, _)| &text[..end]))
    }

    fn tells_secret(&self, text: &str) -> bool {
        !self.secret.is_empty() && text.contains(self.secret)
    }
}

/// The scopes of a list, with spaces or commas between them.
fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).filter(|name| !name.is_empty())
}

fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// The values at a JSON Pointer (RFC 6901), in which `*` is each entry.
fn members<'v>(body: &'v Value, path: &str) -> impl Iterator<Item = &'v Value> {
    let mut found = vec![body];
    for part in path.split('/').skip(1) {
        let mut below = Vec::new();
        for value in found {
            match (value, part) {
                (Value::Array(entries), "*") => below.extend(entries),
                (Value::Object(entries), "*") => below.extend(entries.values()),
                (Value::Array(entries), _) => {
                    below.extend(part.parse().ok().and_then(|at: usize| entries.get(at)));
                }
                (Value::Object(entries), _) => {
                    below.extend(entries.get(&part.replace("~1", "/").replace("~0", "~")));
                }
                _ => {}
            }
        }
        found = below;
    }
    found.into_iter()
}
