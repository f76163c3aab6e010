//! J14: secrets are wiped from memory when the last handle to them is dropped.

use std::path::PathBuf;
use std::sync::mpsc;

use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{
    AccountId, ClientCredentials, MemoryStore, OAuth, Secret, ServiceAccountKey, Token, scope,
};
use tokio::sync::oneshot;

use crate::allocator::{watch, watch_heads};
use crate::support::{App, Browser, Fleet, Folder};

const ADA: &str = "ada@example.com";
/// Every access token of the fake begins so.
const TOKEN: &str = "ya29.";

#[test]
fn memory_that_was_not_wiped_is_seen() {
    let text = format!("{TOKEN}fake");
    watch(Some(TOKEN));
    drop(text);
    assert_eq!(watch(None), 1);
}

#[test]
fn a_secret_is_wiped_with_its_last_clone() {
    let mut text = String::with_capacity(100);
    text.push_str(TOKEN);
    watch(Some(TOKEN));
    let secret = Secret::new(text);
    drop(secret.clone());
    drop(secret);
    assert_eq!(watch(None), 0);
}

/// From the store to the handler's token and back into nothing, on a node that never had the
/// tokens from the provider.
#[tokio::test]
async fn a_token_that_came_from_a_store_is_wiped() {
    let mut fleet = Fleet::start(1, MemoryStore::new()).await;
    let mut browser = Browser::new();
    let page = browser.authorize(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let me = browser.go(fleet.url(0, "/me")).await.json();
    let text = |name: &str| me[name].as_str().unwrap();
    let id: AccountId = format!("{}#{}", text("issuer"), text("subject")).parse().unwrap();
    fleet.add().await;
    let account = fleet.oauth(1).account(&id);
    watch(Some(TOKEN));
    let token = account.token::<scope::DriveFile>().await.unwrap();
    let length = token.access_token().len();
    drop((token, account, fleet));
    assert_eq!(watch(None), 0);
    assert!(length > TOKEN.len());
}

/// A text for as long as the tests run.
fn lasting(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[test]
fn pieces_that_begin_with_a_text_are_told_from_those_that_hold_it() {
    watch_heads(TOKEN);
    drop(["a ", TOKEN].concat());
    drop([TOKEN, "fake"].concat());
    assert_eq!(watch(None), 1);
}

#[test]
fn the_header_of_a_token_is_wiped() {
    let token = Token::<scope::DriveFile>::fake("ya29.fake");
    watch(Some(TOKEN));
    drop(token.authorization());
    assert_eq!(watch(None), 0);
}

/// The record of a pending authorization has the seed of state, nonce and verifier. It is known
/// by its last field: a path of 33 bytes, behind its length, which is written as `!`.
#[tokio::test]
async fn the_record_of_a_pending_authorization_is_wiped() {
    const FIELD: &str = "!/notes?mark=fake-fake-fake-fake-1";
    let (length, path) = FIELD.split_at(1);
    assert_eq!(path.len(), usize::from(length.as_bytes()[0]));
    let app = App::start().await;
    let mut browser = Browser::new();
    watch(Some(FIELD));
    let page = browser.go(app.url(path)).await;
    assert_eq!(watch(None), 0);
    assert_eq!(page.status, 303, "{}", page.body);
}

#[cfg(unix)]
fn private_file(folder: &Folder, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.path("secret.json");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_of_credentials_are_wiped() {
    let (folder, fake) = (Folder::new(), FakeGoogle::start().await.unwrap());
    let text = fake.service_account("robot@app.example").unwrap();
    // A line in the middle of the key.
    let line = lasting(text.split("\\n").nth(5).unwrap());
    assert!(line.len() > 40, "{line}");
    let path = private_file(&folder, &text);
    watch(Some(line));
    drop(ServiceAccountKey::from_file(&path).unwrap());
    assert_eq!(watch(None), 0, "the private key");

    let callback = "http://localhost:8080/oauth/callback";
    let path = private_file(&folder, &fake.client_secret_json(callback));
    watch(Some("GOCSPX-fake-"));
    drop(ClientCredentials::from_file(&path).unwrap());
    assert_eq!(watch(None), 0, "the client's secret");
}

/// The server is on a thread of its own, so that only what the client gives back is looked at.
#[tokio::test]
async fn what_is_sent_to_a_token_endpoint_and_what_comes_back_is_wiped() {
    for (text, piece) in [("grant_type=", "the form"), ("{\"access_token\"", "the answer")] {
        let (told, hear) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                told.send(FakeGoogle::start().await.unwrap()).unwrap();
                drop(stopped.await);
            });
        });
        let fake = hear.recv().unwrap();
        let builder = fake.builder_for("http://localhost:8080/oauth/callback").unwrap();
        let oauth: OAuth = builder.build().unwrap();
        let key = fake.service_account("robot@app.example").unwrap();
        let robot = oauth.service_account(ServiceAccountKey::from_json(&key).unwrap()).unwrap();
        watch_heads(text);
        let token = robot.token::<scope::DriveFile>().await.unwrap();
        drop((token, robot, oauth));
        assert_eq!(watch(None), 0, "{piece}");
        drop((fake, stop));
        server.join().unwrap();
    }
}
