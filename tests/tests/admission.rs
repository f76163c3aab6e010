//! Accounts that the app does not admit, and what it does when somebody signs in.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use oauth_runtime::fake::FakeAccount;
use oauth_runtime::{Admission, Identity, OAuthBuilder};

use crate::support::{App, Browser};

const ADA: &str = "ada@navy.example";
const EVE: &str = "eve@navy.example";
const BOB: &str = "bob@example.com";
const DRIVE: [&str; 1] = ["drive.file"];

/// Ada is of the navy; Eve only has an address that looks like it.
async fn app(configure: impl FnOnce(OAuthBuilder) -> OAuthBuilder) -> App {
    let app = App::with(|fake| fake, configure).await;
    app.fake.add_account(FakeAccount::new(ADA, "Ada").with_hosted_domain("navy.example"));
    app.fake.add_account(FakeAccount::new(EVE, "Eve").with_unverified_email());
    app
}

/// The claim counts, not the parameter, which anybody can take out of the address.
#[tokio::test]
async fn only_accounts_of_the_organization_are_admitted() {
    let app = app(|builder| builder.allow_domains(["navy.example"])).await;
    let mut browser = Browser::new();
    let asked = browser.go(app.url("/notes")).await;
    assert_eq!(asked.query("hd").as_deref(), Some("navy.example"));
    let page = browser.authorize(asked.location(), EVE, &DRIVE).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains("is not admitted"), "{}", page.body);
    assert!(page.set_cookies().iter().all(|line| line.contains("Max-Age=0")), "no session");
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
    // The way on asks which account, and brings the right one to where it began.
    let chooser = browser.go(page.link("Choose another account")).await;
    assert_eq!(chooser.query("prompt").as_deref(), Some("select_account"));
    let page = browser.authorize(chooser.location(), ADA, &DRIVE).await;
    assert_eq!((page.status, page.url.path()), (200, "/notes"), "{}", page.body);
}

/// A session of somebody who is admitted outlives the attempt with an account that is not.
#[tokio::test]
async fn an_account_that_is_not_admitted_leaves_the_session_alone() {
    let app = app(|builder| builder.allow_accounts(Identity::email_verified)).await;
    let mut browser = Browser::new();
    browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    let asked = browser.go(app.url("/notes")).await;
    assert_eq!(asked.query("hd"), None);
    let mut url = asked.location();
    let pairs: Vec<_> = url.query_pairs().into_owned().filter(|p| p.0 != "login_hint").collect();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    let page = browser.authorize(url, EVE, &DRIVE).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
    browser.languages = "de";
    let explained = browser.go(app.url("/notes")).await;
    assert_eq!(explained.status, 403, "nobody is sent round and round");
}

/// Called once for each session that begins, with what the provider says; not for one more scope.
#[tokio::test]
async fn the_hook_sees_who_signs_in_and_may_refuse() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen_by_hook = seen.clone();
    let app = app(|builder| {
        builder.on_sign_in(move |person| {
            let line = format!("{} {:?}", person.email().unwrap(), person.hosted_domain());
            seen_by_hook.lock().unwrap().push(line);
            let bob = person.email() == Some(BOB);
            let admission = if bob { Admission::Refused } else { Admission::Admitted };
            std::future::ready(Ok::<_, std::io::Error>(admission))
        })
    })
    .await;
    let mut browser = Browser::new();
    let refused = browser.authorize(app.url("/notes"), BOB, &DRIVE).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
    let page = browser.authorize(refused.link("Choose another account"), ADA, &DRIVE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let week = browser.authorize(app.url("/week"), ADA, &["calendar.events.readonly"]).await;
    assert_eq!(week.status, 200, "{}", week.body);
    let expected = [format!("{BOB} None"), format!("{ADA} Some(\"navy.example\")")];
    assert_eq!(*seen.lock().unwrap(), expected);
}

/// The app's database is down: nothing is stored, and the next attempt goes through.
#[tokio::test]
async fn a_hook_that_fails_loses_nothing() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let app = app(|builder| {
        builder.on_sign_in(move |_| {
            let first = counter.fetch_add(1, Ordering::SeqCst) == 0;
            let failed = || std::io::Error::other("CANARY-database");
            std::future::ready(if first { Err(failed()) } else { Ok(Admission::Admitted) })
        })
    })
    .await;
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes?page=2"), ADA, &DRIVE).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "5"));
    assert!(!page.body.contains("CANARY"), "{}", page.body);
    assert_eq!(browser.go(app.url("/hello")).await.body, "nobody");
    let page = browser.authorize(page.link("Start again"), ADA, &DRIVE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.url.as_str().ends_with("/notes?page=2"));
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}
