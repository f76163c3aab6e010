//! Disconnecting an account: what it granted is deleted here and revoked at the provider, however
//! often the provider has to be told.

use std::time::Duration;

use oauth_runtime::fake::{Endpoint, Fault, Gate, Quirk};
use oauth_runtime::{AccountId, Disconnection, MemoryStore, Owner};

use crate::support::{App, Browser, Fleet, Page};

const ADA: &str = "ada@example.com";
const DRIVE: &[&str] = &["drive.file"];
const MINUTE: Duration = Duration::from_secs(60);

async fn signed_in(app: &App) -> Browser {
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    // A page that asked a moment ago would not send him on by itself.
    app.clock.advance(11 * MINUTE);
    browser
}

async fn disconnect(browser: &mut Browser, app: &App) -> Page {
    let page = browser.go(app.url("/oauth/disconnect")).await;
    browser.send_form(&page).await
}

async fn account(browser: &mut Browser, app: &App) -> AccountId {
    let me = browser.go(app.url("/me")).await.json();
    let id = format!("{}#{}", me["issuer"].as_str().unwrap(), me["subject"].as_str().unwrap());
    id.parse().unwrap()
}

fn revocations(app: &App) -> Vec<String> {
    let requests = app.fake.requests(Endpoint::Revocation);
    requests.iter().filter_map(|it| it.field("token").map(str::to_owned)).collect()
}

/// Waits until the provider was asked so often, and the answer was heard.
async fn until_asked(app: &App, calls: usize) {
    while app.fake.calls(Endpoint::Revocation) < calls {
        tokio::task::yield_now().await;
    }
    settled(app).await;
}

/// Whoever slept has had his turn, and what he began is done.
async fn settled(app: &App) {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    app.oauth.settled().await;
}

fn is_granted(app: &App) -> bool {
    !app.fake.granted(ADA).is_empty()
}

/// D19: the page says what it means before anything is done; then the tokens are gone at both
/// ends, the person stays signed in, and the next page asks again.
#[tokio::test]
async fn a_person_takes_back_everything() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let page = browser.go(app.url("/oauth/disconnect")).await;
    assert_eq!(page.status, 200);
    for text in ["everything that you ever granted", ADA, "Disconnect"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(revocations(&app).is_empty() && is_granted(&app), "a look changes nothing");
    let page = browser.send_form(&page).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Your account is disconnected"), "{}", page.body);
    let sent = revocations(&app);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].starts_with("1//"), "the refresh token rather than the access token");
    let request = &app.fake.requests(Endpoint::Revocation)[0];
    assert_eq!(request.field("client_secret"), None);
    assert!(!is_granted(&app));
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA, "still signed in");
    let again = browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(again.status, 200, "{}", again.body);
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(app.url("/notes")).await.status, 200, "with a refresh token");
}

/// D19: what the provider does not know any longer is revoked, and it is asked again for as long
/// as it does not answer.
#[tokio::test]
async fn a_provider_that_is_down_is_told_again() {
    for fault in [
        Fault::Status(500),
        Fault::Status(403),
        Fault::RetryAfter(5),
        Fault::Drop,
        Fault::OAuthError("invalid_client"),
    ] {
        let app = App::start().await;
        let mut browser = signed_in(&app).await;
        app.fake.fault(Endpoint::Revocation, fault.clone());
        app.fake.fault(Endpoint::Revocation, Fault::Status(503));
        let page = disconnect(&mut browser, &app).await;
        assert!(page.body.contains("disconnected here"), "{fault:?}: {}", page.body);
        assert_eq!(browser.go(app.url("/notes")).await.status, 303, "the tokens are gone here");
        for calls in 2..=3 {
            app.clock.advance(MINUTE);
            until_asked(&app, calls).await;
        }
        assert!(!is_granted(&app), "{fault:?}");
        app.clock.advance(MINUTE * 60 * 24);
        settled(&app).await;
        assert_eq!(revocations(&app).len(), 3, "{fault:?}: told until it confirmed");
    }
}

/// D19: an answer that got lost, or a token that died before: 400 `invalid_token` is a yes.
#[tokio::test]
async fn a_token_that_the_provider_does_not_know_is_revoked() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let account = account(&mut browser, &app).await;
    app.fake.revoke_access_of(ADA);
    let outcome = app.oauth.account(&account).disconnect().await.unwrap();
    assert_eq!(outcome, Disconnection::Revoked);
    let outcome = app.oauth.account(&account).disconnect().await.unwrap();
    assert_eq!(outcome, Disconnection::NotConnected, "and nothing is sent twice");
    assert_eq!(revocations(&app).len(), 1);
    let stranger: AccountId = "https://accounts.google.com#1".parse().unwrap();
    let outcome = app.oauth.account(&stranger).disconnect().await.unwrap();
    assert_eq!(outcome, Disconnection::NotConnected);
}

/// Google would take back the new grant together with the old one.
#[tokio::test]
async fn who_connects_again_before_the_provider_was_told_stays_connected() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.fake.fault(Endpoint::Revocation, Fault::Status(503));
    disconnect(&mut browser, &app).await;
    let page = browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.clock.advance(MINUTE);
    settled(&app).await;
    assert_eq!(revocations(&app).len(), 1);
    assert!(is_granted(&app));
    assert_eq!(browser.go(app.url("/notes")).await.status, 200);
}

/// A refresh that was under way brings nothing back: what it brought is revoked too.
#[tokio::test]
async fn a_refresh_under_way_does_not_undo_it() {
    let app = App::start().await;
    app.fake.set(Quirk::RotateRefreshTokens);
    let mut browser = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(3600));
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let (mut tab, url) = (browser.tab(), app.url("/guarded"));
    let refresh = tokio::spawn(async move { tab.go(url).await.status });
    gate.waiting(1).await;
    app.fake.fault(Endpoint::Revocation, Fault::LoseAnswer);
    disconnect(&mut browser, &app).await;
    gate.open();
    assert_ne!(refresh.await.unwrap(), 200);
    app.clock.advance(MINUTE);
    settled(&app).await;
    assert_eq!(browser.go(app.url("/notes")).await.status, 303, "nothing came back");
}

/// Another site cannot do it, a look does nothing, and the app may have a page of its own.
#[tokio::test]
async fn only_a_form_of_the_app_itself_disconnects() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    for site in ["cross-site", "same-site"] {
        let page = browser.post(app.url("/oauth/disconnect"), &[], site, &[]).await;
        assert_eq!(page.status, 403, "{}", page.body);
    }
    let fetched = browser.fetch(app.url("/oauth/disconnect"), &[]).await;
    assert_eq!(fetched.status, 200);
    assert!(revocations(&app).is_empty());
    let url = app.url("/oauth/disconnect?return_to=/hello");
    let page = browser.post(&url, &[], "same-origin", &[]).await;
    assert_eq!((page.status, page.location().path()), (303, "/hello"));
    assert!(!is_granted(&app));
    for mut browser in [browser, Browser::new()] {
        let page = browser.go(app.url("/oauth/disconnect")).await;
        assert!(page.status == 200 && page.body.contains("No account is connected"));
        let page = browser.post(app.url("/oauth/disconnect"), &[], "same-origin", &[]).await;
        assert!(page.body.contains("No account is connected"), "{}", page.body);
    }
}

#[tokio::test]
async fn in_an_app_with_its_own_login_the_account_is_free_for_another_user() {
    let app = App::with(|fake| fake, |builder| builder.with_login("/login")).await;
    let mut browser = Browser::new();
    let page = browser.go(app.url("/oauth/disconnect")).await;
    assert_eq!((page.status, page.location().path()), (303, "/login"));
    let page = browser.post(app.url("/oauth/disconnect"), &[], "same-origin", &[]).await;
    assert_eq!(page.status, 401, "{}", page.body);
    browser.cookies.insert("user".to_owned(), "1".to_owned());
    browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    let page = disconnect(&mut browser, &app).await;
    assert!(page.body.contains("Your account is disconnected"), "{}", page.body);
    assert!(!is_granted(&app));
    let owner = Owner::new("1").unwrap();
    assert!(app.oauth.accounts_of(&owner).await.unwrap().is_empty());
    let mut other = Browser::new();
    other.cookies.insert("user".to_owned(), "2".to_owned());
    assert_eq!(other.authorize(app.url("/notes"), ADA, DRIVE).await.status, 200);
}

/// The node that was to tell the provider dies: another does it, once.
#[tokio::test]
async fn what_a_node_left_undone_another_does() {
    let mut fleet = Fleet::start(2, MemoryStore::new()).await;
    let mut browser = Browser::new();
    browser.authorize(fleet.url(0, "/notes"), ADA, DRIVE).await;
    fleet.clock.advance(11 * MINUTE);
    fleet.fake.fault(Endpoint::Revocation, Fault::Status(503));
    let page = browser.go(fleet.url(0, "/oauth/disconnect")).await;
    let page = browser.send_form(&page).await;
    assert!(page.body.contains("disconnected here"), "{}", page.body);
    assert_eq!(browser.go(fleet.url(1, "/notes")).await.status, 303, "on the other node too");
    fleet.oauth(0).shutdown().await;
    fleet.clock.advance(MINUTE);
    fleet.add().await;
    assert!(!fleet.fake.granted(ADA).is_empty());
    // Somebody signs in there, and the node looks around.
    let mut bob = Browser::new();
    let callback = bob.return_address(fleet.url(2, "/notes"), "bob@example.com", DRIVE).await;
    assert_eq!(bob.go(fleet.moved(2, &callback)).await.status, 303);
    fleet.oauth(2).settled().await;
    assert!(fleet.fake.granted(ADA).is_empty());
    assert_eq!(fleet.fake.requests(Endpoint::Revocation).len(), 2);
}

/// D17: the person removes the app at the provider. The refresh says so; the session stays, and
/// the page asks again.
#[tokio::test]
async fn a_grant_that_was_taken_back_at_the_provider_is_noticed() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    app.fake.revoke_access_of(ADA);
    app.clock.advance(Duration::from_secs(3600));
    let page = browser.go(app.url("/notes")).await;
    assert_eq!(page.status, 303, "asks at once: {}", page.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA, "still signed in");
    assert!(browser.go(app.url("/consents")).await.body.contains("Ended"));
    let page = browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(page.status, 200, "{}", page.body);
}
