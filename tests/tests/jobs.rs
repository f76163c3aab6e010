//! Outside of any request: tokens for jobs, the link in an e-mail, signing out everywhere.

use std::time::Duration;

use oauth_runtime::fake::{Endpoint, Quirk};
use oauth_runtime::{AccountId, MemoryStore, Owner, scope, scope_set};

use crate::support::{App, Browser, Fleet};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

scope_set!(Week = "calendar.events.readonly");

async fn signed_in(app: &App) -> (Browser, AccountId) {
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let me = browser.go(app.url("/me")).await.json();
    let text = |name: &str| me[name].as_str().unwrap().to_owned();
    let id = format!("{}#{}", text("issuer"), text("subject"));
    (browser, id.parse().unwrap())
}

/// A job has a token though nobody is there, also after it ended, and calls APIs with it.
#[tokio::test]
async fn a_job_gets_a_token_and_renews_it() {
    let app = App::start().await;
    let (mut browser, id) = signed_in(&app).await;
    browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    let account = app.oauth.account(&id);
    let first = account.token::<scope::DriveFile>().await.unwrap();
    app.clock.advance(Duration::from_secs(3600));
    let second = account.token::<scope::DriveFile>().await.unwrap();
    assert_ne!(first.access_token(), second.access_token());
    assert_eq!(second.account(), &id);
    let client = second.client();
    let files = client.get::<serde_json::Value>(&client.url("drive", "/drive/v3/files")).await;
    assert!(files.is_ok(), "{files:?}");
    app.clock.advance(Duration::from_secs(3600));
    let fresh = second.fresh().await.unwrap();
    assert_ne!(fresh.access_token(), second.access_token());
}

/// What is missing is asked for by a link that can be sent: a week long, for whoever has the
/// account, and with no session in it.
#[tokio::test]
async fn what_a_job_lacks_is_asked_for_by_a_link_in_an_e_mail() {
    let app = App::start().await;
    let (_, id) = signed_in(&app).await;
    let account = app.oauth.account(&id);
    let error = account.token::<Week>().await.unwrap_err();
    assert!(error.is_consent_required(), "{error:?}");
    let link = error.authorize_url().unwrap().to_owned();
    assert!(link.starts_with(&app.origin), "{link}");
    app.clock.advance(Duration::from_secs(6 * 86_400));
    let mut other = Browser::new();
    let begun = other.go(&link).await;
    assert_eq!(begun.query("login_hint").as_deref(), Some(ADA));
    let page = other.authorize(&link, ADA, &["calendar.events.readonly"]).await;
    assert_eq!((page.status, page.url.path()), (200, "/"), "{}", page.body);
    assert!(account.token::<Week>().await.is_ok());
    app.clock.advance(Duration::from_secs(86_401));
    let late = Browser::new().go(&link).await;
    assert_eq!(late.status, 400, "after seven days");
}

/// D17 for a job: access that was withdrawn is told as such, by `token` and by an API.
#[tokio::test]
async fn a_job_is_told_when_access_was_withdrawn() {
    let app = App::start().await;
    let (_, id) = signed_in(&app).await;
    let token = app.oauth.account(&id).token::<scope::DriveFile>().await.unwrap();
    app.clock.advance(Duration::from_secs(60));
    app.fake.revoke_access_of(ADA);
    let client = token.client();
    let url = client.url("drive", "/drive/v3/files");
    let error = client.get::<serde_json::Value>(&url).await.unwrap_err();
    assert!(error.is_consent_required(), "{error:?}");
    assert!(error.authorize_url().unwrap().starts_with(&app.origin));
    let error = app.oauth.account(&id).token::<scope::DriveFile>().await.unwrap_err();
    assert!(error.is_consent_required(), "{error:?}");
}

#[tokio::test]
async fn an_account_that_nobody_has_is_asked_for() {
    let app = App::start().await;
    let nobody: AccountId = "https://accounts.google.com#1".parse().unwrap();
    let error = app.oauth.account(&nobody).token::<scope::DriveFile>().await.unwrap_err();
    assert_eq!(error.code(), "consent_required");
    let mut browser = Browser::new();
    let page = browser.authorize(error.authorize_url().unwrap(), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200);
    app.oauth.account(&nobody).sign_out_everywhere().await.unwrap();
}

/// A provider that is down is no reason to ask the person.
#[tokio::test]
async fn a_provider_that_is_down_is_told_from_access_that_is_gone() {
    let app = App::start().await;
    let (_, id) = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(3600));
    app.fake.fault(Endpoint::Token, oauth_runtime::fake::Fault::Status(503));
    let error = app.oauth.account(&id).token::<scope::DriveFile>().await.unwrap_err();
    assert!(error.is_transient() && !error.is_consent_required(), "{error:?}");
    assert_eq!(error.authorize_url(), None);
}

/// In an app with a login of its own the link is the user's whose account it is.
#[tokio::test]
async fn the_accounts_of_a_user_and_a_link_for_him_alone() {
    let app = App::with(|fake| fake, |builder| builder.with_login("/login")).await;
    let mut user = Browser::new();
    user.cookies.insert("user".to_owned(), "1".to_owned());
    user.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    let owner = |id: &str| Owner::new(id).unwrap();
    let accounts = app.oauth.accounts_of(&owner("1")).await.unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(app.oauth.accounts_of(&owner("2")).await.unwrap(), []);
    let account = app.oauth.account(&accounts[0]);
    assert!(account.token::<scope::DriveFile>().await.is_ok());
    let link = account.token::<Week>().await.unwrap_err();
    let link = link.authorize_url().unwrap().to_owned();
    let mut other = Browser::new();
    other.cookies.insert("user".to_owned(), "2".to_owned());
    assert_eq!(other.go(&link).await.status, 400, "it is not for another user");
    let page = user.authorize(&link, ADA, &["calendar.events.readonly"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(account.token::<Week>().await.is_ok());
    let error = account.sign_out_everywhere().await.unwrap_err();
    assert_eq!(error.code(), "config_option");
    app.oauth.unlink(&owner("1")).await.unwrap();
    let error = account.token::<scope::DriveFile>().await.unwrap_err();
    assert_eq!(error.authorize_url(), Some(app.url("/oauth/sign-in").as_str()));
}

/// Every browser, on every node; what was granted stays, and other people stay signed in.
#[tokio::test]
async fn signing_out_everywhere_ends_every_session_of_one_account() {
    let fleet = Fleet::start(2, MemoryStore::new()).await;
    fleet.fake.unset(Quirk::RotateRefreshTokens);
    let mut browsers = Vec::new();
    for (node, email) in [(0, ADA), (1, ADA), (1, BOB)] {
        let mut browser = Browser::new();
        browser.authorize(fleet.url(node, "/notes"), email, &["drive.file"]).await;
        browsers.push((browser, email));
    }
    let me = browsers[0].0.go(fleet.url(0, "/me")).await.json();
    let id = format!("https://accounts.google.com#{}", me["subject"].as_str().unwrap());
    let account = fleet.oauth(0).account(&id.parse().unwrap());
    account.sign_out_everywhere().await.unwrap();
    assert_eq!(browsers[0].0.go(fleet.url(0, "/hello")).await.body, "nobody", "at once here");
    fleet.clock.advance(Duration::from_secs(1));
    for (browser, email) in &mut browsers {
        for node in 0..2 {
            let expected = if *email == ADA { "nobody" } else { BOB };
            assert_eq!(browser.go(fleet.url(node, "/hello")).await.body, expected);
        }
    }
    assert!(account.token::<scope::DriveFile>().await.is_ok(), "jobs go on");
    let (ada, _) = &mut browsers[0];
    assert_eq!(ada.authorize(fleet.url(1, "/notes"), ADA, &[]).await.status, 200);
}
