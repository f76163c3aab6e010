//! A node as a process: this very program once more, as the one test that is a node.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{ClientCredentials, Keys, OAuth, OAuthBuilder, PostgresStore, RedisStore};
use serde::Deserialize;
use tokio::net::TcpListener;

use super::mortal::{Mortal, When};
use crate::support::{Folder, router};

/// What a node is told, in this order, apart by new lines.
const VARIABLE: &str = "OAUTH_TESTS_NODE";

/// A node, which ends when it is dropped.
pub struct Process {
    child: Child,
    pub port: u16,
}

/// What each node finds: the client and the key.
pub fn write_files(folder: &Folder, fake: &FakeGoogle, origin: &str) {
    let redirect_uri = format!("{origin}/oauth/callback");
    let client = fake.client_secret_json(&redirect_uri);
    let mut options = fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).mode(0o600).open(folder.path("client.json")).unwrap();
    file.write_all(client.as_bytes()).unwrap();
    // Made by whoever builds first.
    let builder = OAuth::google(ClientCredentials::new("id", "fake-secret"));
    let keys = Keys::from_file(folder.path("oauth.key")).unwrap();
    drop(builder.with_redirect_uri(redirect_uri).with_keys(keys).build().unwrap());
}

impl Process {
    pub fn start(
        folder: &Folder,
        (url, prefix): &(String, String),
        google: &str,
        origin: &str,
    ) -> Self {
        let folder = folder.path("").display().to_string();
        let told = [url, prefix, google, origin, &folder].map(String::from).join("\n");
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([
            "databases::cluster::process::a_node",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ]);
        command.env(VARIABLE, told).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().expect("a node that starts").unwrap();
            // The name of the test stands before it.
            if let Some((_, port)) = line.split_once("ready ") {
                break port.parse().unwrap();
            }
        };
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, port }
    }

    /// At once and without a word to it: `SIGKILL`.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Lets it die at one of its next operations on the store.
    pub async fn will_die(&self, operation: usize, when: When) {
        let after = when == When::After;
        let url = format!("http://localhost:{}/die?operation={operation}&after={after}", self.port);
        assert!(reqwest::get(url).await.unwrap().status().is_success());
    }

    pub fn is_dead(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The node itself, where this program was started to be one; else there is nothing to test.
#[tokio::test]
async fn a_node() {
    let Ok(told) = env::var(VARIABLE) else { return };
    let [url, prefix, google, origin, folder] = *told.split('\n').collect::<Vec<_>>() else {
        panic!("{told}")
    };
    let client = ClientCredentials::from_file(format!("{folder}/client.json")).unwrap();
    let provider = FakeGoogle::provider_at(google, client).unwrap();
    let keys = Keys::from_file(format!("{folder}/oauth.key")).unwrap();
    let builder = OAuth::builder(provider).with_public_url(origin).with_keys(keys);
    let (builder, mortal) = over(builder, url, prefix).await;
    let oauth = builder.build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("ready {}", listener.local_addr().unwrap().port());
    // An orphan ends.
    std::thread::spawn(|| {
        drop(std::io::stdin().read(&mut [0]));
        std::process::exit(0);
    });
    let app = router(&oauth).merge(Router::new().route("/die", get(die)).with_state(mortal));
    axum::serve(listener, app).await.unwrap();
}

async fn over(builder: OAuthBuilder, url: &str, prefix: &str) -> (OAuthBuilder, Mortal) {
    let mortal = if prefix.is_empty() {
        Mortal::new(PostgresStore::connect(url).await.unwrap())
    } else {
        Mortal::new(RedisStore::connect_with_prefix(url, prefix).await.unwrap())
    };
    (builder.with_store(mortal.clone()), mortal)
}

#[derive(Deserialize)]
struct Death {
    operation: usize,
    after: bool,
}

async fn die(State(mortal): State<Mortal>, Query(death): Query<Death>) {
    mortal.dies(death.operation, if death.after { When::After } else { When::Before });
}
