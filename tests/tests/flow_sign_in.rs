//! Sign-in, incremental consent and what comes back from them, through HTTP on loopback.

use std::time::Duration;

use oauth_runtime::fake::{Endpoint, FakeAccount};

use crate::support::{App, Browser};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const DRIVE_FILE: &str = "https://www.googleapis.com/auth/drive.file";
const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events.readonly";

/// The whole way once: refused, asked for exactly that, granted, resumed where it was.
#[tokio::test]
async fn a_page_asks_for_its_scope_and_resumes_byte_for_byte() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let asked = browser.go(app.url("/notes?a=%2B+b&c=%C3%A9")).await;
    assert_eq!(asked.status, 303);
    assert_eq!(asked.query("scope").unwrap(), format!("email {DRIVE_FILE} openid"));
    assert_eq!(asked.query("code_challenge_method").unwrap(), "S256");
    assert_eq!(asked.query("prompt"), None);
    let page = browser.authorize(app.url("/notes?a=%2B+b&c=%C3%A9"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.starts_with("notes at /notes?a=%2B+b&c=%C3%A9 with ya29."), "{}", page.body);
    assert_eq!(app.fake.calls(Endpoint::Token), 1);
}

#[tokio::test]
async fn sign_in_alone_asks_for_the_base_scopes_and_tells_who_it_is() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let asked = browser.go(app.url("/oauth/sign-in?return_to=/me")).await;
    assert_eq!(asked.query("scope").unwrap(), "email openid");
    let page = browser.authorize(app.url("/oauth/sign-in?return_to=/me"), ADA, &[]).await;
    assert_eq!(page.url.path(), "/me");
    let me = page.json();
    assert_eq!(me["issuer"], "https://accounts.google.com");
    assert_eq!(me["email"], ADA);
    assert_eq!(me["verified"], true);
    assert_eq!(me["subject"], FakeAccount::new(ADA, "").subject());
    // Signed in already: the link goes straight on.
    let again = browser.go(app.url("/oauth/sign-in?return_to=/hello")).await;
    assert_eq!((again.status, again.location().path()), (303, "/hello"));
}

/// D14, D15: the second scope is asked for alone, the first one stays, no prompt is forced.
#[tokio::test]
async fn a_second_scope_adds_to_the_first() {
    let (app, mut browser) = (App::start().await, Browser::new());
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    let asked = browser.go(app.url("/week")).await;
    assert_eq!(asked.query("scope").unwrap(), format!("email {EVENTS} openid"));
    assert_eq!(asked.query("login_hint").unwrap(), ADA);
    assert_eq!(asked.query("prompt"), None);
    assert_eq!(asked.query("include_granted_scopes").unwrap(), "true");
    let page = browser.authorize(app.url("/week"), ADA, &["calendar.events.readonly"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.json()["items"].is_array());
    for path in ["/notes", "/both", "/week"] {
        assert_eq!(browser.go(app.url(path)).await.status, 200, "{path}");
    }
    // The refresh token of the first consent still renews.
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(app.url("/both")).await.status, 200);
}

/// A page that a person reloads, or comes back to, still says what happened and offers the ways on.
#[tokio::test]
async fn a_reload_after_a_no_says_it_again() {
    let (app, mut browser) = (App::start().await, Browser::new());
    for (signed_in, wanted) in [(false, "Try again"), (true, "Grant access")] {
        if signed_in {
            browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
        }
        let consent = browser.consent_page(app.url("/notes?x=1"), ADA).await;
        let back = browser.cancel(&consent).await;
        let denied = browser.arrive(back).await;
        assert_eq!((denied.status, denied.url.path()), (403, "/oauth/callback"));
        let again = browser.follow(&denied.url).await;
        assert_eq!((again.status, again.url.query()), (403, Some("x=1")), "{}", again.body);
        assert!(again.link(wanted).query().is_some());
        // Nobody else learns anything from the address.
        assert_eq!(Browser::new().follow(&denied.url).await.status, 400);
    }
}

#[tokio::test]
async fn a_reload_after_an_unticked_box_or_another_account_goes_on() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let declined = browser.authorize(app.url("/notes?x=1"), ADA, &[]).await;
    assert_eq!((declined.status, declined.url.path()), (403, "/oauth/callback"));
    let again = browser.follow(&declined.url).await;
    assert_eq!((again.status, again.url.query()), (403, Some("x=1")));
    let arrived = browser.authorize(again.link("Grant access"), ADA, &["drive.file"]).await;
    assert_eq!(arrived.status, 200);

    let asked = browser.go(app.url("/week")).await.location();
    let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
    let mixed = browser.authorize(hinted, BOB, &["calendar.events.readonly"]).await;
    assert_eq!(mixed.status, 409);
    assert_eq!(browser.go(&mixed.url).await.location().as_str(), app.url("/week"));
}

/// D4: an unticked box is named on a page with one link, and nobody is sent round again.
#[tokio::test]
async fn an_unticked_scope_is_explained_and_can_be_granted_later() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = browser.authorize(app.url("/both?x=1"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("calendar.events.readonly"), "{}", page.body);
    assert!(!page.body.contains("drive.file"), "only what is missing is named");
    // Signed in, and what was granted works.
    assert_eq!(browser.go(app.url("/notes")).await.status, 200);
    let again = browser.go(app.url("/both?x=1")).await;
    assert_eq!(again.status, 403, "no second automatic redirect");
    let retry = again.link("Grant access");
    let page = browser.authorize(retry, ADA, &["calendar.events.readonly"]).await;
    assert_eq!((page.status, page.url.path()), (200, "/both"));
    assert_eq!(page.url.query(), Some("x=1"));
}

/// D5: cancelling changes nothing, for someone signed out and for someone signed in.
#[tokio::test]
async fn cancelling_says_so_and_offers_another_try() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let consent = browser.consent_page(app.url("/notes"), ADA).await;
    let back = browser.cancel(&consent).await;
    let page = browser.arrive(back).await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("keep your notes in your Drive"), "the handler's own words");
    assert!(!browser.cookies.contains_key("oauth"), "nobody is signed in");
    let kept: Vec<_> = browser.cookies.keys().collect();
    assert_eq!(kept, ["oauth-n"], "the flow is over, the no is remembered");
    let page = browser.authorize(page.link("Try again"), ADA, &["drive.file"]).await;
    assert_eq!((page.status, page.url.path()), (200, "/notes"));

    let consent = browser.consent_page(app.url("/week"), ADA).await;
    let back = browser.cancel(&consent).await;
    assert_eq!(browser.arrive(back).await.status, 403);
    assert_eq!(browser.go(app.url("/notes")).await.status, 200, "what was granted stays");
    assert_eq!(browser.go(app.url("/week")).await.status, 403, "explained, not sent again");
}

/// D1: another account is named beside the first, and nothing of it is kept.
#[tokio::test]
async fn another_account_is_refused_with_both_ways_on() {
    let (app, mut browser) = (App::start().await, Browser::new());
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    let asked = browser.go(app.url("/week")).await.location();
    let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
    let page = browser.authorize(hinted, BOB, &["calendar.events.readonly"]).await;
    assert_eq!(page.status, 409);
    assert!(page.body.contains(ADA) && page.body.contains(BOB), "{}", page.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
    assert!(app.fake.granted(BOB).contains("calendar"), "the other's token is not revoked");

    // One way on: as the first, with the account to be chosen again.
    let retry = browser.go(page.link("Continue as")).await;
    assert_eq!(retry.query("login_hint").unwrap(), ADA);
    assert!(retry.query("prompt").unwrap().contains("select_account"));
    // The other: switch, which is a session of its own.
    let before = browser.cookies["oauth"].clone();
    let mut old_tab = browser.tab();
    let switched = browser.authorize(page.link("Switch"), BOB, &["calendar.events.readonly"]).await;
    assert_eq!((switched.status, switched.url.path()), (200, "/week"));
    assert_ne!(browser.cookies["oauth"], before);
    assert_eq!(browser.go(app.url("/hello")).await.body, BOB);
    assert_eq!(old_tab.go(app.url("/hello")).await.body, "nobody", "the old session is over");
}

/// A10: whoever takes too long is told so, at the callback itself.
#[tokio::test]
async fn an_expired_flow_can_be_started_again() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let consent = browser.consent_page(app.url("/notes?x=1"), ADA).await;
    app.clock.advance(Duration::from_secs(9 * 60));
    let granted = browser.grant(&consent, &["drive.file"]).await;
    app.clock.advance(Duration::from_secs(61));
    let page = browser.arrive(granted).await;
    assert_eq!((page.status, page.url.path()), (400, "/oauth/callback"));
    assert_eq!(app.fake.calls(Endpoint::Token), 0);
    assert_eq!(page.link("Start again").as_str(), app.url("/notes?x=1"));
}

/// A13: following a link whose scopes another tab got meanwhile simply goes on.
#[tokio::test]
async fn a_link_for_what_is_granted_already_goes_straight_on() {
    let (app, mut browser) = (App::start().await, Browser::new());
    browser.authorize(app.url("/both"), ADA, &["drive.file"]).await;
    let explained = browser.go(app.url("/both")).await;
    let link = explained.link("Grant access");
    browser.authorize(&link, ADA, &["calendar.events.readonly"]).await;
    let again = browser.go(&link).await;
    assert_eq!((again.status, again.location().path()), (303, "/both"));
}

/// E1: a planted session id is never taken over.
#[tokio::test]
async fn a_planted_session_is_replaced() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let planted = "A".repeat(64);
    browser.cookies.insert("oauth".to_owned(), planted.clone());
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_ne!(browser.cookies["oauth"], planted);
    browser.cookies.insert("oauth".to_owned(), planted);
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
}

/// E2: granting more changes the id; the old one serves half a minute and dies.
#[tokio::test]
async fn the_session_id_changes_when_more_is_granted() {
    let (app, mut browser) = (App::start().await, Browser::new());
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    let mut old_tab = browser.tab();
    browser.authorize(app.url("/week"), ADA, &["calendar.events.readonly"]).await;
    assert_ne!(browser.cookies["oauth"], old_tab.cookies["oauth"]);
    assert_eq!(old_tab.go(app.url("/hello")).await.body, ADA);
    app.clock.advance(Duration::from_secs(31));
    assert_eq!(old_tab.go(app.url("/hello")).await.body, "nobody");
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
}

/// E9: tabs finish in any order, each at its own target.
#[tokio::test]
async fn tabs_end_where_they_began() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let mut consents = Vec::new();
    for path in ["/notes?tab=1", "/notes?tab=2", "/notes?tab=3"] {
        consents.push((path, browser.consent_page(app.url(path), ADA).await));
    }
    for (path, consent) in consents.into_iter().rev() {
        let granted = browser.grant(&consent, &["drive.file"]).await;
        let page = browser.arrive(granted).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert!(page.url.as_str().ends_with(path), "{} is not {path}", page.url);
    }
    let flows = browser.cookies.keys().filter(|name| name.starts_with("oauth-f-")).count();
    assert_eq!(flows, 0, "{:?}", browser.cookies);
}

/// E8: any number of starts leaves four flows and less than 4 KiB of cookies.
#[tokio::test]
async fn pending_flows_are_few_and_the_newest_completes() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let long = "x".repeat(550);
    for n in 0..40 {
        app.clock.advance(Duration::from_secs(1));
        browser.go(app.url(&format!("/notes?n={n}&long={long}"))).await;
        let bytes: usize = browser.cookies.iter().map(|(n, v)| n.len() + v.len() + 3).sum();
        assert!(browser.cookies.len() <= 4, "{} flows", browser.cookies.len());
        assert!(bytes < 4096, "{bytes} bytes");
    }
    let page = browser.authorize(app.url("/notes?last=1"), ADA, &["drive.file"]).await;
    assert_eq!((page.status, page.url.query()), (200, Some("last=1")));
}

/// E10, E12: signing out ends the session and whatever is pending, and nothing at the provider.
#[tokio::test]
async fn signing_out_ends_the_session_and_pending_flows() {
    let (app, mut browser) = (App::start().await, Browser::new());
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    let consent = browser.consent_page(app.url("/week"), ADA).await;
    let mut thief = browser.tab();
    let out = browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    assert_eq!(out.status, 200);
    // Who was signed out is remembered for ten minutes, sealed: a page may still be open.
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["oauth-n"]);
    assert_eq!(thief.go(app.url("/hello")).await.body, "nobody", "a stolen id is dead");
    let calls = app.fake.calls(Endpoint::Token);
    for browser in [&mut browser, &mut thief] {
        let granted = browser.grant(&consent, &["calendar.events.readonly"]).await;
        let page = browser.arrive(granted).await;
        assert_eq!(page.status, 400, "the flow died with the session");
    }
    assert_eq!(app.fake.calls(Endpoint::Token), calls);
    assert!(app.fake.granted(ADA).contains("drive.file"), "the grant is not touched");
    let out =
        browser.post(app.url("/oauth/sign-out?return_to=/hello"), &[], "same-origin", &[]).await;
    assert_eq!((out.status, out.location().path()), (303, "/hello"));
}

/// E11: nobody signs a person out from elsewhere.
#[tokio::test]
async fn signing_out_is_a_post_of_our_own_origin() {
    let (app, mut browser) = (App::start().await, Browser::new());
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(browser.go(app.url("/oauth/sign-out")).await.status, 405);
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(browser.post(app.url("/oauth/sign-out"), &[], site, &[]).await.status, 403);
    }
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
}

#[tokio::test]
async fn an_optional_token_asks_for_nothing() {
    let (app, mut browser) = (App::start().await, Browser::new());
    assert_eq!(browser.go(app.url("/maybe")).await.body, "not granted");
    browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    assert_eq!(browser.go(app.url("/maybe")).await.body, "not granted");
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(browser.go(app.url("/maybe")).await.body, "granted");
}
