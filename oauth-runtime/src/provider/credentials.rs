//! The client's credentials: from code, from the environment, from `client_secret.json`.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::secret_file;
use crate::error::{Code, Error};
use crate::secret::{Redacted, Secret};

const DOWNLOAD: &str = "in the Google Cloud console, under APIs & Services → Credentials, make an \
                        OAuth client ID of type \"Web application\" and download its JSON";
/// Hosts that a file's endpoints may name.
const GOOGLE_HOSTS: [&str; 4] =
    ["accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com", "googleapis.com"];

/// Which kind of client the provider knows this app as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientKind {
    Web,
    Installed,
}

/// A client's identifier and secret, and the redirect URIs that are registered for it.
///
/// ```
/// use oauth_runtime::ClientCredentials;
/// let credentials = ClientCredentials::new("client-id", "fake-secret")
///     .with_redirect_uris(["http://localhost:8080/oauth/callback"]);
/// assert!(!format!("{credentials:?}").contains("fake-secret"));
/// ```
#[derive(Clone)]
pub struct ClientCredentials {
    client_id: String,
    client_secret: Secret,
    redirect_uris: Vec<String>,
    kind: ClientKind,
}

/// `client_secret.json` as Google's console gives it.
#[derive(Deserialize)]
struct Fields {
    client_id: String,
    client_secret: Secret,
    auth_uri: String,
    token_uri: String,
    #[serde(default)]
    redirect_uris: Vec<String>,
}

impl ClientCredentials {
    /// The credentials of a web client.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: Secret::new(client_secret),
            redirect_uris: Vec::new(),
            kind: ClientKind::Web,
        }
    }

    /// The redirect URIs that are registered at the provider; the app's must be one of them.
    pub fn with_redirect_uris<I: IntoIterator<Item: Into<String>>>(mut self, uris: I) -> Self {
        self.redirect_uris = uris.into_iter().map(Into::into).collect();
        self
    }

    /// Reads the `client_secret.json` that Google's console gives.
    ///
    /// # Errors
    /// `config_credentials` if the file cannot be read, can be read by others, is another kind
    /// of file (a service account's key, say), lacks a field, or names endpoints that are not
    /// Google's.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        secret_file::refuse_readable_by_others(path.as_ref())?;
        Self::from_shared_file(path)
    }

    /// Reads the same file where others may read it too, as in a container whose secrets are
    /// mounted with a mode of their own.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file), except for the mode.
    pub fn from_shared_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = secret_file::read(path)?;
        Self::from_json(&text).map_err(|error| {
            let help = error.help().unwrap_or(DOWNLOAD).to_owned();
            let text = format!("the credentials file {} cannot be used", path.display());
            Error::new(Code::ConfigCredentials, text).with_help(help).with_source(error)
        })
    }

    /// Takes the file that `GOOGLE_CLIENT_SECRET_FILE` names, or else `GOOGLE_CLIENT_ID` and
    /// `GOOGLE_CLIENT_SECRET`.
    ///
    /// # Errors
    /// `config_credentials` with the name of the variable that is missing, or as
    /// [`from_file`](Self::from_file).
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        if let Some(path) = get("GOOGLE_CLIENT_SECRET_FILE") {
            return Self::from_file(path);
        }
        let need = |name: &str| {
            get(name).ok_or_else(|| {
                let text = format!("the environment variable {name} is not set");
                Error::new(Code::ConfigCredentials, text).with_help(
                    "set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, or GOOGLE_CLIENT_SECRET_FILE",
                )
            })
        };
        Ok(Self::new(need("GOOGLE_CLIENT_ID")?, need("GOOGLE_CLIENT_SECRET")?))
    }

    fn from_json(text: &str) -> Result<Self, Error> {
        let file: Value = serde_json::from_str(text)
            .map_err(|error| wrong("this is not JSON").with_source(Place::of(&error)))?;
        let (kind, client) = match (file.get("web"), file.get("installed")) {
            (Some(client), _) => (ClientKind::Web, client),
            (None, Some(client)) => (ClientKind::Installed, client),
            (None, None) => return Err(name_other_file(&file)),
        };
        let client = Fields::deserialize(client)
            .map_err(|error| wrong("a field is missing or of another type").with_source(error))?;
        check_endpoint("auth_uri", &client.auth_uri)?;
        check_endpoint("token_uri", &client.token_uri)?;
        if client.client_id.trim().is_empty() || client.client_secret.expose().trim().is_empty() {
            return Err(wrong("`client_id` or `client_secret` is empty"));
        }
        let Fields { client_id, client_secret, redirect_uris, .. } = client;
        Ok(Self { client_id, client_secret, redirect_uris, kind })
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn client_secret(&self) -> &Secret {
        &self.client_secret
    }

    pub(crate) fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }

    pub(crate) fn kind(&self) -> ClientKind {
        self.kind
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("client_id", &self.client_id)
            .field("client_secret", &Redacted)
            .field("redirect_uris", &self.redirect_uris)
            .field("kind", &self.kind)
            .finish()
    }
}

/// Where JSON broke, without the text around it, which may be the secret.
#[derive(Debug)]
struct Place(usize, usize);

impl Place {
    fn of(error: &serde_json::Error) -> Self {
        Self(error.line(), error.column())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.0, self.1)
    }
}

impl std::error::Error for Place {}

fn wrong(text: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::ConfigCredentials, text).with_help(DOWNLOAD)
}

/// The endpoints themselves are known; a file that names others was made to mislead.
fn check_endpoint(field: &str, text: &str) -> Result<(), Error> {
    let url = url::Url::parse(text).ok().filter(|url| url.scheme() == "https");
    let host = url.as_ref().and_then(|url| url.host_str());
    if host.is_some_and(|host| GOOGLE_HOSTS.contains(&host)) {
        return Ok(());
    }
    Err(wrong(format!("`{field}` is {text:?}, which is not an endpoint of Google's")))
}

fn name_other_file(file: &Value) -> Error {
    let kind = match file.get("type").and_then(Value::as_str) {
        Some("service_account") => "a service account's key, which signs in no users",
        Some("authorized_user") => "the credentials of one user, as gcloud keeps them",
        _ if file.get("client_id").is_some() => "a flat file, without `web` around its fields",
        _ => "no client's credentials: neither `web` nor `installed` is in it",
    };
    wrong(format!("this is {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut client = serde_json::json!({
            "client_id": "id.apps.example", "client_secret": "fake-secret",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
            "redirect_uris": ["http://localhost:8080/oauth/callback"],
        });
        change(&mut client);
        serde_json::json!({ kind: client }).to_string()
    }

    #[test]
    fn both_kinds_of_file_are_read() {
        for (name, kind) in [("web", ClientKind::Web), ("installed", ClientKind::Installed)] {
            let credentials = ClientCredentials::from_json(&file(name, |_| ())).unwrap();
            assert_eq!(credentials.kind(), kind);
            assert_eq!(credentials.client_id(), "id.apps.example");
            assert!(credentials.client_secret().is(b"fake-secret"));
            assert_eq!(credentials.redirect_uris(), ["http://localhost:8080/oauth/callback"]);
        }
    }

    /// F8, and every file that people mistake for the right one.
    #[test]
    fn every_other_file_is_named_as_what_it_is() {
        let cases = [
            ("{".to_owned(), "not JSON"),
            ("[]".to_owned(), "neither"),
            ("{}".to_owned(), "neither"),
            (r#"{"type":"service_account"}"#.to_owned(), "service account"),
            (r#"{"type":"authorized_user"}"#.to_owned(), "one user"),
            (r#"{"client_id":"x"}"#.to_owned(), "flat file"),
            (r#"{"web":{}}"#.to_owned(), "field is missing"),
            (file("web", |c| c["client_secret"] = "".into()), "is empty"),
            (file("web", |c| c["token_uri"] = "http://evil.example".into()), "`token_uri`"),
            (
                file("web", |c| c["token_uri"] = "http://oauth2.googleapis.com/token".into()),
                "`token_uri`",
            ),
            (file("web", |c| c["auth_uri"] = "https://evil.example/auth".into()), "`auth_uri`"),
        ];
        for (text, expected) in cases {
            let error = ClientCredentials::from_json(&text).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
            assert!(error.help().is_some(), "{text}");
            assert!(!format!("{error:?}").contains("fake-secret"), "{text}");
        }
    }

    #[test]
    fn the_missing_variable_is_named() {
        let error = ClientCredentials::from_variables(|_| None).unwrap_err();
        assert!(error.to_string().contains("GOOGLE_CLIENT_ID"), "{error}");
        let id = |name: &str| (name == "GOOGLE_CLIENT_ID").then(|| "id".to_owned());
        let error = ClientCredentials::from_variables(id).unwrap_err();
        assert!(error.to_string().contains("GOOGLE_CLIENT_SECRET"), "{error}");
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", ClientCredentials::new("id", "fake-secret"));
        assert!(shown.contains("id") && !shown.contains("fake-secret"), "{shown}");
    }
}
