//! The challenge to a script, the page on which its authorization ends, and the module for it.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use url::Url;

use crate::support::{App, Browser, ELSEWHERE, Page, query};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const DRIVE_FILE: &str = "https://www.googleapis.com/auth/drive.file";
const NUMBER: &str = "3f2b6a0e-0000-4000-8000-00000000000a";

/// Every way in which a script asks, with the headers that tell it.
const SCRIPTS: [(&str, &[(&str, &str)]); 7] = [
    ("fetch", &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("accept", "*/*")]),
    ("fetch without metadata", &[("accept", "*/*")]),
    ("XHR", &[("x-requested-with", "XMLHttpRequest"), ("accept", "text/html")]),
    ("JSON", &[("accept", "application/json")]),
    ("EventSource", &[("accept", "text/event-stream"), ("sec-fetch-mode", "cors")]),
    ("WebSocket", &[("upgrade", "websocket"), ("connection", "Upgrade"), ("accept", "text/html")]),
    ("HTMX", &[("hx-request", "true"), ("sec-fetch-mode", "cors"), ("accept", "*/*")]),
];

/// Asks in that way, as a script of the page `/hello`.
async fn ask(app: &App, browser: &mut Browser, path: &str, headers: &[(&str, &str)]) -> Page {
    let behind = app.url("/hello?a=1&b=%2B");
    let mut headers = headers.to_vec();
    headers.push(("referer", &behind));
    browser.send(Method::GET, &app.url(path), &headers, None).await
}

fn link(app: &App, page: &Page) -> String {
    app.url(page.json()["authorize_url"].as_str().unwrap())
}

/// G4: the same challenge for every script, whole, and never a way to the provider.
#[tokio::test]
async fn every_script_is_told_everything_it_needs() {
    let app = App::start().await;
    let (mut stranger, mut ada, mut bob) = (Browser::new(), Browser::new(), Browser::new());
    ada.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    bob.authorize(app.url("/notes"), BOB, &[]).await;
    let insufficient = format!("Bearer error=\"insufficient_scope\", scope=\"{DRIVE_FILE}\"");
    let signed_out = (401, "Unauthorized", "sign_in_required", "Bearer");
    let missing = (403, "Forbidden", "consent_required", insufficient.as_str());
    for (who, name, answer, declined) in [
        (&mut stranger, "signed out", signed_out, json!([])),
        (&mut ada, "never asked", missing, json!([])),
        (&mut bob, "declined", missing, json!([DRIVE_FILE])),
    ] {
        let (status, title, code, authenticate) = answer;
        for (kind, headers) in SCRIPTS {
            let page = ask(&app, who, "/notes", headers).await;
            let what = format!("{name}, {kind}: {page:?}");
            assert_eq!(page.status, status, "{what}");
            assert_eq!(page.header("www-authenticate"), authenticate, "{what}");
            assert_eq!(page.header("content-type"), "application/problem+json", "{what}");
            assert_eq!(page.header("cache-control"), "no-store", "{what}");
            assert!(page.header("vary").contains("HX-Request, X-Requested-With"), "{what}");
            assert!(page.set_cookies().is_empty() && page.header("location").is_empty(), "{what}");
            let problem = page.json();
            let expected = json!({
                "type": "about:blank", "title": title, "status": status, "code": code,
                "provider": "google", "missing_scopes": [DRIVE_FILE], "declined": declined,
                "why": "keep your notes in your Drive", "authorize_url": problem["authorize_url"],
            });
            assert_eq!(problem, expected, "{what}");
            let url = problem["authorize_url"].as_str().unwrap();
            assert!(url.starts_with("/oauth/start?intent="), "{what}");
            let onward = page.header("hx-redirect");
            assert_eq!(onward.starts_with("/oauth/start?intent="), kind == "HTMX", "{what}");
            // HTMX follows by itself, also for a fragment that nobody asked for.
            if kind == "HTMX" {
                let first = who.go(app.url(onward)).await;
                let (expected, told) = if name == "declined" { (403, true) } else { (303, false) };
                assert_eq!(
                    (first.status, first.body.contains("keep your notes")),
                    (expected, told)
                );
            }
        }
    }
}

/// D6: a fragment that loads with its page sends nobody to the provider again and again.
#[tokio::test]
async fn htmx_takes_a_person_who_said_no_to_a_page_of_ours() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let htmx = [("hx-request", "true")];
    let first = browser.fetch(app.url("/notes"), &htmx).await;
    let consent = browser.consent_page(app.url(first.header("hx-redirect")), ADA).await;
    let denied = browser.cancel(&consent).await;
    browser.arrive(denied).await;
    let second = browser.fetch(app.url("/notes"), &htmx).await;
    let told = browser.go(app.url(second.header("hx-redirect"))).await;
    assert_eq!(told.status, 403, "{}", told.body);
    let onward = browser.go(told.link("Try again")).await;
    assert_eq!(onward.status, 303, "a click asks again");
    assert!(onward.query("scope").unwrap().contains("drive.file"));
}

/// Whoever is a stranger and said no in this browser is known by the browser.
#[tokio::test]
async fn a_no_of_a_stranger_is_told_too() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let refused = browser.fetch(app.url("/notes"), &[]).await;
    assert_eq!(refused.json()["declined"], json!([]));
    let consent = browser.consent_page(link(&app, &refused), ADA).await;
    let denied = browser.cancel(&consent).await;
    browser.arrive(denied).await;
    let refused = browser.fetch(app.url("/notes"), &[]).await;
    assert_eq!(refused.json()["declined"], json!([DRIVE_FILE]));
    assert_eq!(browser.fetch(app.url("/week"), &[]).await.json()["declined"], json!([]));
}

/// A handler that asks for a person alone has no scope to name.
#[tokio::test]
async fn a_sign_in_names_no_scope() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let problem = browser.fetch(app.url("/me"), &[]).await.json();
    assert_eq!((&problem["missing_scopes"], &problem["why"]), (&json!([]), &Value::Null));
}

/// Without a window that waits, the end is a hop on to the page, byte for byte.
#[tokio::test]
async fn a_followed_link_goes_on_to_the_page() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let refused = ask(&app, &mut browser, "/notes", SCRIPTS[0].1).await;
    let arrived = browser.authorize(link(&app, &refused), ADA, &["drive.file"]).await;
    assert_eq!(arrived.url.as_str(), app.url("/hello?a=1&b=%2B"));
    assert!(browser.hops.iter().any(|hop| hop.path() == "/oauth/done"), "{:?}", browser.hops);
    let long = app.url(&format!("/hello?q={}", "x".repeat(580)));
    let refused = browser.fetch(app.url("/week"), &[("referer", &long)]).await;
    let scopes = ["calendar.events.readonly"];
    let arrived = browser.authorize(link(&app, &refused), ADA, &scopes).await;
    assert_eq!(arrived.url.as_str(), app.url("/hello"), "too long: the page without its query");
}

/// F1: wherever `to` points, nobody leaves the origin, with a window or without.
#[tokio::test]
async fn the_end_leads_to_no_other_origin() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let origin = Url::parse(&app.origin).unwrap().origin();
    for path in ELSEWHERE {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair("to", path).finish();
        let page = browser.go(app.url(&format!("/oauth/done?{query}"))).await;
        assert_eq!((page.status, page.location().as_str()), (303, &*app.url("/")), "{path:?}");
        assert!(!page.headers.contains_key("x"));
        let page = browser.go(app.url(&format!("/oauth/done?popup={NUMBER}&{query}"))).await;
        let back = page.link("Back to the app");
        assert_eq!((page.status, back.as_str()), (200, &*app.url("/")), "{path:?}");
        assert_eq!(back.origin(), origin);
    }
    let page = browser.go(app.url("/oauth/done?to=/hello%3Fa=1%26b=2")).await;
    assert_eq!(page.location().as_str(), app.url("/hello?a=1&b=2"));
    let page = browser.go(app.url("/oauth/done?to=/hello&to=/week")).await;
    assert_eq!(page.location().as_str(), app.url("/"), "ambiguous");
}

/// The page runs our module and nothing else; a number that is none opens no page at all.
#[tokio::test]
async fn the_end_in_a_window_is_a_page_that_runs_our_module_alone() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = browser.go(app.url(&format!("/oauth/done?popup={NUMBER}&to=/hello"))).await;
    assert!(page.body.contains(r#"<script type="module" src="/oauth/client.js"></script>"#));
    assert_eq!(page.body.matches("<script").count(), 1, "{}", page.body);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(policy.contains("; script-src 'self'; "), "{policy}");
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.link("Back to the app").as_str(), app.url("/hello"));
    for number in ["", "a%20b", "a%22b", "../x", "é", &"a".repeat(37), "a&popup=b"] {
        let page = browser.go(app.url(&format!("/oauth/done?popup={number}&to=/hello"))).await;
        assert_eq!((page.status, page.location().path()), (303, "/hello"), "{number}");
    }
    let head = browser.send(Method::HEAD, &app.url("/oauth/done"), &[], None).await;
    assert_eq!(head.status, 405);
}

/// Opened by a script, the link ends in that script's window, through every no.
#[tokio::test]
async fn every_way_in_a_window_ends_with_its_script() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let refused = ask(&app, &mut browser, "/notes", SCRIPTS[0].1).await;
    let start = format!("{}&popup={NUMBER}", link(&app, &refused));
    let end = app.url(&format!("/oauth/done?popup={NUMBER}&to=/hello?a=1%26b=%252B"));
    let off = format!("{end}&end=cancelled");

    let consent = browser.consent_page(&start, ADA).await;
    let denied = browser.cancel(&consent).await;
    let denied = browser.arrive(denied).await;
    assert_eq!((denied.status, denied.link("Back to the app").as_str()), (403, &*off));
    let declined = browser.authorize(denied.link("Try again"), ADA, &[]).await;
    assert_eq!((declined.status, declined.link("Back to the app").as_str()), (403, &*off));
    let asked = browser.go(declined.link("Grant access")).await.location();
    let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
    let other = browser.authorize(hinted, BOB, &["drive.file"]).await;
    assert_eq!((other.status, other.link("Back to the app").as_str()), (409, &*off));
    let done = browser.authorize(other.link("Continue as ada"), ADA, &["drive.file"]).await;
    assert_eq!((done.status, done.url.as_str()), (200, &*end));
    let again = browser.follow(&start).await;
    assert_eq!((again.status, again.url.as_str()), (200, &*end), "granted meanwhile");
    let off = browser.go(off).await;
    assert_eq!(off.link("Back to the app").as_str(), app.url("/hello?a=1&b=%2B"));
}

/// What fails in a window leads out of it: the script begins again, not the window.
#[tokio::test]
async fn a_failure_in_a_window_leads_back_to_the_script() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let refused = browser.fetch(app.url("/notes"), &[]).await;
    let start = format!("{}&popup={NUMBER}", link(&app, &refused));
    let consent = browser.consent_page(&start, ADA).await;
    app.clock.advance(Duration::from_secs(601));
    let late = browser.cancel(&consent).await;
    let late = browser.arrive(late).await;
    let expired = browser.go(&start).await;
    for page in [late, expired] {
        assert!(page.body.contains("This took too long"), "{}", page.body);
        assert!(!page.body.contains("Start again"), "{}", page.body);
        let back = page.link("Back to the app");
        let off = app.url(&format!("/oauth/done?popup={NUMBER}&to=/&end=cancelled"));
        assert_eq!(back.as_str(), off);
    }
}

/// A window in which somebody said no is loaded again: the script is not told yes.
#[tokio::test]
async fn a_no_in_a_window_stays_one_when_it_is_loaded_again() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let refused = browser.fetch(app.url("/notes"), &[]).await;
    let start = format!("{}&popup={NUMBER}", link(&app, &refused));
    let consent = browser.consent_page(&start, ADA).await;
    let cancelled = browser.cancel(&consent).await;
    let callback = cancelled.location();
    assert_eq!(browser.go(&callback).await.status, 403);
    let again = browser.go(&callback).await;
    assert_eq!((again.status, again.query("end").as_deref()), (303, Some("cancelled")));
}

/// A script waits as one user, and in its window another one signs in: it is told so, also when
/// the end is loaded again, and after a box was left empty on the way.
#[tokio::test]
async fn a_script_is_told_of_another_account() {
    for leaves_out in [false, true] {
        let (app, mut browser) = (App::start().await, Browser::new());
        browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
        let refused = browser.fetch(app.url("/notes"), &[]).await;
        let start = format!("{}&popup={NUMBER}", link(&app, &refused));
        let asked = browser.go(&start).await.location();
        let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
        let other = browser.authorize(hinted, BOB, &["drive.file"]).await;
        assert_eq!(other.status, 409, "{}", other.body);
        app.fake.revoke_access_of(BOB);
        let scopes: &[&str] = if leaves_out { &[] } else { &["drive.file"] };
        let url = browser.return_address(other.link("Switch"), BOB, scopes).await;
        let mut end = browser.follow(&url).await;
        if leaves_out {
            let off = app.url(&format!("/oauth/done?popup={NUMBER}&to=/&end=cancelled"));
            assert_eq!((end.status, end.link("Back to the app").as_str()), (403, &*off));
            end = browser.authorize(end.link("Grant access"), BOB, &["drive.file"]).await;
        }
        assert_eq!(browser.go(app.url("/hello")).await.body, BOB);
        let told = |page: &Page| query(&page.url, "end");
        assert_eq!((end.url.path(), told(&end).as_deref()), ("/oauth/done", Some("switched")));
        if !leaves_out {
            let again = browser.follow(&url).await;
            assert_eq!(told(&again).as_deref(), Some("switched"), "{}", again.url);
        }
    }
}

/// The same where the session of the first user had run out meanwhile.
#[tokio::test]
async fn a_script_is_told_of_another_account_after_its_session_ended() {
    for (email, word) in [(BOB, Some("switched")), (ADA, None)] {
        let (app, mut browser) = (App::start().await, Browser::new());
        browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
        app.clock.advance(Duration::from_secs(15 * 86_400));
        let refused = browser.fetch(app.url("/notes"), &[]).await;
        assert_eq!(refused.status, 401);
        let start = format!("{}&popup={NUMBER}", link(&app, &refused));
        let end = browser.authorize(&start, email, &["drive.file"]).await;
        assert_eq!((end.url.path(), query(&end.url, "end").as_deref()), ("/oauth/done", word));
    }
}

/// The same where the first user had signed out in another tab, and where the other one had signed
/// in there before the script opened its window.
#[tokio::test]
async fn a_script_is_told_of_another_account_after_a_sign_out() {
    for elsewhere in [false, true] {
        for (email, word) in [(BOB, Some("switched")), (ADA, None)] {
            let (app, mut browser) = (App::start().await, Browser::new());
            browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
            browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
            let refused = browser.fetch(app.url("/notes"), &[]).await;
            assert_eq!(refused.status, 401);
            if elsewhere {
                browser.authorize(app.url("/notes"), email, &["drive.file"]).await;
            }
            let start = format!("{}&popup={NUMBER}", link(&app, &refused));
            let end = browser.authorize(&start, email, &["drive.file"]).await;
            assert_eq!(end.url.path(), "/oauth/done", "{}", end.body);
            assert_eq!(query(&end.url, "end").as_deref(), word, "{email} {elsewhere}");
        }
    }
}

/// However long the page's address is, what is said of the account has room beside it.
#[tokio::test]
async fn a_long_address_leaves_room_for_what_is_said_of_the_account() {
    for length in (480..600).step_by(12) {
        let (app, mut browser) = (App::start().await, Browser::new());
        browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
        let behind = app.url(&format!("/hello?q={}", "x".repeat(length)));
        let refused = browser.fetch(app.url("/notes"), &[("referer", &behind)]).await;
        let start = format!("{}&popup={NUMBER}", link(&app, &refused));
        let asked = browser.go(start).await.location();
        let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
        let other = browser.authorize(hinted, BOB, &[]).await;
        let declined = browser.authorize(other.link("Switch to bob"), BOB, &[]).await;
        let end = browser.authorize(declined.link("Grant access"), BOB, &["drive.file"]).await;
        assert_eq!(query(&end.url, "end").as_deref(), Some("switched"), "{length}");
    }
}

/// A window's number changes nothing about a link that no script asked for.
#[tokio::test]
async fn a_number_moves_no_other_authorization() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let declined = browser.authorize(app.url("/notes?x=1"), ADA, &[]).await;
    let link = format!("{}&popup={NUMBER}", declined.link("Grant access"));
    let arrived = browser.authorize(link, ADA, &["drive.file"]).await;
    assert_eq!(arrived.url.as_str(), app.url("/notes?x=1"));
}

/// The module: small, kept by browsers, asked for anew each time, and never out of date.
#[tokio::test]
async fn the_module_is_small_and_kept_as_long_as_it_is_the_same() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let url = app.url("/oauth/client.js");
    let module = browser.send(Method::GET, &url, &[], None).await;
    assert_eq!(module.status, 200);
    assert!(module.body.len() <= 6144, "{} bytes", module.body.len());
    assert!(module.body.contains("export async function fetch("));
    assert_eq!(module.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(module.header("cache-control"), "no-cache");
    assert_eq!(module.header("x-content-type-options"), "nosniff");
    assert!(module.set_cookies().is_empty());
    let tag = module.header("etag").to_owned();
    let weak = format!("\"other\", W/{tag}");
    for (known, status) in [(&*tag, 304), (&*weak, 304), ("\"other\"", 200), ("", 200)] {
        let page = browser.send(Method::GET, &url, &[("if-none-match", known)], None).await;
        assert_eq!((page.status, page.body.is_empty()), (status, status == 304), "{known}");
        assert_eq!((page.header("etag"), page.header("cache-control")), (&*tag, "no-cache"));
    }
    assert_eq!(browser.send(Method::HEAD, &url, &[], None).await.status, 200);
    assert_eq!(browser.send(Method::POST, &url, &[], None).await.status, 405);
}
