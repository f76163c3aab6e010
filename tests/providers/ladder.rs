//! The small examples, each used as its reader would use it.

use axum::Router;
use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{OAuth, ServiceAccountKey};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::support::Browser;
use super::world::{ADA, World};

macro_rules! example {
    ($name:ident, $path:literal) => {
        #[path = $path]
        #[allow(dead_code, missing_docs, unreachable_pub, clippy::missing_errors_doc)]
        mod $name;
    };
}

example!(drive, "../../examples/src/bin/drive.rs");
example!(calendar, "../../examples/src/bin/calendar.rs");
example!(background_job, "../../examples/src/bin/background_job.rs");
example!(service_account, "../../examples/src/bin/service_account.rs");
example!(two_providers, "../../examples/src/bin/two_providers.rs");

/// An example that stops when it is dropped.
struct Served {
    origin: String,
    server: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A fake of its own, and the handle of an app at a free port.
async fn prepared() -> (FakeGoogle, OAuth, TcpListener) {
    let fake = FakeGoogle::start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback =
        format!("http://localhost:{}/oauth/callback", listener.local_addr().unwrap().port());
    // The handlers of all examples are in this program, and one of them is GitHub's.
    let github = super::github::GitHub::start().await;
    let builder = fake.builder_for(&callback).unwrap().with_provider(github.provider());
    (fake, builder.build().unwrap(), listener)
}

fn serve(listener: TcpListener, app: Router) -> Served {
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Served { origin, server }
}

impl Served {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

#[tokio::test]
async fn drive_lists_uploads_and_deletes() {
    let (fake, oauth, listener) = prepared().await;
    let app = serve(listener, drive::app(&oauth));
    let mut browser = Browser::new();
    let empty = browser.authorize(app.url("/files"), ADA, &["drive.file"]).await;
    assert_eq!(empty.status, 200, "{}", empty.body);
    let note = [("name", "<b>Bold</b>"), ("text", "an engine")];
    browser.post(app.url("/files"), &note, "same-origin", &[]).await;
    let listed = browser.go(app.url("/files")).await;
    assert!(listed.body.contains("Bold") && !listed.body.contains("<b>"), "{}", listed.body);
    let files = fake.drive().files_of(ADA);
    assert_eq!(files[0].content, b"an engine");
    let delete = app.url(&format!("/files/{}/delete", files[0].id));
    for _ in 0..2 {
        let gone = browser.post(&delete, &[], "same-origin", &[]).await;
        assert_eq!(gone.status, 303, "{}", gone.body);
    }
    assert!(fake.drive().files_of(ADA).is_empty());
}

#[tokio::test]
async fn calendar_tells_a_script_what_is_missing_and_then_the_week() {
    let (_fake, oauth, listener) = prepared().await;
    let app = serve(listener, calendar::app(&oauth));
    let mut browser = Browser::new();
    assert!(browser.go(app.url("/")).await.body.contains("/oauth/client.js"));
    let cors = [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    let refused = browser.send(http::Method::GET, &app.url("/week"), &cors, None).await;
    assert_eq!(refused.json()["code"], "sign_in_required");
    let week = browser.authorize(app.url("/week"), ADA, &["calendar.events.readonly"]).await;
    assert!(week.json().as_array().is_some_and(|week| !week.is_empty()), "{}", week.body);
}

#[tokio::test]
async fn the_job_goes_on_alone_and_asks_by_letter() {
    let (fake, oauth, listener) = prepared().await;
    let subscribers = background_job::Subscribers::default();
    let app = serve(listener, background_job::app(&oauth, &subscribers));
    let mut browser = Browser::new();
    browser.authorize(app.url("/"), ADA, &["drive.file"]).await;
    let night = async || background_job::back_up(&oauth, &subscribers).await;
    assert!(night().await.is_empty());
    assert_eq!(fake.drive().files_of(ADA).len(), 1);
    oauth.account(&fake.account_id(ADA)).disconnect().await.unwrap();
    let letters = night().await;
    assert!(letters[0].contains(&app.origin), "{letters:?}");
}

#[tokio::test]
async fn the_service_account_has_a_drive_of_its_own() {
    let (fake, oauth, listener) = prepared().await;
    let key = fake.service_account("robot@app.example").unwrap();
    let robot = oauth.service_account(ServiceAccountKey::from_json(&key).unwrap()).unwrap();
    let app = serve(listener, service_account::app(&oauth, &robot));
    let mut browser = Browser::new();
    browser.authorize(app.url("/"), ADA, &[]).await;
    let published = browser.post(app.url("/publish"), &[], "same-origin", &[]).await;
    assert_eq!(published.json()["name"], format!("Report by {ADA}"));
    assert!(fake.drive().files_of(ADA).is_empty(), "it is not in hers");
}

#[tokio::test]
async fn two_providers_are_asked_each_for_its_own() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // The handle's own routes are at the world's address; this one only asks.
    let app = serve(listener, two_providers::app(&world.oauth));
    let mut browser = Browser::new();
    let home = browser.go(app.url("/")).await;
    assert!(home.body.contains("Sign in with Google"), "{}", home.body);
    browser.authorize(world.url("/notes"), ADA, &["drive.file"]).await;
    let notes = browser.go(app.url("/notes")).await;
    assert_eq!(notes.status, 200, "{}", notes.body);
    let asked = browser.go(app.url("/gists")).await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    assert_eq!(asked.query("scope").as_deref(), Some("gist"));
}
