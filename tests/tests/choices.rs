//! Handlers that leave the person a choice: one of several scopes, and scopes that are optional.

use std::time::Duration;

use oauth_runtime::fake::Quirk;
use oauth_runtime::{scope, scope_set};

use crate::support::{App, Browser};

scope_set!(Person = "openid", optional("drive.file"));

const ADA: &str = "ada@example.com";
const WIDE: &str = "https://www.googleapis.com/auth";

/// What the provider was asked for, besides who the person is.
fn asked(scope: Option<String>) -> Vec<String> {
    let scope = scope.unwrap_or_default();
    let names = scope.split(' ').filter_map(|name| name.strip_prefix("https://"));
    names.map(|name| name.rsplit('/').next().unwrap().to_owned()).collect()
}

/// A browser of somebody who granted this.
async fn having(app: &App, scopes: &[&str]) -> Browser {
    let signed_in = app.fake.sign_in(ADA).granting(scopes.iter().copied()).at(&app.oauth);
    let cookie = signed_in.await.unwrap();
    let (name, value) = cookie.to_str().unwrap().split_once('=').unwrap();
    let mut browser = Browser::new();
    browser.cookies.insert(name.to_owned(), value.to_owned());
    browser
}

#[tokio::test]
async fn the_first_of_several_is_asked_for_and_any_of_them_suffices() {
    for (granted, page) in [
        (vec!["drive.file", "calendar.events"], "writes: true, reads: true"),
        (vec!["drive.file", "calendar.readonly"], "writes: false, reads: true"),
    ] {
        let app = App::start().await;
        let first = Browser::new().go(app.url("/either")).await;
        assert_eq!(asked(first.query("scope")), ["calendar.events", "drive.file"]);
        let mut browser = having(&app, &granted).await;
        assert_eq!(browser.go(app.url("/either")).await.body, page, "{granted:?}");
    }
}

#[tokio::test]
async fn what_is_missing_beside_a_choice_that_was_made_is_asked_for_alone() {
    let app = App::start().await;
    let mut browser = having(&app, &["calendar.readonly"]).await;
    let first = browser.go(app.url("/either")).await;
    assert_eq!(asked(first.query("scope")), ["drive.file"]);
}

/// Asked along, left out, and not asked for again by itself: the handler runs all the same.
#[tokio::test]
async fn an_optional_scope_is_asked_along_once_and_never_stands_in_the_way() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let consent = browser.consent_page(app.url("/share"), ADA).await;
    assert!(consent.body.contains("contacts.readonly"), "{}", consent.body);
    let page = browser.grant(&consent, &["drive.file"]).await;
    let page = browser.arrive(page).await;
    assert_eq!((page.status, page.body.as_str()), (200, "an address to type"));
    app.fake.revoke_access_of(ADA);
    app.clock.advance(Duration::from_secs(3600));
    let again = browser.go(app.url("/share")).await;
    assert_eq!(asked(again.query("scope")), ["drive.file"], "he left the other one out");
}

#[tokio::test]
async fn an_optional_scope_that_was_granted_is_there() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let both = ["drive.file", "contacts.readonly"];
    let page = browser.authorize(app.url("/share"), ADA, &both).await;
    assert_eq!(page.body, format!("the contacts of {ADA}"));
}

/// Who has what is required is not sent anywhere for the rest.
#[tokio::test]
async fn an_optional_scope_is_never_asked_for_by_itself() {
    let app = App::start().await;
    let mut browser = Browser::new();
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    let page = browser.go(app.url("/share")).await;
    assert_eq!((page.status, page.body.as_str()), (200, "an address to type"));
}

/// A script reads what it needs; the link asks for the rest along with it.
#[tokio::test]
async fn a_script_is_told_what_is_required_and_its_link_asks_for_all() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let problem = browser.fetch(app.url("/share"), &[]).await;
    let document = problem.json();
    assert_eq!(document["missing_scopes"], serde_json::json!([format!("{WIDE}/drive.file")]));
    let link = app.url(document["authorize_url"].as_str().unwrap());
    let started = browser.go(link).await;
    assert_eq!(asked(started.query("scope")), ["contacts.readonly", "drive.file"]);
}

/// A scope of the app's own is asked for by its name, which no catalogue knows.
#[tokio::test]
async fn a_scope_outside_the_catalogue_is_asked_for_as_it_is_written() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let first = browser.go(app.url("/bills")).await;
    let scope = first.query("scope").unwrap();
    assert!(scope.contains("https://api.example.com/auth/bills"), "{scope}");
}

/// A token never says more than what is granted now, however it was come by.
#[tokio::test]
async fn a_token_for_an_optional_scope_is_not_renewed_without_it() {
    let app = App::start().await;
    let mut browser = having(&app, &["drive.file"]).await;
    let me = browser.go(app.url("/me")).await.json();
    let id = format!("{}#{}", me["issuer"].as_str().unwrap(), me["subject"].as_str().unwrap());
    let person = app.oauth.account(&id.parse().unwrap()).token::<Person>().await.unwrap();
    let drive = person.optional::<scope::DriveFile>().unwrap();
    assert!(drive.fresh().await.is_ok());
    app.fake.set(Quirk::NarrowRefresh);
    app.clock.advance(Duration::from_secs(3600));
    let renewed = person.fresh().await.unwrap();
    assert!(renewed.optional::<scope::DriveFile>().is_none());
    assert_eq!(drive.fresh().await.unwrap_err().code(), "consent_required");
}
