//! The client's credentials: from code, from the environment, from `client_secret.json`.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::json_file::{Place, Wiped};
use super::secret_file::{self, Readers};
use crate::error::{Code, Error};
use crate::secret::{Redacted, Secret};
use crate::shown::{self, Pasted};

const DOWNLOAD: &str = "in the Google Cloud console, under APIs & Services → Credentials, make an \
                        OAuth client ID of type \"Web application\" and download its JSON";
const FILE: &str = "GOOGLE_CLIENT_SECRET_FILE";
/// Where the text of the file is taken.
const TEXT: &str = "write it into a file of mode 0600 and give the path of that, or read the text \
                    with `ClientCredentials::from_json`";
/// Hosts that a file's endpoints may name.
const GOOGLE_HOSTS: [&str; 3] =
    ["accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"];

/// How Google's client ids end.
const GOOGLE_ID: &str = ".apps.googleusercontent.com";

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
        Self::read(path.as_ref(), Readers::OwnerOnly)
    }

    /// Reads the same file where others may read it too, as in a container whose secrets are
    /// mounted with a mode of their own.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file), except for the mode.
    pub fn from_shared_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(path.as_ref(), Readers::Anyone)
    }

    fn read(path: &Path, readers: Readers) -> Result<Self, Error> {
        let text = secret_file::read(path, readers, TEXT)?;
        Self::from_json(&text).map_err(|error| {
            let text = format!("the credentials file {} cannot be used", shown::path(path));
            Error::new(Code::ConfigCredentials, text).with_source(error)
        })
    }

    /// Takes the file that `GOOGLE_CLIENT_SECRET_FILE` names, or else `GOOGLE_CLIENT_ID` and
    /// `GOOGLE_CLIENT_SECRET`.
    ///
    /// # Errors
    /// `config_credentials` with the name of the variable that is missing, or as
    /// [`from_file`](Self::from_file).
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(get: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        if let Some(path) = get(FILE).filter(|path| !path.is_empty()) {
            return Self::from_file(Path::new(&path)).map_err(|error| in_variable(FILE, error));
        }
        let [id, secret] =
            ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"].map(|name| variable(name, get(name)));
        let credentials = Self::new(id?, secret?);
        credentials.check()?;
        Ok(credentials)
    }

    /// Reads the text of `client_secret.json`, as a secret manager hands it out. The text itself
    /// is not wiped from memory: that is up to the caller.
    ///
    /// ```
    /// use oauth_runtime::ClientCredentials;
    ///
    /// let error = ClientCredentials::from_json("client_secret.json").unwrap_err();
    /// assert_eq!(error.code(), "config_credentials"); // a path is read with `from_file`
    /// ```
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file), except for the file. Nothing of the text is in the error.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let file = serde_json::from_str(text).map(Wiped);
        let file =
            file.map_err(|error| wrong("this is not JSON").with_source(Place::of(&error)))?;
        let file = &file.0;
        let (kind, client) = match (file.get("web"), file.get("installed")) {
            (Some(client), None) => (ClientKind::Web, client),
            (None, Some(client)) => (ClientKind::Installed, client),
            (Some(_), Some(_)) => {
                return Err(wrong("both `web` and `installed` are in it: one was expected"));
            }
            (None, None) => return Err(name_other_file(file)),
        };
        let client = check_fields(client)?;
        check_endpoint("auth_uri", &client.auth_uri)?;
        check_endpoint("token_uri", &client.token_uri)?;
        let Fields { client_id, client_secret, redirect_uris, .. } = client;
        let credentials = Self { client_id, client_secret, redirect_uris, kind };
        credentials.check()?;
        Ok(credentials)
    }

    /// What ids and secrets are (RFC 6749, appendix A.1 and A.2: printable ASCII, and spaces); a
    /// newline or a quote comes along easily. An id is no secret and travels through every
    /// browser, so that what stands there is looked at.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let (id, secret) = (self.client_id(), self.client_secret.expose());
        if secret.ends_with(GOOGLE_ID) || Pasted::of(id) == Some(Pasted::ClientSecret) {
            return Err(Error::new(
                Code::ConfigCredentials,
                "the client id and the client secret are in each other's place",
            )
            .with_help("give the id first, and then the secret"));
        }
        if let Some(pasted @ (Pasted::Json | Pasted::PrivateKey | Pasted::Token | Pasted::Url)) =
            Pasted::of(id)
        {
            let text = format!("the client id is {}", pasted.noun());
            return Err(Error::new(Code::ConfigCredentials, text)
                .with_help("copy the id from the provider's console"));
        }
        for (name, text) in [("id", id), ("secret", secret)] {
            let quoted =
                ['"', '\''].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote));
            let is_clean = text.trim() == text && text.bytes().all(|b| (b' '..=b'~').contains(&b));
            if text.is_empty() || quoted || !is_clean {
                let text = format!(
                    "the client {name} is empty, stands in quotation marks, or holds more than \
                     printable ASCII"
                );
                return Err(Error::new(Code::ConfigCredentials, text).with_help(
                    "copy it again from the provider's console, without quotes, newline or space around it",
                ));
            }
        }
        Ok(())
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
            .field("client_id", &format_args!("{}", shown::name(&self.client_id)))
            .field("client_secret", &Redacted)
            .field("redirect_uris", &self.redirect_uris.len())
            .field("kind", &self.kind)
            .finish()
    }
}

/// Names the variable that holds what is wrong.
pub(super) fn in_variable(name: &str, error: Error) -> Error {
    let text = format!("in the environment variable {name}: {}", error.text());
    error.with_text(text)
}

fn wrong(text: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::ConfigCredentials, text).with_help(DOWNLOAD)
}

fn variable(name: &str, value: Option<OsString>) -> Result<String, Error> {
    let text = match value.map(OsString::into_string) {
        Some(Ok(text)) if !text.is_empty() => return Ok(text),
        Some(Ok(_)) => format!("the environment variable {name} is empty"),
        Some(Err(_)) => format!("the environment variable {name} is not Unicode"),
        None => format!("the environment variable {name} is not set"),
    };
    Err(Error::new(Code::ConfigCredentials, text)
        .with_help("set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, or GOOGLE_CLIENT_SECRET_FILE"))
}

/// Names the field that is wrong, and never what is in it.
fn check_fields(client: &Value) -> Result<Fields, Error> {
    let members = client.as_object().ok_or_else(|| wrong("`web` or `installed` is no object"))?;
    for name in ["client_id", "client_secret", "auth_uri", "token_uri"] {
        match members.get(name) {
            Some(Value::String(text)) if !text.is_empty() => {}
            Some(_) => return Err(wrong(format!("`{name}` is not a text, or is empty"))),
            None => return Err(wrong(format!("the field `{name}` is missing"))),
        }
    }
    // What is left to be wrong is the list.
    Fields::deserialize(client).map_err(|_| wrong("`redirect_uris` is not a list of texts"))
}

/// The endpoints themselves are known; a file that names others was made to mislead.
fn check_endpoint(field: &str, text: &str) -> Result<(), Error> {
    if is_google(text) {
        return Ok(());
    }
    let shown = shown::address(text);
    Err(wrong(format!("`{field}` is {shown}, which is not an endpoint of Google's")))
}

/// Whether it is the address of an endpoint of Google's.
pub(super) fn is_google(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        plain
            && url.scheme() == "https"
            && url.host_str().is_some_and(|host| GOOGLE_HOSTS.contains(&host))
    })
}

fn name_other_file(file: &Value) -> Error {
    let kind = match file.get("type").and_then(Value::as_str) {
        Some("service_account") => "a service account's key, which signs in no users",
        Some("authorized_user") => "the credentials of one user, as gcloud keeps them",
        Some("external_account") => "the configuration of a workload identity",
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
            (r#"{"type":"external_account"}"#.to_owned(), "workload identity"),
            (r#"{"web":{},"installed":{}}"#.to_owned(), "both"),
            (r#"{"web":7}"#.to_owned(), "no object"),
            (r#"{"web":["id","fake-secret","x","y",[]]}"#.to_owned(), "no object"),
            (r#"{"web":{}}"#.to_owned(), "`client_id` is missing"),
            (file("web", |c| c["client_secret"] = "".into()), "`client_secret` is not a text"),
            (file("web", |c| c["client_secret"] = 7.into()), "`client_secret` is not a text"),
            (
                file("web", |c| drop(c.as_object_mut().unwrap().remove("token_uri"))),
                "`token_uri` is",
            ),
            (file("web", |c| c["redirect_uris"] = 7.into()), "`redirect_uris`"),
            (file("web", |c| c["redirect_uris"] = vec![7].into()), "`redirect_uris`"),
            (file("web", |c| c["client_secret"] = "fake-secret\n".into()), "the client secret"),
            (file("web", |c| c["client_id"] = "an id ".into()), "the client id"),
            (
                file("web", |c| c["token_uri"] = "https://oauth2.googleapis.com:444/t".into()),
                "`token_uri`",
            ),
            (
                file("web", |c| c["token_uri"] = "https://x@oauth2.googleapis.com/token".into()),
                "`token_uri`",
            ),
            (
                file("web", |c| {
                    c["token_uri"] = "https://oauth2.googleapis.com@evil.example/".into();
                }),
                "`token_uri`",
            ),
            (
                file("web", |c| c["auth_uri"] = "https://accounts.google.com.evil.example/".into()),
                "`auth_uri`",
            ),
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
    fn the_environment_is_read_and_what_is_wrong_with_it_is_named() {
        const ID: &str = "GOOGLE_CLIENT_ID";
        const SECRET: &str = "GOOGLE_CLIENT_SECRET";
        const FILE: &str = "GOOGLE_CLIENT_SECRET_FILE";
        let read = |set: &[(&str, &str)]| {
            ClientCredentials::from_variables(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            })
        };
        let found = read(&[(ID, "id"), (SECRET, "fake-secret"), (FILE, "")]).unwrap();
        assert_eq!(found.client_id(), "id");
        assert!(found.client_secret().is(b"fake-secret"));
        let cases: [(&[_], &str); 6] = [
            (&[], "GOOGLE_CLIENT_ID is not set"),
            (&[(ID, "id")], "GOOGLE_CLIENT_SECRET is not set"),
            (&[(ID, ""), (SECRET, "s")], "GOOGLE_CLIENT_ID is empty"),
            (&[(ID, "id"), (SECRET, "s\n")], "the client secret"),
            (&[(ID, "\"id\""), (SECRET, "s")], "the client id"),
            (&[(ID, "id"), (SECRET, "s"), (FILE, "no-such-file.json")], "no-such-file.json"),
        ];
        for (set, expected) in cases {
            let error = read(set).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.help().is_some(), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_named_as_that() {
        use std::os::unix::ffi::OsStringExt as _;
        let read = ClientCredentials::from_variables(|name| {
            (name == "GOOGLE_CLIENT_ID").then(|| OsString::from_vec(vec![0xff]))
        });
        assert!(read.unwrap_err().to_string().contains("not Unicode"));
    }

    /// A folder that goes with the test.
    #[cfg(unix)]
    struct Folder(std::path::PathBuf);

    #[cfg(unix)]
    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("oauth-runtime-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn file(&self, mode: u32, text: &str) -> std::path::PathBuf {
            use std::os::unix::fs::PermissionsExt as _;
            let path = self.0.join("client_secret.json");
            drop(std::fs::remove_file(&path));
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    #[cfg(unix)]
    impl Drop for Folder {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    /// J21.
    #[cfg(unix)]
    #[test]
    fn a_secret_file_that_others_can_read_is_refused_with_the_remedy() {
        let folder = Folder::new("mode");
        let text = file("web", |_| ());
        for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
            let path = folder.file(mode, &text);
            let error = ClientCredentials::from_file(&path).unwrap_err();
            assert_eq!(error.code(), "config_credentials", "{mode:o}");
            assert!(error.help().unwrap().contains(&format!("chmod 600 {}", path.display())));
            assert!(ClientCredentials::from_shared_file(&path).is_ok(), "{mode:o}");
        }
        for mode in [0o600, 0o400] {
            let read = ClientCredentials::from_file(folder.file(mode, &text));
            assert_eq!(read.unwrap().client_id(), "id.apps.example", "{mode:o}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_one_is_named_with_its_path() {
        let folder = Folder::new("size");
        for text in ["{".to_owned(), format!("{}{}", file("web", |_| ()), " ".repeat(65 * 1024))] {
            let path = folder.file(0o600, &text);
            let error = ClientCredentials::from_file(&path).unwrap_err();
            assert!(error.to_string().contains("client_secret.json"), "{error}");
        }
        let error = ClientCredentials::from_file(folder.0.join("none.json")).unwrap_err();
        assert!(error.to_string().contains("none.json"), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_work_tree_that_does_not_ignore_the_file_is_found() {
        use super::super::git::exposing_work_tree;
        let folder = Folder::new("git");
        let path = folder.file(0o600, "{}");
        let exposing = |ignore: &str| {
            std::fs::write(folder.0.join(".gitignore"), ignore).unwrap();
            exposing_work_tree(&path)
        };
        assert_eq!(exposing(""), None, "no work tree");
        std::fs::create_dir_all(folder.0.join(".git/info")).unwrap();
        assert_eq!(exposing("target\n"), folder.0.canonicalize().ok());
        assert_eq!(exposing("target\nclient_secret*.json\n"), None);
        assert!(exposing("*.json\n!client_secret.json\n").is_some(), "taken back in");
        assert_eq!(exposing("!client_secret.json\n*.json\n"), None);
        std::fs::write(folder.0.join(".git/info/exclude"), "*.json\n").unwrap();
        assert_eq!(exposing("target\n"), None, "ignored by its owner alone");
        assert!(exposing("!client_secret.json\n").is_some(), "the tree's own list comes first");
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", ClientCredentials::new("id", "fake-secret"));
        assert!(shown.contains("id") && !shown.contains("fake-secret"), "{shown}");
    }
}
