//! Every way of asking against every way in which a refresh can be refused or fail: it ends in the
//! handler, at the provider, or on a page whose button leads there, and never in a circle.

use std::collections::BTreeSet;
use std::time::Duration;

use oauth_runtime::fake::{Endpoint, Fault};
use oauth_runtime::{Error, scope};

use crate::support::{App, Browser, Page};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const DRIVE: &[&str] = &["drive.file"];
const HOUR: Duration = Duration::from_secs(3600);

/// How the handler is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Page,
    Script,
    Htmx,
    Form,
    SignIn,
    Account,
    Job,
    /// The link of a job's error, followed where no user is signed in.
    Letter,
}

const WAYS: [Way; 8] = [
    Way::Page,
    Way::Script,
    Way::Htmx,
    Way::Form,
    Way::SignIn,
    Way::Account,
    Way::Job,
    Way::Letter,
];

/// Where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Handler,
    Provider,
    /// A 503: trying again later may help.
    Later,
    /// The same, on a page from which the account can be connected again.
    LaterOrProvider,
}

fn answer(status: u16, body: &str) -> Fault {
    let response = http::Response::builder().status(status);
    Fault::Answer(response.body(body.to_owned()).unwrap())
}

fn refusals() -> Vec<(&'static str, Fault)> {
    let word = |word: &str| answer(400, &format!("{{\"error\":\"{word}\"}}"));
    vec![
        ("empty", answer(400, "")),
        ("empty 401", answer(401, "")),
        ("invalid_grant", word("invalid_grant")),
        ("invalid_request", word("invalid_request")),
        ("interaction_required", word("interaction_required")),
        ("unauthorized_client", word("unauthorized_client")),
        ("invalid_client", answer(401, r#"{"error":"invalid_client"}"#)),
        ("admin_policy_enforced", word("admin_policy_enforced")),
        ("unsupported_grant_type", word("unsupported_grant_type")),
        ("access_denied", answer(403, r#"{"error":"access_denied"}"#)),
        ("200", answer(200, r#"{"error":"bad_refresh_token"}"#)),
        ("a form", answer(200, "error=bad_refresh_token&error_description=x")),
        ("rapt", answer(400, r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#)),
    ]
}

fn outages() -> Vec<(&'static str, Fault)> {
    vec![
        ("a firewall", answer(403, "<html>no</html>")),
        ("404", answer(404, "not found")),
        ("405", answer(405, "")),
        ("407", answer(407, "")),
        ("429", answer(429, r#"{"error":"invalid_grant"}"#)),
        ("500", answer(500, "")),
        ("503", answer(503, r#"{"error":"invalid_grant"}"#)),
        ("temporarily_unavailable", answer(400, r#"{"error":"temporarily_unavailable"}"#)),
        ("slow_down", answer(400, r#"{"error":"slow_down"}"#)),
        ("302", answer(302, "")),
        ("no answer", Fault::Drop),
    ]
}

/// An app in which Ada granted the scope, with a token that has ended.
async fn ended(lifetime: Duration) -> (App, Browser) {
    let app = App::start().await;
    app.fake.set_access_token_lifetime(lifetime);
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.clock.advance(lifetime);
    (app, browser)
}

fn always(app: &App, fault: &Fault) {
    (0..40).for_each(|_| app.fake.fault(Endpoint::Token, fault.clone()));
}

/// From a page on, by its redirects and by one click on what it offers.
async fn walk(app: &App, browser: &mut Browser, mut page: Page, what: &str) -> End {
    let mut seen = BTreeSet::new();
    let mut clicks = 0;
    loop {
        if page.headers.contains_key("location") {
            let to = page.location();
            if to.as_str().starts_with(app.fake.origin()) {
                return End::Provider;
            }
            assert!(seen.insert(to.to_string()), "{what}: a circle at {to}");
            page = browser.go(&to).await;
            continue;
        }
        let connects = page.body.contains("Connect the account again");
        match page.status {
            503 if connects => return End::LaterOrProvider,
            503 => {
                assert!(page.headers.contains_key("retry-after"), "{what}");
                return End::Later;
            }
            _ => {}
        }
        let button = ["Continue", "Grant access", "Sign in again"]
            .into_iter()
            .find(|text| page.body.contains(&format!(">{text}</a>")));
        let Some(button) = button.filter(|_| clicks < 2) else {
            assert_eq!(page.status, 200, "{what}: no way on from {}", page.body);
            return End::Handler;
        };
        clicks += 1;
        page = browser.go(page.link(button)).await;
    }
}

async fn job(app: &App) -> Result<(), Error> {
    let id = app.fake.account_id(ADA);
    app.oauth.account(&id).token::<scope::DriveFile>().await.map(drop)
}

async fn end(app: &App, browser: &mut Browser, way: Way, what: &str) -> End {
    let page = match way {
        Way::Page => browser.go(app.url("/notes")).await,
        Way::Account => browser.go(app.url("/oauth/account")).await,
        Way::SignIn => browser.go(app.url("/oauth/sign-in?return_to=/notes")).await,
        Way::Form => {
            let origin = app.origin.clone();
            let headers = [("origin", origin.as_str())];
            browser.post(app.url("/echo"), &[("title", "x")], "same-origin", &headers).await
        }
        Way::Script | Way::Htmx => {
            let htmx = [("hx-request", "true")];
            let headers = if way == Way::Htmx { &htmx[..] } else { &[] };
            let page = browser.fetch(app.url("/notes"), headers).await;
            let link = match (page.status, way) {
                (403, Way::Script) => page.json()["authorize_url"].as_str().unwrap().to_owned(),
                (403, _) => page.header("hx-redirect").to_owned(),
                _ => return walk(app, browser, page, what).await,
            };
            browser.go(app.url(&format!("{link}&popup=1"))).await
        }
        Way::Job | Way::Letter => match job(app).await {
            Ok(()) => return End::Handler,
            Err(error) if error.is_transient() => return End::Later,
            Err(error) => {
                assert!(error.is_consent_required(), "{what}: {error}");
                let link = error.authorize_url().expect("a job's error has a link").to_owned();
                if way == Way::Letter {
                    browser.cookies.clear();
                }
                browser.go(&link).await
            }
        },
    };
    walk(app, browser, page, what).await
}

/// However the provider refuses, and however soon after the last consent: each way ends at the
/// provider, and once the user has authorized there, in the handler.
#[tokio::test]
async fn a_refused_refresh_leads_every_way_to_the_provider() {
    for (name, fault) in refusals() {
        for (way, lifetime) in WAYS.iter().flat_map(|way| [HOUR, HOUR / 12].map(|it| (*way, it))) {
            let (app, mut browser) = ended(lifetime).await;
            let what = format!("{name}, {way:?}, {lifetime:?}");
            always(&app, &fault);
            // Again and again: what was asked for before changes nothing.
            for round in 0..3 {
                let expected = if way == Way::Account { End::Handler } else { End::Provider };
                let found = end(&app, &mut browser.tab(), way, &what).await;
                assert_eq!(found, expected, "{what}, round {round}");
                app.clock.advance(Duration::from_secs(2));
            }
            app.fake.clear_faults();
            app.fake.set_access_token_lifetime(HOUR);
            let page = browser.authorize(app.url("/notes"), ADA, DRIVE).await;
            let page = match page.status {
                403 => browser.authorize(page.link("Continue"), ADA, DRIVE).await,
                _ => page,
            };
            assert_eq!((page.status, page.url.path()), (200, "/notes"), "{what}: {}", page.body);
            job(&app).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        }
    }
}

/// An outage sends no user away: all are told to come later, and are served when it is over.
#[tokio::test]
async fn an_outage_sends_no_user_away() {
    for (name, fault) in outages() {
        for way in WAYS {
            let (app, mut browser) = ended(HOUR).await;
            let what = format!("{name}, {way:?}");
            always(&app, &fault);
            for round in 0..3 {
                let found = end(&app, &mut browser.tab(), way, &what).await;
                let expected = if way == Way::Account { End::Handler } else { End::Later };
                assert_eq!(found, expected, "{what}, round {round}");
                app.clock.advance(Duration::from_secs(2));
            }
            app.fake.clear_faults();
            app.clock.advance(Duration::from_secs(60));
            let found = end(&app, &mut browser, way, &what).await;
            assert_eq!(found, End::Handler, "{what}: it is over");
        }
    }
}

/// A refresh that fails for good for one account, while others are served, is no outage: the page
/// offers to connect the account again, and a job's error says so.
#[tokio::test]
async fn an_account_that_fails_alone_can_be_connected_again() {
    let (app, mut ada) = ended(HOUR).await;
    let mut bob = Browser::new();
    bob.authorize(app.url("/notes"), BOB, DRIVE).await;
    for minute in 0..4 {
        app.fake.fault(Endpoint::Token, answer(500, ""));
        let expected = if minute < 2 { End::Later } else { End::LaterOrProvider };
        assert_eq!(end(&app, &mut ada, Way::Page, "500").await, expected, "minute {minute}");
        app.clock.advance(HOUR);
        assert_eq!(bob.go(app.url("/notes")).await.status, 200, "others are served");
    }
    app.fake.fault(Endpoint::Token, answer(500, ""));
    let error = job(&app).await.unwrap_err();
    assert!(error.is_transient() && error.help().unwrap().contains("connect the account"));
    app.fake.fault(Endpoint::Token, answer(500, ""));
    app.clock.advance(Duration::from_secs(60));
    let page = ada.go(app.url("/notes")).await;
    let page = ada.authorize(page.link("Connect the account again"), ADA, DRIVE).await;
    assert_eq!((page.status, page.url.path()), (200, "/notes"), "{}", page.body);
}

/// Eight accounts whose refresh fails for good poll every two seconds, and cost a good one nothing.
#[tokio::test]
async fn dead_accounts_shut_out_no_other() {
    for fault in [answer(500, ""), answer(400, ""), answer(403, "<html>"), Fault::Drop] {
        let (app, mut good) = ended(HOUR).await;
        let mut dead = Vec::new();
        for number in 0..8 {
            let email = format!("{number}@example.com");
            app.fake.add_account(oauth_runtime::fake::FakeAccount::new(&email, "Dead"));
            let cookie = app.fake.sign_in(&email).granting(["drive.file"]).at(&app.oauth).await;
            let mut browser = Browser::new();
            let cookie = cookie.unwrap();
            let (name, value) = cookie.to_str().unwrap().split_once('=').unwrap();
            browser.cookies.insert(name.to_owned(), value.to_owned());
            dead.push(browser);
        }
        assert_eq!(good.go(app.url("/guarded")).await.status, 200);
        for round in 0..40 {
            app.clock.advance(Duration::from_secs(if round % 10 == 0 { 3600 } else { 2 }));
            // What is queued is for those who ask now; what is left goes before the good one asks.
            (0..16).for_each(|_| app.fake.fault(Endpoint::Token, fault.clone()));
            for browser in &mut dead {
                assert_ne!(browser.go(app.url("/guarded")).await.status, 200, "round {round}");
            }
            app.fake.clear_faults();
            let page = good.go(app.url("/guarded")).await;
            assert_eq!(page.status, 200, "{fault:?}, round {round}: {}", page.body);
        }
    }
}

/// A job's letter names its account: however the access ended, the authorization asks for all that
/// the account had consented to, and another user who follows it is asked which account is meant.
#[tokio::test]
async fn a_letter_is_for_its_account_and_asks_for_all_of_it() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let scopes = ["drive.file", "calendar.events.readonly"];
    let page = browser.authorize(app.url("/both"), ADA, &scopes).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.fake.revoke_access_of(ADA);
    app.clock.advance(HOUR);
    let error = job(&app).await.unwrap_err();
    assert!(error.to_string().contains("invalid_grant"), "what the provider said: {error}");
    let letter = error.authorize_url().unwrap().to_owned();
    let asked = Browser::new().go(&letter).await;
    let asked = asked.query("scope").unwrap();
    assert!(scopes.iter().all(|scope| asked.contains(scope)), "{asked}");

    let mut bob = Browser::new();
    let asked = bob.go(&letter).await.location();
    let hinted = asked.as_str().replace("login_hint=ada%40", "login_hint=bob%40");
    let other = bob.authorize(hinted, BOB, &scopes).await;
    assert_eq!(other.status, 409, "{}", other.body);
    assert_eq!(bob.go(app.url("/hello")).await.body, "nobody");
    assert!(job(&app).await.is_err());
    let page = bob.authorize(other.link("Continue as ada"), ADA, &scopes).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(bob.go(app.url("/hello")).await.body, ADA);
    job(&app).await.unwrap();
    assert_eq!(bob.go(app.url("/both")).await.status, 200, "nothing was left out");
}

/// The same where another user is signed in, who has the scope: the page says which account is meant.
#[tokio::test]
async fn a_letter_for_another_account_than_the_callers_says_so() {
    let app = App::start().await;
    Browser::new().authorize(app.url("/notes"), ADA, DRIVE).await;
    let mut bob = Browser::new();
    bob.authorize(app.url("/notes"), BOB, DRIVE).await;
    app.fake.revoke_access_of(ADA);
    app.clock.advance(HOUR);
    let error = job(&app).await.unwrap_err();
    let letter = error.authorize_url().unwrap().to_owned();
    let page = bob.go(&letter).await;
    assert_eq!(page.status, 409, "{}", page.body);
    let page = bob.authorize(page.link("Switch to ada"), ADA, DRIVE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    job(&app).await.unwrap();
}

/// Where an API says that a scope is missing which the account has, and the provider answers with an
/// error at once, the user reads that, and does not go round.
#[tokio::test]
async fn an_error_at_once_ends_on_a_page_though_the_account_has_it_all() {
    for error in ["invalid_scope", "server_error", "request_forbidden"] {
        let app = App::start().await;
        let mut browser = Browser::new();
        browser.authorize(app.url("/upload"), ADA, DRIVE).await;
        browser.authorize(app.url("/notes"), ADA, DRIVE).await;
        app.clock.advance(HOUR / 2);
        app.fake.fault(Endpoint::Drive, Fault::MissingScope);
        let page = browser.go(app.url("/upload")).await;
        let mut page = if page.status == 303 { browser.go(page.location()).await } else { page };
        for _ in 0..3 {
            let Some(state) = page.headers.get("location").and(page.query("state")) else { break };
            page = browser.go(app.callback(&format!("state={state}&error={error}"))).await;
            if page.headers.contains_key("location") {
                page = browser.go(page.location()).await;
            }
        }
        assert!(!page.headers.contains_key("location"), "{error}: {:?}", page.headers);
    }
}

/// A scope that the provider has retired, and that the user consented to once, keeps no user out: what
/// is needed alone is asked for, once.
#[tokio::test]
async fn a_scope_that_the_provider_retired_keeps_no_user_out() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let scopes = ["drive.file", "calendar.events.readonly"];
    browser.authorize(app.url("/both"), ADA, &scopes).await;
    app.fake.revoke_access_of(ADA);
    app.clock.advance(HOUR);
    let refused = |page: &Page| {
        let state = page.query("state").unwrap();
        app.callback(&format!("state={state}&error=invalid_scope"))
    };
    let asked = browser.go(app.url("/notes")).await;
    assert!(asked.query("scope").unwrap().contains("calendar"), "all that was granted");
    let narrower = browser.go(refused(&asked)).await;
    assert_eq!(narrower.status, 303, "{}", narrower.body);
    let asked = browser.go(narrower.location()).await;
    let scope = asked.query("scope").unwrap();
    assert!(scope.contains("drive.file") && !scope.contains("calendar"), "{scope}");
    let page = browser.go(refused(&asked)).await;
    assert_eq!(page.status, 503, "not once more: {}", page.body);
    let page = browser.authorize(app.url("/notes"), ADA, DRIVE).await;
    assert_eq!(page.status, 200, "{}", page.body);
}
