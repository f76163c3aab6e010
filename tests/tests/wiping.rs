//! J14: secrets are wiped from memory when the last handle to them is dropped.

use oauth_runtime::{AccountId, MemoryStore, Secret, scope};

use crate::allocator::watch;
use crate::support::{Browser, Fleet};

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
