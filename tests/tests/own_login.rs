//! An app with a login of its own: accounts are linked to its users, whatever browser they use.

use std::time::Duration;

use http::Method;
use oauth_examples::own_login::OwnLogin;
use oauth_runtime::fake::{Endpoint, FakeGoogle, Fault};
use oauth_runtime::{ClientCredentials, OAuth, OAuthBuilder, Owner};
use tokio::task::JoinHandle;
use url::Url;

use crate::support::{App, Browser, Page};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const DRIVE: &[&str] = &["drive.file"];

async fn app() -> App {
    App::with(|fake| fake, |builder| builder.with_login("/login")).await
}

/// A browser in which a user of the app is logged in.
fn browser_of(user: &str) -> Browser {
    let mut browser = Browser::new();
    log_in(&mut browser, user);
    browser
}

fn log_in(browser: &mut Browser, user: &str) {
    browser.cookies.insert("user".to_owned(), user.to_owned());
}

fn log_out(browser: &mut Browser) {
    browser.cookies.remove("user");
}

fn owner(user: &str) -> Owner {
    Owner::new(user).unwrap()
}

async fn sent(browser: &mut Browser, app: &App, path: &str) -> Page {
    let (origin, referer) = (app.origin.clone(), app.url("/hello?form=1"));
    let headers = [("origin", origin.as_str()), ("referer", referer.as_str())];
    browser.post(app.url(path), &[("title", "private")], "same-origin", &headers).await
}

#[tokio::test]
async fn an_account_is_linked_and_is_there_in_every_browser_of_the_user() {
    let app = app().await;
    let mut browser = browser_of("1");
    let notes = browser.authorize(app.url("/notes?page=2"), ADA, DRIVE).await;
    assert_eq!(notes.status, 200, "{}", notes.body);
    assert!(notes.body.starts_with("notes at /notes?page=2"), "{}", notes.body);
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["user"], "nothing of ours is left");
    // Another browser of the same user has it without a question.
    let mut phone = browser_of("1");
    assert_eq!(phone.go(app.url("/notes")).await.status, 200);
    assert_eq!(phone.go(app.url("/me")).await.json()["email"], ADA);
    assert_eq!(phone.go(app.url("/hello")).await.body, ADA);
    // A second scope is added to the same account.
    let week = phone.authorize(app.url("/both"), ADA, &["calendar.events.readonly"]).await;
    assert_eq!((week.status, week.body.as_str()), (200, "both"));
    assert_eq!(browser.go(app.url("/both")).await.body, "both");
    assert_eq!(browser.go(app.url("/maybe")).await.body, "granted");
}

/// `sign-in` links without a scope of its own, and goes on where it was asked to.
#[tokio::test]
async fn the_sign_in_route_links_and_there_is_no_sign_out() {
    let app = app().await;
    let mut browser = browser_of("1");
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody", "logged in, but not linked");
    assert_eq!(browser.go(app.url("/maybe")).await.body, "not granted");
    let link = app.url("/oauth/sign-in?return_to=/me");
    let me = browser.authorize(&link, ADA, &[]).await;
    assert_eq!((me.url.path(), me.json()["email"].as_str()), ("/me", Some(ADA)));
    assert_eq!(browser.go(&link).await.location().path(), "/me", "it is linked already");
    let out = browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    assert_eq!(out.status, 404, "logging out is the app's business");
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
}

/// F1, F4: a page sends to the login with a way back that stays on the app's own origin.
#[tokio::test]
async fn whoever_is_not_logged_in_goes_to_the_login_first() {
    let app = app().await;
    let mut browser = Browser::new();
    let page = browser.go(app.url("/notes?q=%2B+b&x=1")).await;
    assert_eq!(page.status, 303);
    assert_eq!(page.header("location"), "/login?return_to=%2Fnotes%3Fq%3D%252B%2Bb%26x%3D1");
    assert_eq!(page.query("return_to").as_deref(), Some("/notes?q=%2B+b&x=1"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.set_cookies().is_empty());
    let me = browser.go(app.url("/me")).await;
    assert_eq!(me.header("location"), "/login?return_to=%2Fme");
    for route in ["/oauth/sign-in?return_to=/me", "/oauth/start?intent=x", "/oauth/continue?form=x"]
    {
        let page = browser.go(app.url(route)).await;
        assert_eq!((page.status, page.location().path()), (303, "/login"), "{route}");
        assert_eq!(page.query("return_to").as_deref(), Some(route));
    }
    let long = format!("/notes?q={}", "x".repeat(700));
    let page = browser.go(app.url(&long)).await;
    assert_eq!(page.query("return_to").as_deref(), Some("/notes"));
    assert_eq!(app.fake.calls(Endpoint::Authorization), 0);
    let begins_nothing = browser.send(Method::HEAD, &app.url("/notes"), &[], None).await;
    assert_eq!((begins_nothing.status, begins_nothing.header("location")), (401, ""));
    // What the login page does with it is judged by the same rule.
    for evil in ["//evil.example", "/\\evil.example", "https://evil.example", "", "/%2f%2fevil"] {
        assert_eq!(app.oauth.return_path(evil), "/", "{evil}");
    }
    assert_eq!(app.oauth.return_path("/notes?q=%2B+b"), "/notes?q=%2B+b");
}

/// G4, G5: what cannot go to a login page is told so in its own way.
#[tokio::test]
async fn a_script_a_frame_and_htmx_are_told_in_their_own_way() {
    let app = app().await;
    let mut browser = Browser::new();
    let referer = app.url("/hello?tab=2");
    let fetched = browser.fetch(app.url("/notes"), &[("referer", &referer)]).await;
    assert_eq!((fetched.status, fetched.header("www-authenticate")), (401, "Bearer"));
    assert_eq!(fetched.header("content-type"), "application/problem+json");
    let problem = fetched.json();
    assert_eq!(problem["code"], "sign_in_required");
    let link = problem["authorize_url"].as_str().unwrap();
    // The number of the window in which a script opens it stays with it until the end.
    let login = browser.go(app.url(&format!("{link}&popup=42"))).await;
    let (login, after) = (login.location(), login.query("return_to").unwrap());
    assert_eq!(login.path(), "/login");
    let htmx = browser.fetch(app.url("/notes"), &[("hx-request", "true")]).await;
    assert_eq!(htmx.status, 401);
    assert!(htmx.header("hx-redirect").starts_with("/oauth/sign-in?return_to="));
    let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    let framed = browser.send(Method::GET, &app.url("/notes"), &frame, None).await;
    assert_eq!(framed.status, 401);
    assert_eq!(framed.link("Continue").as_str(), app.url("/login?return_to=%2Fnotes"));
    // Somebody who is logged in lacks an account, not a login.
    log_in(&mut browser, "1");
    let mut popup = browser.tab();
    let done = popup.authorize(app.url(&after), ADA, &[]).await;
    assert_eq!(done.url.path(), "/oauth/done");
    assert!(done.url.query().unwrap().starts_with("popup=42&"), "{}", done.url);
    // Who logged in may be another user than the one whose page waits: only reading is safe.
    assert_eq!(crate::support::query(&done.url, "end").as_deref(), Some("logged-in"));
    let again = popup.follow(app.url(&after)).await;
    assert_eq!(crate::support::query(&again.url, "end").as_deref(), Some("logged-in"));
    app.oauth.unlink(&owner("1")).await.unwrap();
    let fetched = browser.fetch(app.url("/notes"), &[]).await;
    assert_eq!((fetched.status, fetched.json()["code"].as_str()), (403, Some("consent_required")));
    assert!(fetched.header("www-authenticate").contains("drive.file"));
    let fetched = browser.fetch(app.url("/me"), &[]).await;
    let challenge = "Bearer error=\"insufficient_scope\"";
    assert_eq!((fetched.status, fetched.header("www-authenticate")), (403, challenge));
}

/// A script with a bearer token of the app's own is told by the document what is missing, and by no
/// header: there, a scope of the provider would be a demand on that token.
#[tokio::test]
async fn a_token_of_the_app_is_asked_for_no_scope_of_the_provider() {
    let app = app().await;
    for more in [&[][..], &[("hx-request", "true")]] {
        let mut browser = Browser::new();
        for authorization in ["Bearer app-token", "Basic YTpi", "DPoP app-token", ""] {
            let headers = [more, &[("authorization", authorization)]].concat();
            log_out(&mut browser);
            let refused = browser.fetch(app.url("/notes"), &headers).await;
            let code = refused.json()["code"].clone();
            assert_eq!((refused.status, code.as_str()), (401, Some("sign_in_required")));
            assert_eq!(refused.header("www-authenticate"), "Bearer", "{authorization}");
            log_in(&mut browser, "1");
            for path in ["/notes", "/me"] {
                let refused = browser.fetch(app.url(path), &headers).await;
                let code = refused.json()["code"].clone();
                assert_eq!((refused.status, code.as_str()), (403, Some("consent_required")));
                assert!(!refused.headers.contains_key("www-authenticate"), "{refused:?}");
            }
            let missing = browser.fetch(app.url("/notes"), &headers).await.json();
            assert!(missing["missing_scopes"][0].as_str().unwrap().ends_with("drive.file"));
            assert!(missing["authorize_url"].is_string());
        }
    }
    // The same where an API wants more while the handler runs.
    let mut browser = browser_of("1");
    let linked = browser.authorize(app.url("/upload"), ADA, DRIVE).await;
    assert_eq!(linked.status, 200, "{}", linked.body);
    for (headers, challenge) in [
        (
            &[][..],
            "Bearer error=\"insufficient_scope\", scope=\"https://www.googleapis.com/auth/drive.file\"",
        ),
        (&[("authorization", "Bearer app-token")], ""),
    ] {
        app.fake.fault(Endpoint::Drive, Fault::MissingScope);
        let refused = browser.fetch(app.url("/upload"), headers).await;
        assert_eq!((refused.status, refused.header("www-authenticate")), (403, challenge));
        assert_eq!(refused.json()["code"], "consent_required");
    }
}

/// A form of somebody who is not logged in is nobody's: it is not kept for whoever comes next.
#[tokio::test]
async fn a_form_without_a_login_is_not_kept_and_that_is_said() {
    let app = app().await;
    let mut browser = Browser::new();
    let page = sent(&mut browser, &app, "/echo").await;
    assert_eq!(page.status, 401, "{}", page.body);
    assert!(page.body.contains("Nothing was sent"), "{}", page.body);
    assert_eq!(page.link("Log in").as_str(), app.url("/login?return_to=%2Fhello%3Fform%3D1"));
    assert!(page.set_cookies().is_empty(), "{:?}", page.set_cookies());
    let never = sent(&mut browser, &app, "/echo-once").await;
    assert!(never.body.contains("Nothing was sent"), "{}", never.body);
    browser.languages = "de";
    assert!(sent(&mut browser, &app, "/echo").await.body.contains("Bitte zuerst anmelden"));
    let foreign = browser.post(app.url("/echo"), &[], "cross-site", &[]).await;
    assert_eq!(foreign.status, 403);
}

/// The same account for a second user is refused, and nothing of it is kept.
#[tokio::test]
async fn an_account_has_one_owner() {
    let app = app().await;
    let (mut first, mut second) = (browser_of("1"), browser_of("2"));
    first.authorize(app.url("/notes"), ADA, DRIVE).await;
    let mut link = app.url("/both");
    for (languages, title, again) in
        [("en", "in use", "Try again"), ("de", "vergeben", "Noch einmal versuchen")]
    {
        second.languages = languages;
        let taken = second.authorize(&link, ADA, &["calendar.events.readonly"]).await;
        assert_eq!(taken.status, 409, "{}", taken.body);
        assert!(taken.body.contains(title), "{}", taken.body);
        assert!(taken.set_cookies().iter().all(|line| line.contains("Max-Age=0")), "no session");
        assert_eq!(second.go(app.url("/hello")).await.body, "nobody");
        assert_eq!(first.fetch(app.url("/both"), &[]).await.status, 403, "nothing was merged");
        let explained = second.go(app.url("/both")).await;
        assert_eq!(explained.status, 403, "nobody is sent round and round");
        link = explained.link(again).to_string();
    }
    second.languages = "en";
    let taken = second.authorize(app.url("/notes"), ADA, DRIVE).await;
    // The way on asks which account, and another one will do.
    let chooser = second.go(taken.link("Choose another account")).await;
    assert_eq!(chooser.query("prompt").as_deref(), Some("select_account consent"));
    let notes = second.authorize(chooser.location(), BOB, DRIVE).await;
    assert_eq!((notes.status, notes.url.path()), (200, "/notes"));
    assert_eq!(second.go(app.url("/hello")).await.body, BOB);
    assert_eq!(first.go(app.url("/hello")).await.body, ADA);
}

/// Another account than the linked one is not taken unasked; a switch frees the one that is left.
#[tokio::test]
async fn a_user_who_chooses_another_account_is_asked_which() {
    let app = app().await;
    let mut browser = browser_of("1");
    browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    let asked = browser.go(app.url("/week")).await.location();
    let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
    let week = &["calendar.events.readonly"];
    let mixed = browser.authorize(hinted, BOB, week).await;
    assert_eq!(mixed.status, 409, "{}", mixed.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
    let page = browser.authorize(mixed.link("Switch"), BOB, week).await;
    assert_eq!((page.status, page.url.path()), (200, "/week"), "{}", page.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, BOB);
    let mut second = browser_of("2");
    second.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    assert_eq!(second.go(app.url("/hello")).await.body, ADA, "the one that was left is free");
    assert_eq!(second.go(app.url("/notes")).await.status, 200, "granted at the provider before");
    // Its tokens went with the first user; linking brought others, which can be renewed.
    app.clock.advance(Duration::from_secs(2 * 3600));
    assert_eq!(second.go(app.url("/notes")).await.status, 200);
}

/// The user links another account in the window of a script: the script's call was made for the
/// account before, and it is told so.
#[tokio::test]
async fn a_script_is_told_that_another_account_is_linked() {
    let app = app().await;
    let mut browser = browser_of("1");
    browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    let refused = browser.fetch(app.url("/week"), &[]).await.json();
    let start = app.url(refused["authorize_url"].as_str().unwrap());
    let asked = browser.go(format!("{start}&popup=1")).await.location();
    let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
    let other = browser.authorize(hinted, BOB, &[]).await;
    assert_eq!(other.status, 409, "{}", other.body);
    let scopes = ["calendar.events.readonly"];
    let end = browser.authorize(other.link("Switch to bob"), BOB, &scopes).await;
    assert_eq!(end.url.path(), "/oauth/done", "{}", end.body);
    assert_eq!(crate::support::query(&end.url, "end").as_deref(), Some("switched"));
}

/// A signs out of the app and B signs in, in the same browser: B sees nothing of A.
#[tokio::test]
async fn two_people_share_a_browser() {
    let app = app().await;
    let mut browser = browser_of("1");
    browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    log_out(&mut browser);
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
    assert_eq!(browser.go(app.url("/maybe")).await.body, "not granted");
    assert_eq!(browser.go(app.url("/notes")).await.location().path(), "/login");
    log_in(&mut browser, "2");
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
    assert_eq!(browser.go(app.url("/maybe")).await.body, "not granted");
    assert_eq!(browser.fetch(app.url("/notes"), &[]).await.status, 403);
    browser.authorize(app.url("/notes"), BOB, DRIVE).await;
    assert_eq!(browser.go(app.url("/hello")).await.body, BOB);
    log_in(&mut browser, "1");
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
}

/// A2, 2: what one user began, another does not finish, whichever of them has an account.
#[tokio::test]
async fn a_pending_authorization_is_nobody_elses() {
    let app = app().await;
    for (path, linked) in [("/notes", false), ("/both", true)] {
        let mut browser = browser_of("1");
        let callback = browser.return_address(app.url(path), ADA, DRIVE).await;
        log_in(&mut browser, "2");
        let before = app.fake.calls(Endpoint::Token);
        let refused = browser.go(&callback).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert_eq!(app.fake.calls(Endpoint::Token), before, "the code was not sent");
        assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
        log_in(&mut browser, "1");
        let hello = browser.go(app.url("/hello")).await;
        assert_eq!(hello.body, if linked { ADA } else { "nobody" });
        browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    }
    // Neither does a link that was made for somebody else begin anything.
    let mut first = browser_of("3");
    let problem = first.fetch(app.url("/notes"), &[]).await.json();
    let link = app.url(problem["authorize_url"].as_str().unwrap());
    assert_eq!(browser_of("2").go(&link).await.status, 400);
    assert_eq!(first.go(&link).await.status, 303);
}

/// A5, G10: a reload goes to the same target, for whoever it was.
#[tokio::test]
async fn a_callback_that_is_loaded_again_is_his_alone() {
    let app = app().await;
    let mut browser = browser_of("1");
    let callback = browser.return_address(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(browser.go(&callback).await.location().path(), "/notes");
    let again = browser.go(&callback).await;
    assert_eq!((again.status, again.location().path()), (303, "/notes"));
    log_in(&mut browser, "2");
    assert_eq!(browser.go(&callback).await.status, 400);
    assert_eq!(app.fake.calls(Endpoint::Token), 1);
}

/// H5: a form that one user filled in never opens for another.
#[tokio::test]
async fn a_kept_form_is_for_its_user_alone() {
    let app = app().await;
    let mut browser = browser_of("1");
    let held = sent(&mut browser, &app, "/echo").await;
    assert_eq!(held.status, 200, "{}", held.body);
    let shown = browser.authorize(held.link("Continue"), ADA, DRIVE).await;
    assert!(shown.body.contains("private"), "{}", shown.body);
    log_in(&mut browser, "2");
    let refused = browser.go(&shown.url).await;
    assert_eq!(refused.status, 400);
    assert!(!refused.body.contains("private"), "{}", refused.body);
    assert_eq!(browser.send_form(&shown).await.status, 400);
    log_out(&mut browser);
    assert_eq!(browser.send_form(&shown).await.status, 401);
    // In any browser of his own it is there.
    let mut phone = browser_of("1");
    let arrived = phone.send_form(&shown).await;
    assert!(arrived.body.ends_with("title=private"), "{}", arrived.body);
}

/// Where a page that goes on by itself goes to.
fn refresh(page: &Page) -> Url {
    let target = page.header("refresh").strip_prefix("0;url=").unwrap();
    page.url.join(target).unwrap()
}

/// Coming from another site, a browser keeps a `SameSite=Strict` cookie to itself: the callback
/// is loaded once more from a page of our own, and then it has it.
#[tokio::test]
async fn a_strict_cookie_arrives_with_the_second_try() {
    let app = app().await;
    let mut browser = browser_of("1");
    let callback = browser.return_address(app.url("/notes"), ADA, DRIVE).await;
    log_out(&mut browser);
    let page = browser.go(&callback).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.set_cookies().is_empty(), "the flow is not over");
    let code = callback.query_pairs().find(|pair| pair.0 == "code").unwrap().1.into_owned();
    let state = callback.query_pairs().find(|pair| pair.0 == "state").unwrap().1.into_owned();
    for secret in [&code, &state] {
        assert!(!page.body.contains(secret.as_str()) && !page.header("refresh").contains(secret));
    }
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(page.header(name), value);
    }
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!page.body.contains("<script"));
    let again = refresh(&page);
    assert_eq!(again.origin(), page.url.origin());
    assert_eq!(page.link("Continue"), again, "also for a browser that waits");
    assert_eq!(app.fake.calls(Endpoint::Token), 0, "the code was not sent yet");
    log_in(&mut browser, "1");
    let notes = browser.follow(&again).await;
    assert_eq!((notes.status, notes.url.path()), (200, "/notes"), "{}", notes.body);
    assert_eq!(app.fake.calls(Endpoint::Token), 1);
}

#[tokio::test]
async fn a_callback_without_a_login_is_not_loaded_for_ever() {
    let app = app().await;
    let mut browser = browser_of("1");
    let callback = browser.return_address(app.url("/notes?q=1"), ADA, DRIVE).await;
    log_out(&mut browser);
    let page = browser.go(&callback).await;
    let last = browser.go(refresh(&page)).await;
    assert_eq!((last.status, last.header("refresh")), (401, ""));
    assert_eq!(last.link("Log in").as_str(), app.url("/login?return_to=%2Fnotes%3Fq%3D1"));
    assert_eq!(app.fake.calls(Endpoint::Token), 0);
    let flows = browser.cookies.keys().filter(|name| name.starts_with("oauth-f-"));
    assert_eq!(flows.count(), 0, "it is over");
    // Nor does it come to somebody else by this way.
    let callback = browser_of("1").return_address(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(browser.go(&callback).await.status, 400, "not of this browser");
    let mut browser = browser_of("1");
    let callback = browser.return_address(app.url("/notes"), ADA, DRIVE).await;
    log_out(&mut browser);
    let page = browser.go(&callback).await;
    log_in(&mut browser, "2");
    assert_eq!(browser.go(refresh(&page)).await.status, 400);
    assert_eq!(browser.go(app.callback("again=x")).await.status, 400);
    // What is too long to come again leads to the login at once.
    let mut browser = browser_of("1");
    let callback = browser.return_address(app.url("/notes"), ADA, DRIVE).await;
    log_out(&mut browser);
    let long = browser.go(format!("{callback}&more={}", "x".repeat(5_000))).await;
    assert_eq!((long.status, long.header("refresh")), (401, ""));
}

/// A no comes back over the same way, and is remembered for the user who said it.
#[tokio::test]
async fn a_no_is_remembered_for_its_user_alone() {
    let app = app().await;
    let mut browser = browser_of("1");
    let consent = browser.consent_page(app.url("/notes"), ADA).await;
    let answer = browser.cancel(&consent).await;
    log_out(&mut browser);
    let page = browser.go(answer.location()).await;
    log_in(&mut browser, "1");
    let denied = browser.go(refresh(&page)).await;
    assert_eq!(denied.status, 403, "{}", denied.body);
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["user"]);
    assert_eq!(browser.go(app.url("/notes")).await.status, 403, "not sent round again");
    assert_eq!(browser_of("1").go(app.url("/notes")).await.status, 403, "in any browser");
    log_in(&mut browser, "2");
    assert_eq!(browser.go(app.url("/notes")).await.status, 303, "another user is asked");
    log_in(&mut browser, "1");
    let page = browser.go(app.url("/notes")).await;
    let notes = browser.authorize(page.link("Try again"), ADA, DRIVE).await;
    assert_eq!((notes.status, notes.url.path()), (200, "/notes"));
    let mut other = browser_of("3");
    let consent = other.consent_page(app.url("/notes"), BOB).await;
    let answer = other.cancel(&consent).await;
    other.arrive(answer).await;
    app.clock.advance(Duration::from_secs(600));
    assert_eq!(other.go(app.url("/notes")).await.status, 303, "forgotten after ten minutes");
}

/// 19: an account that came back without what is needed is not sent round by itself.
#[tokio::test]
async fn scopes_that_were_left_out_are_asked_for_by_a_click() {
    let app = app().await;
    let mut browser = browser_of("1");
    let declined = browser.authorize(app.url("/notes"), ADA, &[]).await;
    assert_eq!(declined.status, 403, "{}", declined.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA, "linked all the same");
    assert_eq!(browser.go(app.url("/notes")).await.status, 403);
    let notes = browser.authorize(declined.link("Grant access"), ADA, DRIVE).await;
    assert_eq!((notes.status, notes.url.path()), (200, "/notes"));
}

#[tokio::test]
async fn an_account_that_is_unlinked_is_gone_and_free() {
    let app = app().await;
    let mut browser = browser_of("1");
    browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    let subject = browser.go(app.url("/me")).await.json()["subject"].as_str().unwrap().to_owned();
    let pending = browser.return_address(app.url("/both"), ADA, &[]).await;
    let unlinked = app.oauth.unlink(&owner("1")).await.unwrap();
    assert_eq!(unlinked.len(), 1);
    assert_eq!(unlinked[0].subject(), subject);
    assert_eq!(app.oauth.unlink(&owner("1")).await.unwrap(), [], "there is nothing left");
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
    assert_eq!(browser.fetch(app.url("/notes"), &[]).await.status, 403);
    // What was under way links nothing any more; what is begun after that does.
    let over = browser.go(&pending).await;
    assert_eq!(over.status, 409, "{}", over.body);
    assert!(over.body.contains("Disconnected meanwhile"), "{}", over.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
    assert_eq!(app.fake.calls(Endpoint::Revocation), 0, "unlinking withdraws nothing there");
    browser.authorize(over.link("Start again"), ADA, &[]).await;
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
    app.oauth.unlink(&owner("1")).await.unwrap();
    // Another user may have it now, and gets nothing of what the first had granted.
    let mut second = browser_of("2");
    let page = second.authorize(app.url("/oauth/sign-in?return_to=/hello"), ADA, &[]).await;
    assert_eq!(page.body, ADA);
    let taken = browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(taken.status, 409, "{}", taken.body);
}

/// A linked account does not end with a session: there is none.
#[tokio::test]
async fn a_link_outlives_every_session() {
    let app = app().await;
    let mut browser = browser_of("1");
    browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    app.clock.advance(Duration::from_secs(400 * 86_400));
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
    assert_eq!(browser.go(app.url("/notes")).await.status, 200, "refreshed");
}

/// Nobody is nobody: a middleware that names visitors by an empty id makes them no user.
#[tokio::test]
async fn an_empty_id_is_nobody() {
    let app = app().await;
    for id in ["", "%20"] {
        let mut browser = browser_of(&id.replace("%20", " "));
        assert_eq!(browser.go(app.url("/notes")).await.location().path(), "/login", "{id:?}");
    }
}

/// Without `with_login`, two people in one browser would share a session of ours: refused.
#[tokio::test]
async fn an_owner_that_nobody_asked_for_is_refused() {
    let app = App::start().await;
    let mut browser = Browser::new();
    browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    log_in(&mut browser, "2");
    for path in ["/notes", "/me", "/hello", "/maybe", "/oauth/sign-in", "/oauth/start?intent=x"] {
        let page = browser.go(app.url(path)).await;
        assert_eq!(page.status, 500, "{path}");
        assert!(!page.body.contains(ADA), "{}", page.body);
    }
}

#[tokio::test]
async fn a_login_page_that_asks_for_a_login_is_named() {
    let app = App::with(|fake| fake, |builder| builder.with_login("/me")).await;
    let page = Browser::new().go(app.url("/me")).await;
    assert_eq!(page.status, 500, "in the place of a loop");
    assert_eq!(Browser::new().go(app.url("/notes")).await.location().path(), "/me");
}

#[test]
fn a_login_page_that_is_not_the_apps_own_is_a_build_error() {
    let builder = |path: &str| -> OAuthBuilder {
        OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
            .with_redirect_uri("http://localhost:8080/oauth/callback")
            .with_login(path)
    };
    for path in ["", "login", "//evil.example", "https://evil.example/", "/a?b", "/oauth/sign-in"] {
        let error = builder(path).build().unwrap_err();
        assert_eq!(error.code(), "config_option", "{path}");
        assert!(error.to_string().contains("login page"), "{error}");
        assert!(error.help().unwrap().contains("\"/login\""));
    }
    assert!(builder("/login").build().is_ok());
}

#[tokio::test]
async fn a_fixture_links_without_a_page() {
    let app = app().await;
    let sign_in = || app.fake.sign_in(ADA).granting(["drive.file"]).at(&app.oauth);
    sign_in().linked_to(&owner("1")).await.unwrap();
    assert_eq!(browser_of("1").go(app.url("/notes")).await.status, 200);
    assert_eq!(sign_in().linked_to(&owner("2")).await.unwrap_err().code(), "config_option");
    assert_eq!(sign_in().await.unwrap_err().code(), "config_option", "there is no cookie");
}

/// The example, served until it is dropped.
struct Example {
    origin: String,
    fake: FakeGoogle,
    server: JoinHandle<()>,
}

impl Drop for Example {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn example() -> Example {
    let app = OwnLogin::start(0).await.unwrap();
    let (origin, fake) = (app.origin().to_owned(), app.fake().clone());
    let server = tokio::spawn(async move { app.serve(std::future::pending()).await.unwrap() });
    Example { origin, fake, server }
}

/// Goes through everything that is asked at the provider, and comes back as a browser does that
/// keeps the app's `SameSite=Strict` cookie from the first request.
async fn link(browser: &mut Browser, url: String, email: &str, scopes: &[&str]) -> Page {
    let callback = browser.return_address(url, email, scopes).await;
    let cookie = browser.cookies.remove("id").unwrap();
    let page = browser.go(callback).await;
    browser.cookies.insert("id".to_owned(), cookie);
    browser.follow(refresh(&page)).await
}

/// The example from its login on: two users, one browser, a Strict cookie of tower-sessions.
#[tokio::test]
async fn the_example_links_an_account_to_each_of_its_users() {
    let example = example().await;
    let (origin, fake) = (&example.origin, &example.fake);
    let mut browser = Browser::new();
    let first = browser.follow(format!("{origin}/notes")).await;
    assert_eq!(first.url.path(), "/login");
    let log_in = async |browser: &mut Browser, user, return_to| {
        let fields = [("user", user), ("return_to", return_to)];
        let page = browser.post(format!("{origin}/login"), &fields, "same-origin", &[]).await;
        assert!(page.set_cookies()[0].contains("SameSite=Strict"), "{:?}", page.set_cookies());
        page.location()
    };
    assert_eq!(log_in(&mut browser, "1", "/notes").await.path(), "/notes");
    let notes = link(&mut browser, format!("{origin}/notes"), ADA, DRIVE).await;
    assert_eq!((notes.status, notes.url.path()), (200, "/notes"), "{}", notes.body);
    let note = [("title", "Groceries"), ("text", "milk")];
    let saved = browser.post(format!("{origin}/notes"), &note, "same-origin", &[]).await;
    assert_eq!((saved.status, saved.location().path()), (303, "/notes"));
    assert_eq!(fake.drive().files_of(ADA)[0].content, b"milk");
    // Bob comes to the same browser.
    browser.post(format!("{origin}/logout"), &[], "same-origin", &[]).await;
    assert_eq!(log_in(&mut browser, "2", "//evil.example").await.as_str(), format!("{origin}/"));
    let home = browser.go(format!("{origin}/")).await;
    assert!(home.body.contains("Bob") && !home.body.contains(ADA), "{}", home.body);
    let taken = link(&mut browser, home.link("Link a Google").to_string(), ADA, &[]).await;
    assert_eq!(taken.status, 409, "{}", taken.body);
    let home = link(&mut browser, format!("{origin}/oauth/sign-in?return_to=/"), BOB, &[]).await;
    assert!(home.body.contains(BOB), "{}", home.body);
    for own in ["login", "logout", "unlink"] {
        let fields = [("user", "1"), ("return_to", "/")];
        let forged = browser.post(format!("{origin}/{own}"), &fields, "cross-site", &[]).await;
        assert_eq!(forged.status, 403, "{own}");
    }
    assert!(browser.go(format!("{origin}/")).await.body.contains(BOB), "nothing was changed");
    let unlinked = browser.post(format!("{origin}/unlink"), &[], "same-origin", &[]).await;
    assert_eq!(unlinked.status, 303);
    assert!(!browser.go(format!("{origin}/")).await.body.contains(BOB));
}

/// The account is free for another user at once: what they had begun before counts.
#[tokio::test]
async fn an_unlinking_does_not_end_what_another_user_has_begun() {
    let app = app().await;
    let (mut first, mut second) = (browser_of("1"), browser_of("2"));
    first.authorize(app.url("/notes"), ADA, DRIVE).await;
    let pending = second.return_address(app.url("/notes"), ADA, DRIVE).await;
    app.oauth.unlink(&owner("1")).await.unwrap();
    let page = second.follow(&pending).await;
    assert_eq!((page.status, page.url.path()), (200, "/notes"), "{}", page.body);
}

/// A first account that is being linked is not linked to a user who was deleted meanwhile.
#[tokio::test]
async fn an_unlinking_ends_a_first_link_that_is_under_way() {
    let app = app().await;
    let mut browser = browser_of("1");
    let pending = browser.return_address(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(app.oauth.unlink(&owner("1")).await.unwrap(), []);
    assert_eq!(browser.go(&pending).await.status, 409);
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
    assert_eq!(app.oauth.accounts_of(&owner("1")).await.unwrap(), []);
}
