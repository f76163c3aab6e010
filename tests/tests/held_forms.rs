//! Forms that were sent before their sender had granted what they need: kept, shown, sent once.

use std::time::Duration;

use http::Method;
use oauth_runtime::OAuthBuilder;
use oauth_runtime::fake::Endpoint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use crate::support::{App, Browser, Page};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const FORM: [(&str, &str); 5] =
    [("title", "A & B = é+%"), ("tag", "1"), ("tag", "2"), ("empty", ""), ("csrf_token", "t0k")];
const BODY: &str = "title=A+%26+B+%3D+%C3%A9%2B%25&tag=1&tag=2&empty=&csrf_token=t0k";

async fn sent(browser: &mut Browser, app: &App, path: &str) -> Page {
    let origin = app.origin.clone();
    browser.post(app.url(path), &FORM, "same-origin", &[("origin", &origin)]).await
}

/// A form that was sent by somebody who is signed in without its scope, and is kept now.
async fn held(app: &App, browser: &mut Browser) -> Page {
    browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    let page = sent(browser, app, "/echo?q=1").await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

/// Where the browser is asked to send a refused form again.
async fn hold_link(app: &App, browser: &mut Browser) -> Url {
    let same = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];
    let body = Some(BODY.to_owned());
    let page = browser.send(Method::POST, &app.url("/echo?q=1"), &same, body).await;
    assert_eq!((page.status, page.location().path()), (307, "/oauth/hold"));
    page.location()
}

/// H2: body, method, target and `Origin` are as they were, whoever sends it.
#[tokio::test]
async fn a_form_arrives_whole_after_sign_in_and_consent() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = sent(&mut browser, &app, "/echo?q=1").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("look at what arrives"), "the handler's own words");
    assert_eq!(app.fake.calls(Endpoint::Authorization), 0, "nobody is sent anywhere unasked");
    let shown = browser.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
    assert_eq!((shown.status, shown.url.path()), (200, "/oauth/continue"));
    assert!(shown.body.contains("A &#38; B = é+%"), "{}", shown.body);
    assert_eq!(shown.body.matches("t0k").count(), 1, "in the form, but not on show");
    assert_eq!(shown.header("referrer-policy"), "same-origin");
    let arrived = browser.send_form(&shown).await;
    assert_eq!(arrived.status, 200);
    assert_eq!(arrived.body, format!("/echo?q=1 from {}: {BODY}", app.origin));
}

#[tokio::test]
async fn a_form_of_someone_signed_in_waits_through_an_unticked_box() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = held(&app, &mut browser).await;
    let declined = browser.authorize(page.link("Continue"), ADA, &[]).await;
    assert_eq!(declined.status, 403, "{}", declined.body);
    let shown = browser.authorize(declined.link("Grant access"), ADA, &["drive.file"]).await;
    let arrived = browser.send_form(&shown).await;
    assert!(arrived.body.ends_with(BODY), "{}", arrived.body);
}

/// H2: one use, also for someone who clicks twice or goes back.
#[tokio::test]
async fn a_form_is_sent_once() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = held(&app, &mut browser).await;
    let shown = browser.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
    let reloaded = browser.go(&shown.url).await;
    assert_eq!(reloaded.body, shown.body, "a reload shows it again");
    assert_eq!(browser.send_form(&shown).await.status, 200);
    assert_eq!(browser.send_form(&shown).await.status, 400, "it was sent already");
    assert_eq!(browser.go(&shown.url).await.status, 400);
}

/// H5: a form opens for the browser that it was kept for.
#[tokio::test]
async fn nobody_else_sees_or_sends_it() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = held(&app, &mut browser).await;
    let shown = browser.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
    let mut stranger = Browser::new();
    assert_eq!(stranger.go(&shown.url).await.status, 400);
    stranger.authorize(app.url("/notes"), BOB, &["drive.file"]).await;
    assert_eq!(stranger.go(&shown.url).await.status, 400);
    assert_eq!(stranger.send_form(&shown).await.status, 400);
    // Nor the same browser once the person has left.
    browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    assert_eq!(browser.go(&shown.url).await.status, 400);
    // A form of someone signed out goes with the sign-out of whoever came next.
    let page = sent(&mut browser, &app, "/echo").await;
    let shown = browser.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    assert_eq!(browser.go(&shown.url).await.status, 400);
}

/// H1: nothing that began elsewhere is kept or sent.
#[tokio::test]
async fn a_form_from_another_site_is_neither_kept_nor_sent() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = held(&app, &mut browser).await;
    let link = hold_link(&app, &mut browser).await;
    let shown = browser.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
    for site in ["cross-site", "same-site", "none"] {
        let refused = browser.post(&link, &FORM, site, &[]).await;
        assert_eq!(refused.status, 403, "{site}");
        assert!(!refused.body.contains("intent="), "{}", refused.body);
        let refused = browser.post(&shown.url, &FORM, site, &[]).await;
        assert_eq!(refused.status, 403, "{site}");
    }
    assert_eq!(browser.send_form(&shown).await.status, 200, "it is still there");
}

#[tokio::test]
async fn a_link_that_keeps_a_form_is_bound_to_its_session_and_begins_nothing() {
    let (app, mut browser) = (App::start().await, Browser::new());
    held(&app, &mut browser).await;
    let link = hold_link(&app, &mut browser).await;
    let query = link.query().unwrap();
    assert_eq!(browser.go(app.url(&format!("/oauth/start?{query}"))).await.status, 400);
    assert_eq!(browser.go(&link).await.status, 405);
    let refused = Browser::new().post(&link, &FORM, "same-origin", &[]).await;
    assert_eq!(refused.status, 400, "made for another session");
    app.clock.advance(Duration::from_secs(601));
    assert_eq!(browser.post(&link, &FORM, "same-origin", &[]).await.status, 400, "too old");
}

#[tokio::test]
async fn a_form_is_kept_for_ten_minutes() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = held(&app, &mut browser).await;
    let shown = browser.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
    app.clock.advance(Duration::from_secs(600));
    assert_eq!(browser.send_form(&shown).await.status, 400);
}

#[tokio::test]
async fn a_third_form_takes_the_place_of_the_oldest() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let first = held(&app, &mut browser).await;
    let mut later = Vec::new();
    for path in ["/echo?n=2", "/echo?n=3"] {
        app.clock.advance(Duration::from_secs(1));
        later.push(sent(&mut browser, &app, path).await);
    }
    let gone = browser.authorize(first.link("Continue"), ADA, &["drive.file"]).await;
    assert_eq!(gone.status, 400, "{}", gone.body);
    for page in later {
        let shown = browser.follow(page.link("Continue")).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
    }
}

/// What another account granted sends nothing that was filled in under the first.
#[tokio::test]
async fn a_form_does_not_follow_to_another_account() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = held(&app, &mut browser).await;
    let asked = browser.go(page.link("Continue")).await.location();
    let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
    let mixed = browser.authorize(hinted, BOB, &["drive.file"]).await;
    assert_eq!(mixed.status, 409, "{}", mixed.body);
    let switched = browser.authorize(mixed.link("Switch"), BOB, &["drive.file"]).await;
    assert_eq!((switched.status, switched.url.path()), (400, "/oauth/continue"));
    assert!(!switched.body.contains("A &#38; B"), "{}", switched.body);
}

/// H3: said before the body is read, and with a way on.
#[tokio::test]
async fn what_cannot_be_kept_is_said_before_it_is_read() {
    let app = App::start().await;
    let address = app.origin.strip_prefix("http://").unwrap();
    for (headers, status) in [
        ("Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 10000000", "415"),
        ("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 65537", "413"),
        ("Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked", "413"),
        ("Content-Type: text/plain\r\nContent-Length: 9", "415"),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "POST /echo HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\nConnection: close\r\n\
             Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n{headers}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{headers}: {answer}");
        assert!(answer.contains("send it again") && answer.contains("/oauth/start?"), "{answer}");
    }
}

#[tokio::test]
async fn what_is_not_text_is_not_kept() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let link = hold_link(&app, &mut browser).await;
    let same = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];
    for body in ["a=%FF", "a=%C3%28&b=1"] {
        let page = browser.send(Method::POST, link.as_str(), &same, Some(body.to_owned())).await;
        assert_eq!(page.status, 415, "{body}");
        assert!(page.body.contains("send it again"), "{}", page.body);
    }
    let headers = [same[0], same[1], ("content-type", "text/plain")];
    let page = browser.send(Method::POST, link.as_str(), &headers, None).await;
    assert_eq!(page.status, 415, "whatever sent it there");
}

/// `resume = "never"`: the person is led back to the form, and sends it again there.
#[tokio::test]
async fn a_handler_may_have_no_form_kept() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let referer = app.url("/hello?form=1");
    let headers = [("referer", referer.as_str())];
    let page = browser.post(app.url("/echo-once"), &FORM, "same-origin", &headers).await;
    assert_eq!(page.status, 401);
    assert!(page.body.contains("send it again"), "{}", page.body);
    let arrived = browser.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
    assert_eq!(arrived.url.as_str(), referer);
    let saved = browser.post(app.url("/echo-once"), &FORM, "same-origin", &headers).await;
    assert_eq!((saved.status, saved.body.as_str()), (200, BODY));
}

/// A browser that has no cookie sends a form, by a link of its own.
async fn sent_by_stranger(browser: &mut Browser, app: &App) -> Page {
    browser.cookies.clear();
    sent(browser, app, "/echo").await
}

fn with_little_room(builder: OAuthBuilder) -> OAuthBuilder {
    builder.with_little_room()
}

/// Memory has a bound: above it a form is answered as one that cannot be kept. Callers who are not
/// signed in have a share of it, and fill no other.
#[tokio::test]
async fn a_full_share_keeps_no_more_and_says_so() {
    let app = App::with(|fake| fake, with_little_room).await;
    let mut ada = Browser::new();
    ada.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    let (mut stranger, mut statuses) = (Browser::new(), Vec::new());
    for _ in 0..20 {
        let page = sent_by_stranger(&mut stranger, &app).await;
        assert!(page.status == 200 || page.body.contains("send it again"), "{}", page.body);
        statuses.push(page.status);
    }
    assert_eq!(statuses.split_off(4), [503; 16]);
    assert_eq!(statuses, [200; 4]);
    for path in ["/echo?n=1", "/echo?n=2", "/echo?n=3"] {
        let page = sent(&mut ada, &app, path).await;
        assert_eq!(page.status, 200, "a user's form: {}", page.body);
    }
    app.clock.advance(Duration::from_secs(610));
    assert_eq!(sent_by_stranger(&mut stranger, &app).await.status, 200, "they have ended");
}

/// A link by which nothing was kept, for want of room, keeps the form when it is sent again.
#[tokio::test]
async fn a_link_that_kept_nothing_can_be_used_again() {
    let app = App::with(|fake| fake, with_little_room).await;
    let mut browser = Browser::new();
    for _ in 0..3 {
        sent_by_stranger(&mut browser, &app).await;
    }
    app.clock.advance(Duration::from_secs(300));
    assert_eq!(sent_by_stranger(&mut browser, &app).await.status, 200);
    let link = hold_link(&app, &mut browser).await;
    for _ in 0..2 {
        browser.cookies.clear();
        assert_eq!(browser.post(&link, &FORM, "same-origin", &[]).await.status, 503);
    }
    app.clock.advance(Duration::from_secs(310));
    let kept = browser.post(&link, &FORM, "same-origin", &[]).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    assert!(kept.body.contains("Continue"), "{}", kept.body);
}

/// A form that is sent makes room for the next one.
#[tokio::test]
async fn a_form_that_is_sent_takes_no_room() {
    let app = App::with(|fake| fake, with_little_room).await;
    for round in 0..6 {
        let mut browser = Browser::new();
        let page = sent(&mut browser, &app, "/echo").await;
        assert_eq!(page.status, 200, "{round}: {}", page.body);
        let shown = browser.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
        assert_eq!(browser.send_form(&shown).await.status, 200, "{round}");
    }
}

/// One link, however often a form is posted to it, keeps one form: by browsers that drop their
/// cookies, and by a user.
#[tokio::test]
async fn a_link_keeps_a_form_once() {
    let app = App::with(|fake| fake, with_little_room).await;
    let mut stranger = Browser::new();
    let link = hold_link(&app, &mut stranger).await;
    assert_eq!(stranger.post(&link, &FORM, "same-origin", &[]).await.status, 200);
    for _ in 0..200 {
        stranger.cookies.clear();
        let again = stranger.post(&link, &[("a", "b")], "same-origin", &[]).await;
        assert_eq!(again.status, 400, "{}", again.body);
        assert!(again.set_cookies().is_empty(), "nothing is kept for this browser");
    }
    for _ in 0..3 {
        let page = sent_by_stranger(&mut stranger, &app).await;
        assert_eq!(page.status, 200, "there is room as before: {}", page.body);
    }
    assert_eq!(sent_by_stranger(&mut stranger, &app).await.status, 503);
    let mut ada = Browser::new();
    ada.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    let link = hold_link(&app, &mut ada).await;
    for _ in 0..20 {
        assert_eq!(ada.post(&link, &FORM, "same-origin", &[]).await.status, 200);
    }
    for _ in 0..2 {
        assert_eq!(sent(&mut ada, &app, "/echo").await.status, 200);
    }
    let gone = ada.post(&link, &FORM, "same-origin", &[]).await;
    assert_eq!(gone.status, 400, "others took its place, and the link is used up");
}

/// The page of a kept form may be loaded again, signed out and signed in, until the form is sent.
#[tokio::test]
async fn the_page_of_a_kept_form_can_be_loaded_again() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let link = hold_link(&app, &mut browser).await;
    let first = browser.post(&link, &FORM, "same-origin", &[]).await;
    let again = browser.post(&link, &[("title", "other")], "same-origin", &[]).await;
    assert_eq!((first.status, again.status), (200, 200), "{}", again.body);
    let shown = browser.authorize(again.link("Continue"), ADA, &["drive.file"]).await;
    assert!(shown.body.contains("A &#38; B = é+%"), "as it came first: {}", shown.body);
    let again = browser.post(&link, &FORM, "same-origin", &[]).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let shown = browser.follow(again.link("Continue")).await;
    assert!(browser.send_form(&shown).await.body.ends_with(BODY));
    let sent = browser.post(&link, &FORM, "same-origin", &[]).await;
    assert_eq!(sent.status, 400, "it was sent: {}", sent.body);
}

/// A form that was sent before anybody was signed in is that of the user who signs in next, and of
/// no later one: another account in the same browser neither sees nor sends it.
#[tokio::test]
async fn a_form_belongs_to_the_user_who_signed_in_with_it() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = sent(&mut browser, &app, "/echo?q=1").await;
    let shown = browser.authorize(page.link("Continue"), BOB, &["drive.file"]).await;
    assert_eq!((shown.status, shown.url.path()), (200, "/oauth/continue"), "{}", shown.body);
    let ways = [("/week", BOB, ADA, 400), ("/notes", ADA, BOB, 200)];
    for (path, from, to, sees) in ways {
        assert_eq!(browser.go(app.url("/hello")).await.body, from);
        switch(&app, &mut browser, path, [from, to]).await;
        let seen = browser.go(&shown.url).await;
        assert_eq!(seen.status, sees, "{to}: {}", seen.body);
        assert_eq!(seen.body.contains("A &#38; B"), sees == 200, "{to}");
        if sees != 200 {
            assert_eq!(browser.send_form(&shown).await.status, sees, "{to}");
        }
    }
    let arrived = browser.send_form(&shown).await;
    assert!(arrived.body.ends_with(BODY), "{}", arrived.body);
}

/// Where a page asks the first user for more, the second one is chosen at the provider, and on our
/// page that is to be so.
async fn switch(app: &App, browser: &mut Browser, path: &str, [from, to]: [&str; 2]) {
    let scopes = ["drive.file", "calendar.events.readonly"];
    let asked = browser.go(app.url(path)).await.location();
    let [hint, other] = [from, to].map(|email| email.replace('@', "%40"));
    let mixed = browser.authorize(asked.as_str().replace(&hint, &other), to, &scopes).await;
    assert_eq!(mixed.status, 409, "{}", mixed.body);
    browser.authorize(mixed.link("Switch"), to, &scopes).await;
    assert_eq!(browser.go(app.url("/hello")).await.body, to);
}

/// A page of somebody whose session has run out sends a form: it opens for no other user.
#[tokio::test]
async fn a_form_of_an_ended_session_opens_for_its_user_alone() {
    for (email, sees) in [(ADA, 200), (BOB, 400)] {
        let (app, mut browser) = (App::start().await, Browser::new());
        browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
        app.clock.advance(Duration::from_secs(15 * 86_400));
        let page = sent(&mut browser, &app, "/echo").await;
        let shown = browser.authorize(page.link("Continue"), email, &["drive.file"]).await;
        assert_eq!((shown.status, shown.url.path()), (sees, "/oauth/continue"), "{email}");
        assert_eq!(shown.body.contains("A &#38; B"), sees == 200, "{email}");
    }
}

/// The same after a sign-out in another tab, also for a form whose handler had begun by then; and
/// a reload of the page that keeps it leads on all the same.
#[tokio::test]
async fn a_form_of_a_user_who_signed_out_opens_for_that_user_alone() {
    for (email, sees) in [(ADA, 200), (BOB, 400)] {
        let (app, mut browser) = (App::start().await, Browser::new());
        browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
        browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
        let link = hold_link(&app, &mut browser).await;
        for _ in 0..2 {
            let page = browser.post(&link, &FORM, "same-origin", &[]).await;
            assert_eq!(page.status, 200, "{}", page.body);
        }
        let page = browser.post(&link, &FORM, "same-origin", &[]).await;
        let shown = browser.authorize(page.link("Continue"), email, &["drive.file"]).await;
        assert_eq!((shown.status, shown.url.path()), (sees, "/oauth/continue"), "{email}");
        browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
        assert_eq!(browser.go(&shown.url).await.status, 400, "no user is signed in");
    }
}

/// The sign-in may happen in another tab.
#[tokio::test]
async fn a_form_follows_to_the_user_who_signs_in_elsewhere_in_the_browser() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let page = sent(&mut browser, &app, "/echo?q=1").await;
    browser.authorize(app.url("/notes"), BOB, &["drive.file"]).await;
    let shown = browser.follow(page.link("Continue")).await;
    assert!(shown.body.contains("A &#38; B"), "{}", shown.body);
    browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(browser.go(&shown.url).await.status, 400);
}

/// D6: whoever cancels without a session is not sent to the provider again by himself.
#[tokio::test]
async fn a_browser_remembers_a_no_without_a_session() {
    let (app, mut browser) = (App::start().await, Browser::new());
    for path in ["/notes", "/me"] {
        let consent = browser.follow(app.url(path)).await;
        let consent = browser.choose(&consent, ADA).await;
        let consent = browser.arrive(consent).await;
        let denied = browser.cancel(&consent).await;
        let denied = browser.arrive(denied).await;
        assert_eq!(denied.status, 403);
        let memory = browser.cookies["oauth-n"].len();
        assert!((50..300).contains(&memory), "{memory}");
        let again = browser.go(app.url(path)).await;
        assert_eq!(again.status, 403, "{path}");
        assert_eq!(Browser::new().go(app.url(path)).await.status, 303, "others are sent on");
        app.clock.advance(Duration::from_secs(200));
    }
    let page = browser.go(app.url("/notes")).await;
    let arrived = browser.authorize(page.link("Try again"), ADA, &["drive.file"]).await;
    assert_eq!((arrived.status, arrived.url.path()), (200, "/notes"));
    let mut later = Browser::new();
    later.cookies.insert("oauth-n".to_owned(), browser.cookies["oauth-n"].clone());
    assert_eq!(later.go(app.url("/me")).await.status, 403);
    app.clock.advance(Duration::from_secs(400));
    assert_eq!(later.go(app.url("/me")).await.status, 303, "after ten minutes it is forgotten");
}

/// A form is kept for exactly where it was sent, or not at all.
#[tokio::test]
async fn a_form_with_an_address_that_cannot_be_kept_is_to_be_sent_again() {
    let (app, mut browser) = (App::start().await, Browser::new());
    let target = format!("/echo?{}", "a".repeat(700));
    let origin = app.origin.clone();
    let headers = [("origin", origin.as_str())];
    let page = browser.post(app.url(&target), &[("a", "1")], "same-origin", &headers).await;
    assert_eq!((page.status, page.url.path()), (401, "/echo"), "{}", page.body);
    assert!(page.body.contains("send it again"), "{}", page.body);
}
