//! A server as a process of its own, which ends with the test.

use std::io::{BufRead, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use oauth_runtime::{ClientCredentials, Provider};
use serde_json::Value;

/// As both servers have them.
pub const CLIENT_ID: &str = "oauth-tests";
pub const CLIENT_SECRET: &str = "fake secret: 100% +";

/// What somebody else's server is called, and what its pages have.
pub struct Kind {
    pub folder: &'static str,
    /// What has to be in the folder, and runs the script.
    installed: &'static str,
    program: &'static str,
    script: &'static str,
    /// What every request asks for, so that a refresh token comes.
    pub base_scopes: &'static [&'static str],
    /// What is typed in to sign in, with what follows the name.
    pub sign_in: &'static [(&'static str, Option<&'static str>)],
    pub submit: &'static str,
    /// Where its consent page says what is asked for, and to whom.
    pub asked: &'static str,
    pub account: &'static str,
    pub agree: &'static str,
    pub cancel: &'static str,
}

pub static OIDC_PROVIDER: Kind = Kind {
    folder: "oidc-provider",
    installed: "node_modules/oidc-provider",
    program: "node",
    script: "server.mjs",
    base_scopes: &["openid", "email", "offline_access"],
    sign_in: &[("#name", None)],
    submit: "button[value='continue']",
    asked: "fieldset",
    account: ".account",
    agree: "button[value='continue']",
    cancel: "button[value='cancel']",
};

pub static CANAILLE: Kind = Kind {
    folder: "canaille",
    installed: ".venv/bin/python",
    program: ".venv/bin/python",
    script: "server.py",
    base_scopes: &["openid", "email"],
    sign_in: &[("#login", None), ("#password", Some("a fake password"))],
    submit: "form button[type='submit']",
    asked: ".ui.divided.items",
    account: ".ui.segment",
    agree: "#accept",
    cancel: "#deny",
};

pub static BOTH: [&Kind; 2] = [&OIDC_PROVIDER, &CANAILLE];

/// One of them on a port of the system's choice.
pub struct Server {
    pub kind: &'static Kind,
    pub issuer: String,
    process: Child,
    http: reqwest::Client,
    /// Held open, so that the server can say what it likes.
    _output: BufReader<ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Server {
    /// Starts it for an app with this redirect URI. Its access tokens live so many seconds.
    pub fn start(kind: &'static Kind, redirect_uri: &str, seconds: u32) -> Self {
        let folder = oauth_tests::root().join("tests/servers").join(kind.folder);
        let installed = folder.join(kind.installed).exists();
        assert!(installed, "`cargo verify` installs what is missing in {}", folder.display());
        println!("at {}:", kind.folder);
        // A program of the folder's own is found there.
        let own = folder.join(kind.program);
        let program = if own.exists() { own } else { kind.program.into() };
        let mut command = Command::new(program);
        command.args([kind.script, redirect_uri, &seconds.to_string()]).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("it runs");
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.strip_prefix("listening on port ")?.parse().ok());
        let port: u16 = port.expect("the server names its port");
        let issuer = format!("http://127.0.0.1:{port}");
        Self { kind, issuer, process, http: reqwest::Client::new(), _output: output }
    }

    /// The server as it describes itself, and this app's client.
    pub async fn provider(&self) -> Provider {
        let credentials = ClientCredentials::new(CLIENT_ID, CLIENT_SECRET);
        Provider::discover("example", "Example", &self.issuer, credentials).await.unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.issuer)
    }

    /// Every call of the token endpoint, also those that are held back.
    pub async fn token_calls(&self) -> u64 {
        self.counts().await["token"].as_u64().unwrap()
    }

    /// How often the token endpoint gave tokens for a grant type.
    pub async fn granted(&self, grant_type: &str) -> u64 {
        self.counts().await["granted"][grant_type].as_u64().unwrap_or_default()
    }

    /// Nothing that the app sent was refused: no token of its was dead or too narrow.
    pub async fn assert_refused_nothing(&self) {
        let counts = self.counts().await;
        assert_eq!(counts["refused"], serde_json::json!({}), "{counts}");
        assert_eq!(counts["api"]["refused"], 0, "{counts}");
    }

    /// Answers no call of the token endpoint until `release`.
    pub async fn hold(&self) {
        self.ask("test/hold").await;
    }

    pub async fn release(&self) {
        self.ask("test/release").await;
    }

    /// The person withdraws, at the server, what the app was last given tokens for.
    pub async fn withdraw(&self) {
        self.ask("test/withdraw").await;
    }

    /// From here on the server signs with another key, and lists no other.
    pub async fn rotate_its_key(&self) {
        self.ask("test/rotate").await;
    }

    /// From here on the API takes this access token for a dead one.
    pub async fn spend(&self, token: &str) {
        self.ask(&format!("test/spend?token={token}")).await;
    }

    /// Waits until the server itself no longer takes the access token.
    pub async fn until_dead(&self, token: &str) {
        self.ask(&format!("test/dead?token={token}")).await;
    }

    /// What the token endpoint answers this app's client.
    pub async fn ask_for_tokens(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let metadata = self.ask(".well-known/openid-configuration").await;
        let endpoint = metadata["token_endpoint"].as_str().unwrap();
        // RFC 6749 §2.3.1: both are form-encoded first; a space as %20, which every server decodes.
        let secret = url::form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes());
        let secret = secret.collect::<String>().replace('+', "%20");
        let request = self.http.post(endpoint).form(fields);
        let answer = request.basic_auth(CLIENT_ID, Some(secret)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn counts(&self) -> Value {
        self.ask("test/counts").await
    }

    async fn ask(&self, path: &str) -> Value {
        self.http.get(self.url(path)).send().await.unwrap().json().await.unwrap()
    }
}
