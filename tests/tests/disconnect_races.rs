//! A disconnect stands, whatever is under way: what began before it brings nothing back, and what
//! is begun after it works.

use std::time::Duration;

use oauth_runtime::fake::{Endpoint, FakeSecurityEvent, Fault, Gate};
use oauth_runtime::{MemoryStore, Owner};
use url::Url;

use crate::support::{App, Browser, Fleet, Page};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const DRIVE: &[&str] = &["drive.file"];
const EVENTS: &[&str] = &["calendar.events.readonly"];
const MINUTE: Duration = Duration::from_secs(60);

async fn apps() -> Vec<(App, Browser)> {
    let own_login = App::with(|fake| fake, |builder| builder.with_login("/login")).await;
    let mut user = Browser::new();
    user.cookies.insert("user".to_owned(), "1".to_owned());
    vec![(App::start().await, Browser::new()), (own_login, user)]
}

async fn connect(app: &App, browser: &mut Browser) {
    let page = browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.clock.advance(11 * MINUTE);
}

async fn disconnect(browser: &mut Browser, url: impl AsRef<str>) {
    let page = browser.go(url).await;
    let page = browser.send_form(&page).await;
    assert!(page.body.contains("Your account is disconnected"), "{}", page.body);
}

fn assert_over(page: &Page) {
    assert_eq!((page.status, page.url.path()), (409, "/oauth/callback"), "{}", page.body);
    assert!(page.body.contains("Disconnected meanwhile"), "{}", page.body);
    let sets = page.set_cookies().into_iter().any(|line| !line.contains("Max-Age=0"));
    assert!(!sets, "{:?}", page.set_cookies());
}

fn assert_all_revoked(app: &App, calls: usize) {
    assert_eq!(app.fake.granted(ADA), "", "something is granted still");
    assert_eq!(app.fake.requests(Endpoint::Revocation).len(), calls);
}

/// The user is at the provider, or their code is being exchanged.
async fn returned(app: &App, browser: &mut Browser, url: Url, is_held: bool) -> Page {
    if !is_held {
        disconnect(browser, app.url("/oauth/disconnect")).await;
        return browser.go(&url).await;
    }
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let mut tab = browser.tab();
    let callback = tokio::spawn(async move { tab.go(&url).await });
    gate.waiting(1).await;
    disconnect(browser, app.url("/oauth/disconnect")).await;
    gate.open();
    callback.await.unwrap()
}

#[tokio::test]
async fn a_callback_under_way_does_not_undo_it() {
    for is_held in [false, true] {
        for (app, mut browser) in apps().await {
            connect(&app, &mut browser).await;
            let url = browser.return_address(app.url("/week"), ADA, EVENTS).await;
            let page = returned(&app, &mut browser, url, is_held).await;
            assert_over(&page);
            app.oauth.settled().await;
            assert_all_revoked(&app, 2);
            assert_eq!(browser.fetch(app.url("/notes"), &[]).await.status, 403, "nothing is kept");
            assert_eq!(app.oauth.accounts_of(&Owner::new("1").unwrap()).await.unwrap(), []);
            // The way on begins anew, and that works.
            let again = browser.authorize(page.link("Start again"), ADA, EVENTS).await;
            assert_eq!((again.status, again.url.path()), (200, "/week"), "{}", again.body);
            app.clock.advance(Duration::from_secs(3600));
            assert_eq!(browser.go(app.url("/week")).await.status, 200, "with a refresh token");
        }
    }
}

/// The provider is down just then: the late token is revoked later.
#[tokio::test]
async fn a_late_token_is_revoked_once_the_provider_answers() {
    let (app, mut browser) = (App::start().await, Browser::new());
    connect(&app, &mut browser).await;
    let url = browser.return_address(app.url("/week"), ADA, EVENTS).await;
    disconnect(&mut browser, app.url("/oauth/disconnect")).await;
    app.fake.fault(Endpoint::Revocation, Fault::Status(503));
    assert_over(&browser.go(&url).await);
    app.clock.advance(MINUTE);
    while app.fake.calls(Endpoint::Revocation) < 3 {
        tokio::task::yield_now().await;
    }
    app.oauth.settled().await;
    assert_all_revoked(&app, 3);
}

/// The beginning of a sign-in does not say which account it is for.
#[tokio::test]
async fn a_sign_in_that_was_under_way_in_another_browser_makes_no_session() {
    let (app, mut browser) = (App::start().await, Browser::new());
    connect(&app, &mut browser).await;
    let (mut other, mut bobs) = (Browser::new(), Browser::new());
    let url = other.return_address(app.url("/notes"), ADA, DRIVE).await;
    let bob = bobs.return_address(app.url("/notes"), BOB, DRIVE).await;
    disconnect(&mut browser, app.url("/oauth/disconnect")).await;
    let page = other.go(&url).await;
    assert_over(&page);
    assert_eq!(other.go(app.url("/hello")).await.body, "nobody");
    assert_eq!(other.go(&url).await.status, 400, "the answer was used");
    assert_eq!(bobs.follow(&bob).await.status, 200, "another account is not concerned");
    app.oauth.settled().await;
    assert_eq!(app.fake.granted(ADA), "");
    let again = other.authorize(page.link("Start again"), ADA, DRIVE).await;
    assert_eq!((again.status, again.url.path()), (200, "/notes"), "{}", again.body);
    // And a browser that begins after it needs no second try.
    disconnect(&mut browser, app.url("/oauth/disconnect")).await;
    let fresh = Browser::new().authorize(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(fresh.status, 200, "{}", fresh.body);
}

#[tokio::test]
async fn of_two_tabs_the_one_counts_that_began_after_it() {
    for (app, mut browser) in apps().await {
        connect(&app, &mut browser).await;
        let old = browser.return_address(app.url("/week"), ADA, EVENTS).await;
        disconnect(&mut browser, app.url("/oauth/disconnect")).await;
        let new = browser.return_address(app.url("/notes"), ADA, DRIVE).await;
        let page = browser.follow(&new).await;
        assert_eq!((page.status, page.url.path()), (200, "/notes"), "{}", page.body);
        assert_over(&browser.go(&old).await);
        assert_eq!(browser.go(app.url("/notes")).await.status, 200, "connected by the new one");
        assert_eq!(browser.fetch(app.url("/week"), &[]).await.status, 403);
        // A second disconnect ends what was begun between the two.
        app.clock.advance(11 * MINUTE);
        let between = browser.return_address(app.url("/week"), ADA, EVENTS).await;
        disconnect(&mut browser, app.url("/oauth/disconnect")).await;
        assert_over(&browser.go(&between).await);
    }
}

/// A disconnect that found nothing to delete counts too.
#[tokio::test]
async fn nothing_comes_back_after_a_second_disconnect_either() {
    let (app, mut browser) = (App::start().await, Browser::new());
    connect(&app, &mut browser).await;
    disconnect(&mut browser, app.url("/oauth/disconnect")).await;
    let url = browser.return_address(app.url("/notes"), ADA, DRIVE).await;
    let again = browser.post(app.url("/oauth/disconnect"), &[], "same-origin", &[]).await;
    assert!(again.body.contains("No account is connected"), "{}", again.body);
    assert_over(&browser.go(&url).await);
}

/// Which node began, which one disconnected, and what was known there counts for nothing.
#[tokio::test]
async fn it_stands_on_every_node() {
    let fleet = Fleet::start(2, MemoryStore::new()).await;
    let mut browser = Browser::new();
    let url = browser.return_address(fleet.url(0, "/notes"), ADA, DRIVE).await;
    assert_eq!(browser.go(&url).await.status, 303);
    // A user who came back a moment ago is not sent there again at once.
    fleet.clock.advance(11 * MINUTE);
    for (begins, ends, returns) in [(0, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 0)] {
        let mut stranger = Browser::new();
        let mine = browser.return_address(fleet.url(begins, "/week"), ADA, EVENTS).await;
        let theirs = stranger.return_address(fleet.url(begins, "/notes"), ADA, DRIVE).await;
        disconnect(&mut browser, fleet.url(ends, "/oauth/disconnect")).await;
        for (browser, url) in [(&mut browser, mine), (&mut stranger, theirs)] {
            let page = browser.go(fleet.moved(returns, &url)).await;
            assert_eq!(page.status, 409, "{begins} {ends} {returns}: {}", page.body);
        }
        // What a node knows it believes for a second.
        fleet.clock.advance(Duration::from_secs(2));
        // A user who is signed in begins anew at once, wherever; so does a stranger, at the
        // node that disconnected, and ten seconds later at another.
        let url = browser.return_address(fleet.url(begins, "/notes"), ADA, DRIVE).await;
        let page = browser.go(fleet.moved(returns, &url)).await;
        assert_eq!(page.status, 303, "{begins} {ends} {returns}: {}", page.body);
        for (begins, wait) in [(ends, 0), (1 - ends, 10)] {
            fleet.clock.advance(Duration::from_secs(wait));
            let mut fresh = Browser::new();
            let url = fresh.return_address(fleet.url(begins, "/notes"), ADA, DRIVE).await;
            let page = fresh.go(fleet.moved(returns, &url)).await;
            assert_eq!(page.status, 303, "{begins} {ends} {returns}: {}", page.body);
        }
        fleet.clock.advance(11 * MINUTE);
    }
}

/// Signing out everywhere ends the sessions that there are, and a callback under way makes none
/// of them live on.
#[tokio::test]
async fn a_callback_under_way_brings_no_session_back_that_was_ended() {
    for (path, sent) in [("/oauth/sign-out-everywhere", true), ("/oauth/sign-out", false)] {
        let (app, mut browser) = (App::start().await, Browser::new());
        connect(&app, &mut browser).await;
        let mut other = Browser::new();
        other.authorize(app.url("/me"), ADA, &[]).await;
        let urls = [
            browser.return_address(app.url("/week"), ADA, EVENTS).await,
            other.return_address(app.url("/week"), ADA, EVENTS).await,
        ];
        let gate = Gate::new();
        for _ in 0..2 {
            app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
        }
        let [mine, theirs] = urls;
        let (mut tab, mut tabs) = (browser.tab(), other.tab());
        let mine = tokio::spawn(async move { (tab.go(&mine).await, tab) });
        let theirs = tokio::spawn(async move { (tabs.go(&theirs).await, tabs) });
        gate.waiting(2).await;
        let out = browser.post(app.url(path), &[], "same-origin", &[]).await;
        assert_eq!(out.status, 200, "{}", out.body);
        gate.open();
        let ((page, mut tab), (_, mut tabs)) = (mine.await.unwrap(), theirs.await.unwrap());
        assert_eq!(page.status, 400, "{path}: {}", page.body);
        assert_eq!(tab.go(app.url("/hello")).await.body, "nobody", "{path}");
        let other = if sent { "nobody" } else { ADA };
        assert_eq!(tabs.go(app.url("/hello")).await.body, other, "{path}");
    }
}

/// The same where the provider says it.
#[tokio::test]
async fn a_callback_under_way_brings_no_session_back_that_the_provider_ended() {
    let app = App::with(|fake| fake, oauth_runtime::OAuthBuilder::with_security_events).await;
    let admin = app.fake.service_account("risc-admin@app.example").unwrap();
    let key = oauth_runtime::ServiceAccountKey::from_json(&admin).unwrap();
    app.oauth.register_security_events(&key).await.unwrap();
    let mut browser = Browser::new();
    connect(&app, &mut browser).await;
    let url = browser.return_address(app.url("/week"), ADA, EVENTS).await;
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let mut tab = browser.tab();
    let callback = tokio::spawn(async move { (tab.go(&url).await, tab) });
    gate.waiting(1).await;
    let event = FakeSecurityEvent::SessionsRevoked(ADA);
    assert_eq!(app.fake.send_security_event(&event).await.unwrap(), 202);
    gate.open();
    let (_, mut tab) = callback.await.unwrap();
    assert_eq!(tab.go(app.url("/hello")).await.body, "nobody");
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
}
