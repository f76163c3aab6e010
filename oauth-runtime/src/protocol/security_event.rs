//! Security event tokens (RFC 8417), as Google sends them for Cross-Account Protection.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest::{SHA512, digest};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::AccountId;
use super::json;
use crate::clock::Timestamp;
use crate::provider::Provider;
use crate::secret::Secret;

/// How far two clocks may be apart.
const LEEWAY: Duration = Duration::from_secs(60);
/// How long an event may be under way: whoever sends it tries for hours, not for weeks.
pub(crate) const OLDEST: Duration = Duration::from_secs(7 * 86_400);
const MAX_NAME: usize = 255;
/// How much of a refresh token names it.
const PREFIX: usize = 16;

/// Where the names of events begin.
const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type/";
const OAUTH: &str = "https://schemas.openid.net/secevent/oauth/event-type/";

/// Why an event is not taken, in the words of RFC 8935 §2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    Request(&'static str),
    Issuer,
    Audience,
}

/// What happened to whom.
#[derive(Debug)]
pub(crate) struct SecurityEvent {
    pub(crate) kind: SecurityEventKind,
    pub(crate) subject: Option<EventSubject>,
    pub(crate) reason: Option<String>,
    /// What a verification brings back.
    pub(crate) state: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecurityEventKind {
    SessionsRevoked,
    TokensRevoked,
    TokenRevoked,
    AccountDisabled,
    AccountEnabled,
    AccountPurged,
    CredentialChangeRequired,
    Verification,
    /// One that we know nothing of.
    Other,
}

#[derive(Debug)]
pub(crate) enum EventSubject {
    Account(AccountId),
    RefreshToken(TokenName),
}

/// A refresh token, named without showing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenName {
    Prefix(String),
    /// SHA-512 of SHA-512.
    DoubleHash(Vec<u8>),
}

/// A security event token whose signature was verified.
#[derive(Debug)]
pub(crate) struct SecurityEvents {
    pub(crate) jti: String,
    pub(crate) events: Vec<SecurityEvent>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: f64,
    jti: String,
    events: BTreeMap<String, Event>,
    /// Those of an ID token: one is no event, whatever else it says (RFC 8417 §4.5).
    nonce: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "json::present")]
    exp: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Event {
    subject: Option<Subject>,
    #[serde(default, deserialize_with = "json::lenient")]
    reason: Option<String>,
    #[serde(default, deserialize_with = "json::lenient")]
    state: Option<String>,
}

#[derive(Default, Deserialize)]
struct Subject {
    iss: Option<String>,
    sub: Option<String>,
    token_type: Option<String>,
    token_identifier_alg: Option<String>,
    token: Option<String>,
}

impl SecurityEventKind {
    /// The kinds that are asked for when a receiver is registered.
    pub(crate) const WANTED: [Self; 7] = [
        Self::SessionsRevoked,
        Self::TokensRevoked,
        Self::TokenRevoked,
        Self::AccountDisabled,
        Self::AccountEnabled,
        Self::AccountPurged,
        Self::CredentialChangeRequired,
    ];

    /// The URI of the event.
    pub(crate) fn uri(self) -> String {
        match self {
            Self::SessionsRevoked => format!("{RISC}sessions-revoked"),
            Self::TokensRevoked => format!("{OAUTH}tokens-revoked"),
            Self::TokenRevoked => format!("{OAUTH}token-revoked"),
            Self::AccountDisabled => format!("{RISC}account-disabled"),
            Self::AccountEnabled => format!("{RISC}account-enabled"),
            Self::AccountPurged => format!("{RISC}account-purged"),
            Self::CredentialChangeRequired => format!("{RISC}account-credential-change-required"),
            Self::Verification => format!("{RISC}verification"),
            Self::Other => String::new(),
        }
    }

    fn of(uri: &str) -> Self {
        let all = Self::WANTED.into_iter().chain([Self::Verification]);
        all.into_iter().find(|kind| kind.uri() == uri).unwrap_or(Self::Other)
    }
}

impl TokenName {
    /// All names of a token.
    pub(crate) fn of(token: &Secret) -> [Self; 2] {
        let text = token.expose();
        let prefix = text.get(..PREFIX).unwrap_or(text).to_owned();
        let hash = digest(&SHA512, digest(&SHA512, text.as_bytes()).as_ref());
        [Self::Prefix(prefix), Self::DoubleHash(hash.as_ref().to_vec())]
    }

    /// Whether it names this one.
    pub(crate) fn is_of(&self, token: &Secret) -> bool {
        Self::of(token).contains(self)
    }

    /// How it is told from others, and what it says.
    pub(crate) fn parts(&self) -> [&[u8]; 2] {
        match self {
            Self::Prefix(prefix) => [b"prefix", prefix.as_bytes()],
            Self::DoubleHash(hash) => [b"double hash", hash],
        }
    }

    fn read(alg: &str, name: &str) -> Option<Self> {
        match alg {
            "prefix" if name.len() == PREFIX => Some(Self::Prefix(name.to_owned())),
            "hash_base64_sha512_sha512" | "hash_SHA512_double" => {
                let engines = [&BASE64_STANDARD, &BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD];
                let hash = engines.iter().find_map(|engine| engine.decode(name).ok())?;
                (hash.len() == SHA512.output_len()).then_some(Self::DoubleHash(hash))
            }
            _ => None,
        }
    }
}

impl SecurityEvents {
    /// Reads the payload of a token that a key of the provider has signed.
    pub(crate) fn read(payload: &[u8], provider: &Provider, now: Timestamp) -> Result<Self, Unfit> {
        let claims: Claims =
            json::object(payload).ok_or(Unfit::Request("a claim is missing or of another type"))?;
        let Claims { iss, aud, iat, jti, events, nonce, exp } = claims;
        canonical(&iss, provider).ok_or(Unfit::Issuer)?;
        let ours = match &aud {
            Audience::One(one) => one == provider.client_id(),
            // A project's events are for all of its clients.
            Audience::Many(many) => many.iter().any(|one| one == provider.client_id()),
        };
        if !ours {
            return Err(Unfit::Audience);
        }
        if nonce.is_some() {
            return Err(Unfit::Request("a token with a nonce is no event"));
        }
        check_times(iat, exp, now)?;
        if events.is_empty() || jti.is_empty() || jti.len() > MAX_NAME {
            return Err(Unfit::Request("it has no events, or no jti"));
        }
        let read = |(uri, event): (String, Event)| event.read(&uri, provider);
        Ok(Self { jti, events: events.into_iter().map(read).collect() })
    }
}

/// Google's events have its issuer with a slash at the end, which its ID tokens do not have.
fn canonical<'a>(issuer: &'a str, provider: &'a Provider) -> Option<&'a str> {
    provider.canonical_issuer(issuer.strip_suffix('/').unwrap_or(issuer))
}

fn check_times(iat: f64, exp: Option<f64>, now: Timestamp) -> Result<(), Unfit> {
    let (now, leeway) = (seconds(now), LEEWAY.as_secs_f64());
    if !(now - OLDEST.as_secs_f64()..=now + leeway).contains(&iat) {
        return Err(Unfit::Request("it was issued in the future, or too long ago"));
    }
    // Events have no end (RFC 8417 §2.2); one that is there counts.
    match exp {
        Some(exp) if exp <= now - leeway => Err(Unfit::Request("it has ended")),
        _ => Ok(()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
fn seconds(at: Timestamp) -> f64 {
    at.unix_seconds() as f64
}

impl Event {
    fn read(self, uri: &str, provider: &Provider) -> SecurityEvent {
        let Self { subject, reason, state } = self;
        let cut = |text: Option<String>| text.filter(|text| text.len() <= MAX_NAME);
        SecurityEvent {
            kind: SecurityEventKind::of(uri),
            subject: subject.and_then(|subject| subject.read(provider)),
            reason: cut(reason),
            state: cut(state),
        }
    }
}

impl Subject {
    fn read(self, provider: &Provider) -> Option<EventSubject> {
        if let (Some(alg), Some(token)) = (&self.token_identifier_alg, &self.token) {
            let refreshes = self.token_type.is_none_or(|kind| kind == "refresh_token");
            let name = TokenName::read(alg, token).filter(|_| refreshes);
            return name.map(EventSubject::RefreshToken);
        }
        let (iss, sub) = (self.iss?, self.sub.filter(|sub| !sub.is_empty())?);
        let issuer = canonical(&iss, provider)?;
        (sub.len() <= MAX_NAME).then(|| EventSubject::Account(AccountId::new(issuer, &sub)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::ClientCredentials;

    const NOW: u64 = 1_790_000_000;

    type Expected = fn(Unfit) -> bool;

    fn read(change: impl FnOnce(&mut Value)) -> Result<SecurityEvents, Unfit> {
        let provider = Provider::google(ClientCredentials::new("ours", "fake-secret"));
        let uri = SecurityEventKind::SessionsRevoked.uri();
        let mut claims = json!({
            "iss": "https://accounts.google.com/", "aud": ["other", "ours"], "iat": NOW,
            "jti": "1", "events": { uri: { "subject": {
                "subject_type": "iss-sub", "iss": "https://accounts.google.com/", "sub": "42",
            } } },
        });
        change(&mut claims);
        let now = Timestamp::from_unix_seconds(NOW);
        SecurityEvents::read(claims.to_string().as_bytes(), &provider, now)
    }

    #[test]
    fn an_event_names_its_account() {
        let events = read(|_| ()).unwrap().events;
        let [SecurityEvent { kind, subject: Some(EventSubject::Account(id)), .. }] = &events[..]
        else {
            panic!("{events:?}");
        };
        assert_eq!(*kind, SecurityEventKind::SessionsRevoked);
        assert_eq!(id.to_string(), "https://accounts.google.com#42");
    }

    /// J26, but for the signature.
    #[test]
    fn whatever_is_no_event_for_us_is_refused() {
        let request = |unfit| matches!(unfit, Unfit::Request(_));
        let issuer = |unfit| unfit == Unfit::Issuer;
        let audience = |unfit| unfit == Unfit::Audience;
        let cases: [(&str, Value, Expected); 17] = [
            ("iss", "https://evil.example/".into(), issuer),
            ("iss", "https://accounts.google.com//".into(), issuer),
            ("iss", Value::Null, request),
            ("aud", "other".into(), audience),
            ("aud", json!([]), audience),
            ("aud", json!(["other"]), audience),
            ("aud", Value::Null, request),
            ("iat", Value::Null, request),
            ("iat", (NOW + 61).into(), request),
            ("iat", (NOW - 8 * 86_400).into(), request),
            ("jti", Value::Null, request),
            ("jti", "".into(), request),
            ("events", Value::Null, request),
            ("events", json!({}), request),
            ("events", json!([]), request),
            ("nonce", "n".into(), request),
            ("exp", (NOW - 61).into(), request),
        ];
        for (name, value, expected) in cases {
            let refused = read(|claims| match value.clone() {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value,
            });
            assert!(refused.as_ref().is_err_and(|unfit| expected(*unfit)), "{name} {value}");
        }
        assert!(read(|claims| claims["aud"] = "ours".into()).is_ok());
        assert!(read(|claims| claims["iss"] = "https://accounts.google.com".into()).is_ok());
    }

    #[test]
    fn a_token_is_named_by_its_beginning_and_by_a_hash_of_its_hash() {
        let (ours, other) =
            (Secret::new("1//0abcdefghijklmnop"), Secret::new("1//0abcdefghijklmnoq"));
        let [prefix, hash] = TokenName::of(&ours);
        assert_eq!(prefix, TokenName::Prefix("1//0abcdefghijkl".into()));
        assert!(prefix.is_of(&ours) && prefix.is_of(&other), "it is not the only one");
        assert!(hash.is_of(&ours) && !hash.is_of(&other));
        let TokenName::DoubleHash(bytes) = &hash else { panic!() };
        let text = BASE64_STANDARD.encode(bytes);
        assert_eq!(TokenName::read("hash_base64_sha512_sha512", &text), Some(hash.clone()));
        assert_eq!(TokenName::read("hash_base64_sha512_sha512", "AAAA"), None);
        assert_eq!(TokenName::read("prefix", "1//0"), None);
        assert_eq!(TokenName::read("md5", &text), None);
        assert!(TokenName::of(&Secret::new("short"))[0].is_of(&Secret::new("short")));
    }

    /// What is new or odd about one event does not hide the others.
    #[test]
    fn unknown_events_and_subjects_are_passed_over() {
        let uri = SecurityEventKind::TokenRevoked.uri();
        let events = read(|claims| {
            claims["events"]["https://example.com/new"] = json!({ "subject": null, "x": 1 });
            claims["events"][&uri] = json!({ "subject": {
                "token_type": "access_token", "token_identifier_alg": "prefix",
                "token": "1//0abcdefghijkl",
            } });
        });
        let events = events.unwrap().events;
        let kinds: Vec<_> =
            events.iter().map(|event| (event.kind, event.subject.is_some())).collect();
        assert_eq!(kinds.len(), 3);
        assert!(kinds.contains(&(SecurityEventKind::Other, false)), "{kinds:?}");
        assert!(kinds.contains(&(SecurityEventKind::TokenRevoked, false)), "{kinds:?}");
        assert!(kinds.contains(&(SecurityEventKind::SessionsRevoked, true)), "{kinds:?}");
    }
}
