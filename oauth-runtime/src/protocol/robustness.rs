//! Whatever bytes come from outside, every parser answers.

use std::time::Duration;

use serde_json::json;

use super::testing::rs256;
use super::token::TokenRequest;
use super::{AuthorizationResponse, Expected, JwkSet, Jws, TokenResponse, retry_after};
use crate::clock::Timestamp;
use crate::provider::{ClientCredentials, Provider, check_redirect_uri};
use crate::secret::Secret;

const PIECES: [&str; 24] = [
    "%",
    "%00",
    "%ff",
    "&",
    "=",
    "+",
    "#",
    "\\",
    "..",
    "\0",
    "\r\n",
    "\u{7f}",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    ".",
    "-1",
    "1e999",
    "null",
    "\u{2028}é",
];

/// Xorshift: the same texts in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// The text with up to three pieces put in or over it, and perhaps a byte that is no UTF-8.
    fn damage(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.below(3) {
            let start = self.below(bytes.len() + 1);
            let end = (start + self.below(6)).min(bytes.len());
            let piece = PIECES[self.below(PIECES.len())];
            bytes.splice(start..end, piece.bytes());
        }
        if self.below(8) == 0 {
            bytes.push(0xff);
        }
        bytes
    }

    fn damage_text(&mut self, text: &str) -> String {
        String::from_utf8_lossy(&self.damage(text)).into_owned()
    }
}

/// Invariant 29. A damaged token in particular is never verified.
#[test]
fn no_damaged_message_makes_a_parser_panic() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let keys = json!({"keys": [rs256().jwk("r")]}).to_string();
    let key_set = JwkSet::parse(keys.as_bytes()).unwrap();
    let provider = Provider::google(ClientCredentials::new("us", "fake-secret"));
    let claims = json!({
        "iss": "accounts.google.com", "aud": ["us"], "sub": "1", "iat": 1.5, "exp": 9, "nonce": "n",
    });
    let token = rs256().sign(&json!({"alg": "RS256", "kid": "r"}), &claims);
    let access_token = &Secret::new("ya29.fake");
    let (nonce, now) = (Some("n"), Timestamp::from_unix_seconds(2));
    let expected = Expected { provider: &provider, nonce, access_token, now };
    let verified = |token: &str| {
        let jws = Jws::parse(token, provider.algorithms())?;
        Ok::<_, crate::error::Error>(jws.verify(&key_set).is_ok())
    };
    assert!(verified(&token).unwrap());
    let refresh_token = Secret::new("1//fake");
    let request = TokenRequest::refresh(&refresh_token);
    let success = r#"{"access_token":"x","token_type":"Bearer","expires_in":3599,"scope":"a b"}"#;
    for _ in 0..5_000 {
        let query = "state=a-b_c&code=4/0Ab&iss=https://accounts.google.com";
        drop(AuthorizationResponse::parse(&random.damage_text(query)));
        drop(TokenResponse::parse(&request, Duration::ZERO, 200, None, &random.damage(success)));
        let refusal = random.damage(r#"{"error":"invalid_grant","error_subtype":"x"}"#);
        drop(TokenResponse::parse(&request, Duration::ZERO, 400, None, &refusal));
        drop(JwkSet::parse(&random.damage(&keys)));
        drop(super::verify_id_token(&random.damage(&claims.to_string()), &expected));
        let damaged = random.damage_text(&token);
        assert!(damaged == token || !verified(&damaged).unwrap_or(false), "{damaged}");
        let date = random.damage_text("Sun, 29 Feb 2032 23:59:55 GMT");
        retry_after(&date, Some("Sun, 29 Feb 2032 23:59:50 GMT"));
        let uri = random.damage_text("https://example.com:8443/oauth/%63allback?tenant=a");
        if let Ok(url) = check_redirect_uri(&uri) {
            assert_eq!(url.as_str(), uri);
        }
    }
}
