//! The key of a service account: from `key.json`, from the environment, from text.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::credentials::{in_variable, is_google};
use super::json_file::Place;
use super::secret_file::{self, Readers};
use crate::error::{Code, Error};
use crate::secret::{Redacted, Secret, Wiped};
use crate::shown;

const VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
const DOWNLOAD: &str = "in the Google Cloud console, under IAM & Admin → Service Accounts, open \
                        the account, add a key of type JSON, and take the file that it downloads";

/// Where the text of the file is taken.
const TEXT: &str = "write it into a file of mode 0600 and give the path of that, or read the text \
                    with `ServiceAccountKey::from_json`";

/// The key of a service account of Google's, as its console gives it.
///
/// ```no_run
/// use oauth_runtime::ServiceAccountKey;
/// # fn main() -> Result<(), oauth_runtime::Error> {
/// let key = ServiceAccountKey::from_file("service_account.json")?;
/// println!("share the folder with {}", key.email());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ServiceAccountKey {
    email: Arc<str>,
    client_id: Option<Arc<str>>,
    key_id: Option<Arc<str>>,
    pair: Arc<RsaKeyPair>,
}

/// The file, straight into what is wiped: a tree of JSON would keep a copy of the key, and so
/// would the parser of a text with escapes in it.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    client_email: Option<String>,
    client_id: Option<String>,
    private_key_id: Option<String>,
    #[serde(borrow)]
    private_key: Option<&'a RawValue>,
    token_uri: Option<String>,
    /// Those of a client's file.
    web: Option<serde::de::IgnoredAny>,
    installed: Option<serde::de::IgnoredAny>,
}

impl ServiceAccountKey {
    /// Reads the JSON file that Google's console gives.
    ///
    /// # Errors
    /// `config_credentials` if the file cannot be read, can be read by others, is another kind
    /// of file (a client's, say), lacks a field, or holds a key that cannot sign.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(path.as_ref(), Readers::OwnerOnly)
    }

    /// Reads the same file where others may read it too, as a secret that is mounted into a
    /// container with a mode of its own.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file), except for the mode.
    pub fn from_shared_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(path.as_ref(), Readers::Anyone)
    }

    /// Reads the file that the variable `GOOGLE_APPLICATION_CREDENTIALS` names.
    ///
    /// # Errors
    /// `config_credentials` if the variable is not set, or as [`from_file`](Self::from_file).
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variable(std::env::var_os(VARIABLE))
    }

    fn from_variable(path: Option<OsString>) -> Result<Self, Error> {
        let path = path.filter(|path| !path.is_empty()).ok_or_else(|| {
            let text = format!("the environment variable {VARIABLE} is not set, or is empty");
            Error::new(Code::ConfigCredentials, text)
                .with_help("let it name the JSON file of the service account's key")
        })?;
        Self::from_file(Path::new(&path)).map_err(|error| in_variable(VARIABLE, error))
    }

    fn read(path: &Path, readers: Readers) -> Result<Self, Error> {
        Self::from_json(&secret_file::read(path, readers, TEXT)?).map_err(|error| {
            let text = format!("the service account's key {} cannot be used", shown::path(path));
            Error::new(Code::ConfigCredentials, text).with_source(error)
        })
    }

    /// Reads the text of the file, as a secret manager hands it out. The text itself is not
    /// wiped from memory: that is up to whoever holds it.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file). Nothing of the text is in the error.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let file: Fields<'_> = serde_json::from_str(text).map_err(|error| {
            wrong("this is not the JSON it should be").with_source(Place::of(&error))
        })?;
        if file.kind.as_deref() != Some("service_account") {
            return Err(name_other_file(&file));
        }
        let token_uri = file.token_uri.as_deref().unwrap_or_default();
        if !is_google(token_uri) {
            return Err(wrong("`token_uri` is missing, or is not an endpoint of Google's"));
        }
        let email = file.client_email.filter(|email| is_name(email) && email.contains('@'));
        let email = email.ok_or_else(|| wrong("`client_email` is missing, or is no address"))?;
        let key = file.private_key.ok_or_else(|| wrong("the field `private_key` is missing"))?;
        let key = unescaped(key).ok_or_else(|| wrong("`private_key` is not a text"))?;
        let named = |name: Option<String>| name.filter(|name| is_name(name)).map(Into::into);
        Ok(Self {
            email: email.into(),
            client_id: named(file.client_id),
            key_id: named(file.private_key_id),
            pair: Arc::new(pair(&key)?),
        })
    }

    /// The address of the service account: files and calendars are shared with it.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The number that an administrator enters for domain-wide delegation, if the file has it.
    pub(crate) fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// A signature with RS256 (RFC 7518 §3.3).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::new(Code::Internal, "the service account's key does not sign"))?;
        Ok(signature)
    }
}

impl fmt::Debug for ServiceAccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccountKey")
            .field("email", &self.email)
            .field("key_id", &self.key_id)
            .field("private_key", &Redacted)
            .finish_non_exhaustive()
    }
}

/// What the libraries say of a bad key may quote it, and is left out.
fn pair(key: &Secret) -> Result<RsaKeyPair, Error> {
    let body = pem_body(key.expose()).ok_or_else(|| {
        wrong("`private_key` is no PEM text with a line `-----BEGIN PRIVATE KEY-----`")
    })?;
    let damaged = || wrong("`private_key` is no RSA key, or a damaged one");
    // A text that lost its padding says the same.
    let end = body.iter().rposition(|sign| *sign != b'=').map_or(0, |last| last + 1);
    let der = STANDARD_NO_PAD.decode(&body[..end]).map(Zeroizing::new).map_err(|_| damaged())?;
    RsaKeyPair::from_pkcs8(&der).map_err(|_| damaged())
}

/// The base64 of a PEM text (RFC 7468 §10), in memory that is wiped, as no library reads it.
fn pem_body(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = pem.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let mut text = Wiped::with_capacity(body.len());
    for line in body.split_ascii_whitespace() {
        text.push(line.as_bytes());
    }
    Some(text.into_bytes())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn wrong(text: &'static str) -> Error {
    Error::new(Code::ConfigCredentials, text).with_help(DOWNLOAD)
}

/// The text that a JSON string stands for (RFC 8259 §7). `None` where it is none; what PEM has no
/// use for is not read.
fn unescaped(json: &RawValue) -> Option<Secret> {
    let quoted = json.get().strip_prefix('"')?.strip_suffix('"')?;
    let mut text = Wiped::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push(plain.as_bytes());
        let (sign, after) = match escape.as_bytes().first()? {
            b'n' => (b'\n', &escape[1..]),
            b'r' => (b'\r', &escape[1..]),
            b't' => (b'\t', &escape[1..]),
            sign @ (b'"' | b'\\' | b'/') => (*sign, &escape[1..]),
            b'u' => {
                let digits = u32::from_str_radix(escape.get(1..5)?, 16).ok()?;
                (u8::try_from(digits).ok().filter(u8::is_ascii)?, &escape[5..])
            }
            _ => return None,
        };
        text.push(&[sign]);
        rest = after;
    }
    text.push(rest.as_bytes());
    let text = text.into_bytes();
    Some(Secret::new(std::str::from_utf8(&text).ok()?))
}

fn name_other_file(file: &Fields<'_>) -> Error {
    wrong(match file.kind.as_deref() {
        Some("authorized_user") => "this is the credentials of one user, as gcloud keeps them",
        Some("external_account") => "this is the configuration of a workload identity",
        Some("impersonated_service_account") => "this only names a service account: it has no key",
        _ if file.web.is_some() || file.installed.is_some() => {
            "this is a client's file, which signs users in: read it with `ClientCredentials`"
        }
        _ => "this is no service account's key: its `type` is not \"service_account\"",
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use serde_json::{Value, json};

    use super::*;

    fn file(change: impl FnOnce(&mut Value)) -> String {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let key = BASE64_STANDARD.encode(der.as_ref());
        let mut file = json!({
            "type": "service_account", "client_email": "robot@app.example", "client_id": "42",
            "private_key_id": "k1", "token_uri": "https://oauth2.googleapis.com/token",
            "private_key": format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n"),
        });
        change(&mut file);
        file.to_string()
    }

    #[test]
    fn a_key_is_read_and_never_shown() {
        let key = ServiceAccountKey::from_json(&file(|_| ())).unwrap();
        assert_eq!((key.email(), key.client_id()), ("robot@app.example", Some("42")));
        assert_eq!(key.sign(b"message").unwrap().len(), 256);
        let shown = format!("{key:?}");
        assert!(shown.contains("robot@app.example") && !shown.contains("BEGIN"), "{shown}");
    }

    /// J25: each wrong file is named as what it is, and nothing of a key is in the error.
    #[test]
    fn every_wrong_file_is_named_and_no_key_is_quoted() {
        let secret = "MIIfakeKEYmaterial";
        let with = |name: &'static str, value: Value| file(|it| it[name] = value);
        let pem = |kind: &str| format!("-----BEGIN {kind}-----\n{secret}\n-----END {kind}-----\n");
        let cases = [
            (format!("{{\"private_key\":\"{secret}"), "not the JSON"),
            ("{}".to_owned(), "`type` is not"),
            (json!({"web": {"client_secret": secret}}).to_string(), "a client's file"),
            (json!({"type": "authorized_user", "refresh_token": secret}).to_string(), "one user"),
            (with("token_uri", "https://evil.example/token".into()), "`token_uri`"),
            (with("token_uri", Value::Null), "`token_uri`"),
            (with("client_email", "robot".into()), "`client_email`"),
            (with("client_email", Value::Null), "`client_email`"),
            (with("private_key", Value::Null), "`private_key` is missing"),
            (with("private_key", secret.into()), "no PEM"),
            (with("private_key", pem("RSA PRIVATE KEY").into()), "no PEM"),
            (with("private_key", pem("PRIVATE KEY").into()), "no RSA key"),
            (with("private_key", json!([secret])), "`private_key` is not a text"),
        ];
        for (text, expected) in cases {
            let error = ServiceAccountKey::from_json(&text).unwrap_err();
            let shown = format!("{error:?}");
            assert!(error.to_string().contains(expected), "{expected}: {shown}");
            assert_eq!(error.code(), "config_credentials");
            assert!(!shown.contains(secret) && error.help().is_some(), "{shown}");
        }
    }

    #[test]
    fn the_variable_names_the_file() {
        for nothing in [None, Some(OsString::new())] {
            let error = ServiceAccountKey::from_variable(nothing).unwrap_err();
            assert!(error.to_string().contains(VARIABLE), "{error}");
        }
        let error = ServiceAccountKey::from_variable(Some("no-such-file.json".into()));
        assert!(error.unwrap_err().to_string().contains("no-such-file.json"));
    }
}
