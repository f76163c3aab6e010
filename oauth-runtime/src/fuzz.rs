//! What must hold for any bytes from outside, one function a parser.
//!
//! `tests/fuzz` calls them with what a fuzzer makes up, and a test here with what is kept of that.

mod requests;

use http::{HeaderMap, HeaderValue};
use url::Url;

use crate::clock::Timestamp;
use crate::keys::{Key, Keys, Sealer};
use crate::oauth::{Claim, HeldForm};
use crate::protocol::{
    AccountId, AuthorizationResponse, EventSubject, Expected, Identity, JwkSet, Jws, Metadata,
    SecurityEvents, TokenResponse, complete, verify_id_token,
};
use crate::provider::{ClientCredentials, Provider, ServiceAccountKey};
use crate::secret::Secret;
use crate::session::{DisconnectCount, OwnerRow, SessionRow, cookie, open, seal};
use crate::store::Row;
use crate::tokens::{AccountRow, Named, Revocation};

pub use requests::{headers, return_path};

/// A target of the fuzzer.
pub type Target = fn(&[u8]);

/// Every target, by the name of its folder of seeds.
pub const TARGETS: [(&str, Target); 14] = [
    ("callback_query", callback_query),
    ("client_secret", client_secret),
    ("cookie_header", cookie_header),
    ("discovery", discovery),
    ("headers", headers),
    ("id_token", id_token),
    ("jwks", jwks),
    ("return_path", return_path),
    ("rows", rows),
    ("sealed", sealed),
    ("security_event", security_event),
    ("service_account", service_account),
    ("token_response", token_response),
    ("userinfo", userinfo),
];

fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

fn provider() -> Provider {
    Provider::google(ClientCredentials::new("us", "fake-secret"))
}

/// A cookie is found by its whole name, and ends where it ends.
pub fn cookie_header(input: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(input) else { return };
    let mut headers = HeaderMap::new();
    headers.insert("cookie", value);
    if let Some(found) = cookie::find(&headers, "oauth") {
        let whole = [b"oauth=", found].concat();
        assert!(!found.contains(&b';'), "two cookies were taken for one");
        assert!(input.windows(whole.len()).any(|part| part == whole), "no such cookie was sent");
    }
    for (rest, _) in cookie::with_prefix(&headers, "oauth-f-") {
        assert!(!rest.contains(['=', ';']), "{rest:?} is no name");
    }
}

/// Whatever is in it, a callback has one state or is none.
pub fn callback_query(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if let Ok(response) = AuthorizationResponse::parse(text) {
        let states = url::form_urlencoded::parse(input).filter(|pair| pair.0 == "state").count();
        assert_eq!(states, 1, "{text:?}");
        assert!(!response.state.is_empty());
    }
}

/// A token that is taken fits into a header.
pub fn token_response(input: &[u8]) {
    let Ok(response) = TokenResponse::from_json(input, std::time::Duration::ZERO) else { return };
    for token in [Some(&response.access_token), response.refresh_token.as_ref()] {
        let fits = |token: &Secret| HeaderValue::from_str(token.expose()).is_ok();
        assert!(token.is_none_or(fits), "a token fits no header");
    }
    assert!(!provider().read_scope(response.scope.as_deref().unwrap_or_default()).contains('\n'));
}

/// Claims that are taken name somebody of the provider; a token is verified by no key at all.
pub fn id_token(input: &[u8]) {
    let (provider, now) = (provider(), Timestamp::from_unix_seconds(1_700_000_000));
    let access_token = &Secret::new("ya29.fake");
    let expected = Expected { provider: &provider, nonce: Some("n"), access_token, now };
    if let Ok(identity) = verify_id_token(input, &expected) {
        assert_eq!(identity.issuer(), "https://accounts.google.com");
        assert!((1..=255).contains(&identity.subject().len()));
    }
    let jws = text(input).map(|text| Jws::parse(text, provider.algorithms()));
    let keys = JwkSet::parse(br#"{"keys":[]}"#);
    if let (Some(Ok(jws)), Ok(keys)) = (jws, keys) {
        assert!(jws.verify(&keys).is_err(), "nobody signed it");
    }
}

/// A set that is taken verifies nothing that none of its keys signed.
pub fn jwks(input: &[u8]) {
    let Ok(keys) = JwkSet::parse(input) else { return };
    // {"alg":"RS256"}.{}.AAAA
    let token = Jws::parse("eyJhbGciOiJSUzI1NiJ9.e30.AAAA", provider().algorithms());
    assert!(token.is_ok_and(|token| token.verify(&keys).is_err()), "a made-up signature counts");
}

/// What is shown of credentials, or said of a file that is none, never holds the secret.
pub fn client_secret(input: &[u8]) {
    let Some(text) = text(input) else { return };
    match ClientCredentials::from_json(text) {
        Ok(credentials) => {
            let (secret, shown) = (credentials.client_secret(), format!("{credentials:?}"));
            let known = [credentials.client_id(), "client_secret", "redirect_uris"];
            let elsewhere = known.iter().any(|other| other.contains(secret.expose()))
                || credentials.redirect_uris().iter().any(|uri| uri.contains(secret.expose()));
            let is_long = secret.expose().len() > 15;
            assert!(!is_long || elsewhere || !shown.contains(secret.expose()), "{shown}");
        }
        Err(error) => assert!(error.help().is_some(), "{error} says not what to do"),
    }
}

/// What a key of the provider signed ends nothing but accounts of that provider.
pub fn security_event(input: &[u8]) {
    let now = Timestamp::from_unix_seconds(1_700_000_000);
    let Ok(found) = SecurityEvents::read(input, &provider(), now) else { return };
    assert!((1..=255).contains(&found.jti.len()) && !found.events.is_empty());
    for event in found.events {
        if let Some(EventSubject::Account(id)) = event.subject {
            assert_eq!(id.issuer(), "https://accounts.google.com");
            assert!((1..=255).contains(&id.subject().len()));
        }
        assert!(event.state.is_none_or(|state| state.len() <= 255));
    }
}

/// What is shown of a key is who it is of, and a file that is none is explained.
pub fn service_account(input: &[u8]) {
    let Some(text) = text(input) else { return };
    match ServiceAccountKey::from_json(text) {
        Ok(key) => assert!(!format!("{key:?}").contains("PRIVATE KEY")),
        Err(error) => {
            assert!(error.help().is_some(), "{error} says not what to do");
            let is_key = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
            let lines = text.split(['"', '\\']).filter(|line| line.len() >= 60);
            let mut lines = lines.filter(|line| line.bytes().all(is_key));
            let shown = format!("{error:?}");
            assert!(lines.all(|line| !shown.contains(line)), "{shown}");
        }
    }
}

/// Only what was sealed opens, and it opens as what it was.
pub fn sealed(input: &[u8]) {
    let Ok(key) = Key::generate() else { return };
    let Ok(sealer) = Sealer::new(&Keys::new(key), "flow") else { return };
    assert!(open::<Vec<u8>>(&sealer, "name", input).is_none(), "nobody sealed it");
    // More than a cookie or a link holds is not taken back.
    let input = &input[..input.len().min(1_000)];
    let value = seal(&sealer, "name", &input.to_vec()).unwrap_or_default();
    assert_eq!(open::<Vec<u8>>(&sealer, "name", value.as_bytes()).as_deref(), Some(input));
    assert!(open::<Vec<u8>>(&sealer, "other", value.as_bytes()).is_none(), "it is of another name");
}

/// A row that can be read can be written, and is then the same.
pub fn rows(input: &[u8]) {
    same_again::<AccountRow>(input);
    same_again::<SessionRow>(input);
    same_again::<OwnerRow>(input);
    same_again::<Claim>(input);
    same_again::<DisconnectCount>(input);
    same_again::<HeldForm>(input);
    same_again::<Named>(input);
    same_again::<Revocation>(input);
}

fn same_again<R: Row>(input: &[u8]) {
    let Some(row) = R::decode(input) else { return };
    let written = row.encode().ok();
    let again =
        written.as_ref().and_then(|bytes| R::decode(bytes)).and_then(|row| row.encode().ok());
    assert!(written.is_some() && again == written, "a row changes when it is kept");
}

/// A document that is taken points to https addresses with names.
pub fn discovery(input: &[u8]) {
    let Ok(found) = Metadata::parse("https://id.example.com", input) else { return };
    let optional = [&found.revocation_endpoint, &found.userinfo_endpoint];
    let all = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri];
    for address in all.into_iter().chain(optional.into_iter().flatten()) {
        let url = Url::parse(address).ok();
        let good = |url: &Url| url.scheme() == "https" && url.domain().is_some();
        assert!(url.as_ref().is_some_and(good), "{address:?} is trusted");
    }
}

/// Nobody becomes somebody else by it.
pub fn userinfo(input: &[u8]) {
    let mut ada = Identity::bare(AccountId::new("https://id.example.com", "248"));
    ada.email = Some("ada@example.com".into());
    if complete(&mut ada, input).is_ok() {
        assert_eq!((ada.subject(), ada.email()), ("248", Some("ada@example.com")));
    }
    assert_eq!(ada.subject(), "248");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Invariant 29: what is kept of the fuzzer's inputs, with every one of them cut and mixed.
    #[test]
    fn every_seed_is_answered() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fuzz/corpus");
        for (name, target) in TARGETS {
            let folder = std::fs::read_dir(format!("{corpus}/{name}")).unwrap();
            let mut seeds: Vec<_> = folder.map(|file| file.unwrap().path()).collect();
            seeds.sort();
            assert!(seeds.len() >= 5, "{name} has hardly a seed");
            for seed in seeds {
                let bytes = std::fs::read(&seed).unwrap();
                target(&bytes);
                for cut in 0..bytes.len().min(400) {
                    target(&bytes[..cut]);
                    let mut changed = bytes.clone();
                    changed[cut] ^= 1 << (cut % 8);
                    target(&changed);
                }
            }
        }
    }
}
