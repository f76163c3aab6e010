//! Every kind of secret, none of them real.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::json;

/// A text that somebody pastes, and what of it nobody may see.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) secrets: Vec<String>,
}

/// Bytes that look random and are not.
fn bytes(seed: usize, length: usize) -> Vec<u8> {
    let byte = |i: usize| u8::try_from((i * i * 73 + i * seed * 41 + seed * 97) % 251).unwrap();
    (0..length).map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

pub(super) fn samples() -> Vec<Sample> {
    let text = |seed, length| BASE64_URL_SAFE_NO_PAD.encode(bytes(seed, length));
    let body = BASE64_STANDARD.encode(bytes(1, 120));
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let (secret, refresh) = (format!("GOCSPX-{}", text(2, 21)), format!("1//0{}", text(3, 60)));
    let (access, password) = (format!("ya29.{}", text(4, 90)), text(5, 15));
    let jwt = format!("eyJ{}.eyJ{}.{}", text(6, 20), text(7, 60), text(8, 64));
    let service = json!({ "type": "service_account", "private_key": pem });
    let client = json!({ "web": { "client_id": "fake", "client_secret": secret } });
    let url = |scheme: &str, place: &str| format!("{scheme}://app:{password}@{place}");
    let whole = |name, text: String| Sample { name, secrets: vec![text.trim().into()], text };
    let with =
        |name, text: String, secret: &String| Sample { name, text, secrets: vec![secret.clone()] };
    vec![
        whole("a key in base64", BASE64_STANDARD.encode(bytes(9, 32))),
        whole("a key with a newline", BASE64_STANDARD.encode(bytes(10, 32)) + "\n"),
        whole("a key in base64url", text(11, 32)),
        whole("a key in hexadecimal digits", hex(&bytes(12, 32))),
        whole("a longer key", BASE64_STANDARD.encode(bytes(13, 64))),
        with("a key in PEM", pem, &body),
        with("a service account", service.to_string(), &body),
        with("client_secret.json", client.to_string(), &secret),
        with("client_secret.json over lines", format!("{client:#}"), &secret),
        whole("a client secret", secret.clone()),
        whole("a client secret of another provider", hex(&bytes(14, 20))),
        whole("a client secret with signs", format!("fAk8Q~{}.x", text(15, 24))),
        whole("a refresh token", refresh),
        whole("an access token", access),
        whole("a JWT", jwt),
        with("a line of settings", format!("CLIENT_SECRET={password}"), &password),
        with("two lines", format!("fake-id\n{password}"), &password),
        with("an https URL", url("https", "id.example.com/path"), &password),
        with("a postgres URL", url("postgres", "127.0.0.1:1/app"), &password),
        with("a redis URL", url("redis", "127.0.0.1:1"), &password),
        with("a parameter", format!("postgres://127.0.0.1:1/app?pasword={password}"), &password),
        with("a query", format!("https://id.example.com/?client_secret={password}"), &password),
        with("a fragment", format!("https://id.example.com/#access_token={password}"), &password),
    ]
}
