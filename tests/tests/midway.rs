//! An API that wants more than was thought: the handler runs, and its error becomes a consent.

use std::time::Duration;

use http::Method;
use oauth_runtime::fake::{Endpoint, Fault, Gate, Quirk};
use tracing::Level;

use crate::support::{App, Browser, Log, Page};

const ADA: &str = "ada@example.com";
const DRIVE: [&str; 1] = ["drive.file"];
const SAME: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];

/// Somebody who granted all that the handler declares.
async fn granted(app: &App) -> Browser {
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/upload"), ADA, &DRIVE).await;
    assert_eq!((page.status, page.body.as_str()), (200, "uploaded "));
    // Whatever came back before is forgotten by now.
    app.clock.advance(Duration::from_secs(601));
    browser
}

fn api_wants_more(app: &App) {
    app.fake.fault(Endpoint::Drive, Fault::MissingScope);
}

async fn post(browser: &mut Browser, app: &App, path: &str) -> Page {
    let form = [("title", "A & B"), ("tag", "1")];
    browser.post(app.url(path), &form, "same-origin", &[("origin", &app.origin)]).await
}

/// The whole way by itself: to the provider, which has nothing to ask, and back to the page.
#[tokio::test]
async fn a_page_is_asked_for_once_more_and_then_shown() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    let asked = app.fake.calls(Endpoint::Authorization);
    api_wants_more(&app);
    let refused = browser.go(app.url("/upload?a=%2B+b")).await;
    assert_eq!((refused.status, refused.location().path()), (303, "/oauth/start"));
    assert!(refused.set_cookies().is_empty(), "nothing begins here");
    let page = browser.authorize(refused.location(), ADA, &DRIVE).await;
    assert_eq!((page.status, page.body.as_str()), (200, "uploaded "));
    assert!(page.url.as_str().ends_with("/upload?a=%2B+b"), "{}", page.url);
    assert!(app.fake.calls(Endpoint::Authorization) > asked, "it was asked for");
}

/// D7: an API that says no again is not asked for ever: the second time the person decides.
#[tokio::test]
async fn an_api_that_always_refuses_sends_nobody_round_and_round() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    api_wants_more(&app);
    let refused = browser.go(app.url("/upload")).await;
    api_wants_more(&app);
    let told = browser.authorize(refused.location(), ADA, &DRIVE).await;
    assert_eq!((told.status, told.url.path()), (403, "/oauth/start"), "{}", told.body);
    assert!(told.body.contains("put what you wrote into your Drive"), "{}", told.body);
    // The click asks, although the account seems to have it all.
    let chooser = browser.go(told.link("Grant access")).await;
    assert_eq!(chooser.status, 303);
    assert!(chooser.query("scope").unwrap().contains("drive.file"));
    let page = browser.authorize(chooser.location(), ADA, &DRIVE).await;
    assert_eq!((page.status, page.body.as_str()), (200, "uploaded "));
}

/// The form is kept, and whoever sends it knows that the app had begun with it.
#[tokio::test]
async fn a_form_is_kept_and_the_person_is_told_that_it_had_begun() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    for (languages, begun, onward) in
        [("en", "had begun", "Continue"), ("de", "hatte schon begonnen", "Weiter")]
    {
        browser.languages = languages;
        api_wants_more(&app);
        let held = post(&mut browser, &app, "/upload").await;
        assert_eq!((held.status, held.url.path()), (200, "/oauth/hold"), "{}", held.body);
        assert!(held.body.contains(begun), "{}", held.body);
        let shown = browser.authorize(held.link(onward), ADA, &DRIVE).await;
        assert_eq!((shown.status, shown.url.path()), (200, "/oauth/continue"));
        let again = if languages == "en" { "had begun with it" } else { "hatte damit begonnen" };
        assert!(shown.body.contains(again), "{}", shown.body);
        let arrived = browser.send_form(&shown).await;
        assert_eq!(arrived.body, "uploaded title=A+%26+B&tag=1");
    }
}

#[tokio::test]
async fn a_form_that_is_never_kept_is_to_be_sent_again() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    api_wants_more(&app);
    let told = post(&mut browser, &app, "/upload-once").await;
    assert_eq!((told.status, told.url.path()), (403, "/oauth/hold"), "{}", told.body);
    assert!(told.body.contains("look at what is there"), "{}", told.body);
    assert!(!told.body.contains("A &#38; B"), "nothing of the form: {}", told.body);
    let json = [("content-type", "text/plain"), SAME[0], SAME[1]];
    api_wants_more(&app);
    let held = browser.send(Method::POST, &app.url("/upload"), &json, Some("x".to_owned())).await;
    assert_eq!((held.status, held.location().path()), (307, "/oauth/hold"));
    let body = Some("x".to_owned());
    let told = browser.send(Method::POST, held.location().as_str(), &json, body).await;
    assert_eq!(told.status, 415, "{}", told.body);
}

/// A script is told the same as by the guard, and its link asks although all seems granted.
#[tokio::test]
async fn scripts_htmx_and_frames_are_answered_in_their_own_way() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    let page = app.url("/hello?tab=2");
    api_wants_more(&app);
    let fetched = browser.fetch(app.url("/upload"), &[("referer", &page)]).await;
    assert_eq!((fetched.status, fetched.header("content-type")), (403, "application/problem+json"));
    assert!(fetched.header("www-authenticate").contains("insufficient_scope"));
    let problem = fetched.json();
    assert_eq!(problem["code"], "consent_required");
    assert_eq!(problem["why"], "put what you wrote into your Drive");
    let link = app.url(problem["authorize_url"].as_str().unwrap());
    let end = browser.authorize(link, ADA, &DRIVE).await;
    assert_eq!(end.url.as_str(), page);

    api_wants_more(&app);
    let more = [("hx-request", "true"), ("hx-current-url", page.as_str())];
    let htmx = browser.fetch(app.url("/upload"), &more).await;
    assert_eq!(htmx.status, 403);
    // It came back a moment ago, and HTMX follows by itself: the person decides.
    let told = browser.go(app.url(htmx.header("hx-redirect"))).await;
    assert_eq!((told.status, told.url.path()), (403, "/oauth/start"));

    api_wants_more(&app);
    let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    let framed = browser.send(Method::GET, &app.url("/upload"), &frame, None).await;
    assert_eq!(framed.location().path(), "/oauth/start");
    let framed = browser.send(Method::GET, framed.location().as_str(), &frame, None).await;
    assert_eq!(framed.status, 403);
    assert!(framed.body.contains("target=\"_top\""), "{}", framed.body);
}

/// An API that is down: a person reads that on a page, and a script is told.
#[tokio::test]
async fn a_failing_api_is_a_page_for_people_and_a_document_for_scripts() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    let down = || app.fake.fault(Endpoint::Drive, Fault::Malformed);
    for (languages, title, again) in
        [("en", "Something went wrong", "Start again"), ("de", "schiefgegangen", "Neu beginnen")]
    {
        browser.languages = languages;
        down();
        let page = browser.go(app.url("/upload?a=1")).await;
        assert_eq!((page.status, page.header("content-type")), (502, "text/html; charset=utf-8"));
        assert!(page.body.contains(title), "{}", page.body);
        assert!(page.link(again).as_str().ends_with("/upload?a=1"));
    }
    browser.languages = "en";
    down();
    let form = [("origin", app.origin.as_str()), ("referer", &app.url("/hello?form=1"))];
    let page = browser.post(app.url("/upload"), &[("a", "b")], "same-origin", &form).await;
    assert_eq!(page.status, 502, "{}", page.body);
    assert!(
        page.link("Start again").as_str().ends_with("/hello?form=1"),
        "a form is not sent twice"
    );
    down();
    let fetched = browser.fetch(app.url("/upload"), &[]).await;
    assert_eq!((fetched.status, fetched.json()["code"].as_str()), (502, Some("api")));
}

/// What an API refuses to the user is a page that offers no button which cannot help, and a line in
/// the log that says which call it was.
#[tokio::test]
async fn what_an_api_forbids_is_said_on_a_page_and_in_the_log() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    let (log, _kept) = Log::keep(Level::WARN);
    for (languages, title) in [("en", "This was not allowed"), ("de", "nicht erlaubt")] {
        browser.languages = languages;
        app.fake.fault(Endpoint::Drive, Fault::FilePermissions);
        let page = browser.go(app.url("/upload")).await;
        assert_eq!(page.status, 403);
        assert!(page.body.contains(title) && page.body.contains("Google"), "{}", page.body);
        assert!(!page.body.contains("href=\"/upload\""), "{}", page.body);
    }
    app.fake.fault(Endpoint::Drive, Fault::FilePermissions);
    let fetched = browser.fetch(app.url("/upload"), &[]).await;
    assert_eq!((fetched.status, fetched.json()["code"].as_str()), (403, Some("api_forbidden")));
    let call = format!("(GET {}/drive/v3/files answered 403", &app.fake.origin()[7..]);
    assert_eq!(log.text().matches(&call).count(), 3, "{}", log.text());

    // That a limit passes is said as well.
    browser.languages = "en";
    app.fake.fault(Endpoint::Drive, Fault::RetryAfter(30));
    let page = browser.go(app.url("/upload")).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "30"));
    assert!(page.body.contains("try again in a moment"), "{}", page.body);
}

/// No user acts in a prefetch, and a form from another site is none of ours: neither begins
/// anything.
#[tokio::test]
async fn what_no_person_does_begins_nothing() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    api_wants_more(&app);
    let prefetch = [("sec-purpose", "prefetch"), SAME[0]];
    let quiet = browser.send(Method::GET, &app.url("/upload"), &prefetch, None).await;
    assert_eq!((quiet.status, quiet.body.as_str()), (403, ""));
    let foreign = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "cross-site")];
    let body = Some("a=b".to_owned());
    let refused = browser.send(Method::POST, &app.url("/upload"), &foreign, body).await;
    assert_eq!(refused.status, 403, "its handler does not run");
    assert!(!refused.body.contains("intent="), "{}", refused.body);
    for page in [quiet, refused] {
        assert!(page.set_cookies().is_empty() && page.header("location").is_empty());
    }
}

/// D18: a token that ended before its time is refreshed, and the call made once more; a call that
/// could do something twice is not.
#[tokio::test]
async fn a_token_that_an_api_no_longer_takes_is_refreshed_once() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    let (tokens, calls) = (app.fake.calls(Endpoint::Token), app.fake.calls(Endpoint::Drive));
    app.fake.expire_access_tokens();
    let page = browser.go(app.url("/upload")).await;
    assert_eq!((page.status, page.body.as_str()), (200, "uploaded "));
    assert_eq!(app.fake.calls(Endpoint::Token), tokens + 1);
    assert_eq!(app.fake.calls(Endpoint::Drive), calls + 2);
    assert_eq!(browser.go(app.url("/upload")).await.status, 200);
    assert_eq!(app.fake.calls(Endpoint::Token), tokens + 1, "the new token is kept");

    app.clock.advance(Duration::from_secs(60));
    app.fake.expire_access_tokens();
    let calls = app.fake.calls(Endpoint::Drive);
    let saved = post(&mut browser, &app, "/notes").await;
    assert_eq!((saved.status, app.fake.calls(Endpoint::Drive)), (502, calls + 1));
    let saved = post(&mut browser, &app, "/notes").await;
    assert_eq!(saved.status, 200, "the next one has a token that lives: {}", saved.body);
}

/// D18: an API that takes no token at all is asked twice.
#[tokio::test]
async fn an_api_that_takes_no_token_is_not_asked_for_ever() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    let calls = app.fake.calls(Endpoint::Drive);
    app.fake.fault(Endpoint::Drive, Fault::Status(401));
    app.fake.fault(Endpoint::Drive, Fault::Status(401));
    let page = browser.go(app.url("/upload")).await;
    assert_eq!(page.status, 502, "{}", page.body);
    assert_eq!(app.fake.calls(Endpoint::Drive), calls + 2);
}

/// An API that refuses each token has a reason that none mends: a token that was just given is not
/// replaced, however often the page is opened, and the log has the API's own words.
#[tokio::test]
async fn an_api_that_takes_no_token_costs_one_refresh_a_minute() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    let (log, _kept) = Log::keep(Level::WARN);
    for minute in 1..=3 {
        let (tokens, calls) = (app.fake.calls(Endpoint::Token), app.fake.calls(Endpoint::Drive));
        (0..11).for_each(|_| app.fake.fault(Endpoint::Drive, Fault::Status(401)));
        for _ in 0..10 {
            let page = browser.go(app.url("/upload?secret=CANARY")).await;
            assert_eq!(page.status, 502, "{}", page.body);
        }
        assert_eq!(app.fake.calls(Endpoint::Token), tokens + 1, "minute {minute}");
        assert_eq!(app.fake.calls(Endpoint::Drive), calls + 11, "minute {minute}");
        app.clock.advance(Duration::from_secs(60));
    }
    let text = log.text();
    for part in ["/drive/v3/files", "answered 401", "another one is not asked for"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("CANARY"), "{text}");
    assert_eq!(browser.go(app.url("/upload")).await.status, 200, "and nothing is lost");
}

/// An API that refuses the token which an authorization just brought sends no user there again.
#[tokio::test]
async fn an_api_that_takes_no_token_begins_no_authorization_after_another() {
    let app = App::with(|fake| fake, |builder| builder).await;
    app.fake.set(Quirk::NoRefreshToken);
    let mut browser = granted(&app).await;
    app.fake.fault(Endpoint::Drive, Fault::Status(401));
    let refused = browser.go(app.url("/upload")).await;
    assert_eq!((refused.status, refused.location().path()), (303, "/oauth/start"));
    (0..3).for_each(|_| app.fake.fault(Endpoint::Drive, Fault::Status(401)));
    let page = browser.authorize(refused.location(), ADA, &DRIVE).await;
    assert_eq!((page.status, page.url.path()), (502, "/upload"), "{}", page.body);
    assert_eq!(browser.go(app.url("/upload")).await.status, 502);
}

/// A token that an API refuses while it is being renewed waits for the new one: nobody is asked.
#[tokio::test]
async fn an_api_that_refuses_a_token_while_it_is_renewed_gets_the_new_one() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    app.clock.advance(Duration::from_secs(3400 - 601));
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    app.fake.fault(Endpoint::Drive, Fault::Status(401));
    let calls = app.fake.calls(Endpoint::Drive);
    let url = app.url("/upload");
    let request = tokio::spawn(async move { browser.go(url).await });
    gate.waiting(1).await;
    while app.fake.calls(Endpoint::Drive) == calls {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    gate.open();
    let page = request.await.unwrap();
    assert_eq!((page.status, page.body.as_str()), (200, "uploaded "));
}

/// D17: whoever withdrew the access at the provider is asked again as soon as an API says so.
#[tokio::test]
async fn access_that_was_withdrawn_is_asked_for_at_once() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    app.fake.revoke_access_of(ADA);
    let refused = browser.go(app.url("/upload?a=1")).await;
    assert_eq!((refused.status, refused.location().path()), (303, "/oauth/start"));
    let page = browser.authorize(refused.location(), ADA, &DRIVE).await;
    assert_eq!((page.status, page.body.as_str()), (200, "uploaded "));
    assert!(page.url.as_str().ends_with("/upload?a=1"), "{}", page.url);
    app.clock.advance(Duration::from_secs(601));
    app.fake.revoke_access_of(ADA);
    let held = post(&mut browser, &app, "/upload").await;
    assert_eq!((held.status, held.url.path()), (200, "/oauth/hold"), "{}", held.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA, "the session is kept");
}

/// Invariant 19: a no is a no also where the account seems to have everything: sent once by
/// itself, then only by a click.
#[tokio::test]
async fn a_no_to_what_an_api_asks_for_is_remembered() {
    let app = App::start().await;
    let mut browser = granted(&app).await;
    app.fake.fault(Endpoint::Drive, Fault::MissingScope);
    let refused = browser.go(app.url("/upload")).await;
    let sent = browser.go(refused.location()).await;
    let state = sent.query("state").unwrap();
    let denied = format!("error=access_denied&state={state}");
    let denied = browser.go(app.callback(&denied)).await;
    assert_eq!(denied.status, 403, "{}", denied.body);
    app.fake.fault(Endpoint::Drive, Fault::MissingScope);
    let refused = browser.go(app.url("/upload")).await;
    let explained = browser.follow(refused.location()).await;
    assert!(explained.url.as_str().starts_with(&app.origin), "{}", explained.url);
}
