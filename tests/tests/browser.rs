//! The demo in a real Chromium: what a person clicks, and what Drive holds afterwards.

use oauth_examples::demo::Demo;
use oauth_examples::own_login::OwnLogin;
use oauth_runtime::fake::{Endpoint, FakeGoogle};
use oauth_tests::browser::{Chromium, Looks};
use tokio::task::JoinHandle;

const ADA: &str = "button[value='ada@example.com']";
const CONTINUE: &str = "button[value='continue']";

/// The demo, served until it is dropped.
struct Served {
    origin: String,
    fake: FakeGoogle,
    server: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn demo() -> Served {
    let demo = Demo::start(0, None).await.unwrap();
    let (origin, fake) = (demo.origin().to_owned(), demo.fake().unwrap().clone());
    let server = tokio::spawn(async move { demo.serve(std::future::pending()).await.unwrap() });
    Served { origin, fake, server }
}

/// The whole way: home, consent to exactly one scope, a note saved, and out again.
#[tokio::test]
async fn a_person_consents_and_saves_a_note() {
    let demo = demo().await;
    let chromium = Chromium::start().await;
    chromium.goto(&demo.origin).await;
    chromium.screenshot("demo-home").await;
    chromium.click("a[href='/notes']").await;
    chromium.wait_for(ADA).await;
    chromium.screenshot("fake-chooser").await;
    chromium.click(ADA).await;
    let asked = chromium.text("fieldset").await;
    assert!(asked.contains("drive.file") && !asked.contains("calendar"), "{asked}");
    chromium.screenshot("fake-consent").await;
    chromium.click(CONTINUE).await;
    chromium.type_into("#title", "Groceries").await;
    chromium.type_into("#text", "milk\nbread").await;
    chromium.click("main button").await;
    assert_eq!(chromium.text("#notes").await, "Groceries.txt");
    chromium.screenshot("demo-note-saved").await;
    let files = demo.fake.drive().files_of("ada@example.com");
    assert_eq!(files.len(), 1);
    assert_eq!(
        (files[0].name.as_str(), files[0].content.as_slice()),
        ("Groceries.txt", &b"milk\r\nbread"[..])
    );
    assert_eq!(demo.fake.calls(Endpoint::Token), 1);

    chromium.click("header button").await;
    chromium.wait_for("a[href^='/oauth/sign-in']").await;
    assert_eq!(chromium.url().await, format!("{}/", demo.origin));
}

/// Cancel, then the second feature with its box left empty, then granted: on a phone, in the dark.
#[tokio::test]
async fn a_person_says_no_and_later_yes() {
    let demo = demo().await;
    let looks = Looks { width: 390, height: 800, dark: true };
    let chromium = Chromium::with(looks).await;
    chromium.goto(format!("{}/week", demo.origin)).await;
    chromium.click(ADA).await;
    chromium.click("button[value='cancel']").await;
    assert!(chromium.text("main").await.contains("Nothing has changed"));
    chromium.screenshot("page-cancelled").await;
    chromium.click("a.main").await;
    chromium.click(ADA).await;
    chromium.click("input[type='checkbox']").await;
    chromium.click(CONTINUE).await;
    let page = chromium.text("main").await;
    assert!(page.contains("calendar.events.readonly"), "{page}");
    assert!(page.contains("show what is in your calendar this week"), "{page}");
    chromium.screenshot("page-declined").await;
    chromium.click("a.main").await;
    let ticked = "return String(document.querySelector('input[type=checkbox]').checked)";
    chromium.wait_for("input[type='checkbox']").await;
    if chromium.script(ticked).await == "false" {
        chromium.click("input[type='checkbox']").await;
    }
    chromium.click(CONTINUE).await;
    assert!(!chromium.text("#events").await.is_empty());
    chromium.screenshot("demo-week").await;
}

/// The app's own cookie is `SameSite=Strict`, so it does not come along from the provider's site:
/// the person arrives all the same, and the other user of the same browser sees nothing of it.
#[tokio::test]
async fn a_user_of_an_app_with_its_own_login_comes_back_logged_in() {
    let app = OwnLogin::start(0).await.unwrap();
    let (origin, fake) = (app.origin().to_owned(), app.fake().clone());
    let server = tokio::spawn(async move { app.serve(std::future::pending()).await.unwrap() });
    let app = Served { origin, fake, server };
    let chromium = Chromium::start().await;
    chromium.goto(format!("{}/notes", app.origin)).await;
    chromium.click("input[value='1'] ~ button").await;
    chromium.click(ADA).await;
    chromium.click(CONTINUE).await;
    chromium.wait_for("#title").await;
    assert_eq!(chromium.url().await, format!("{}/notes", app.origin));
    assert_eq!(app.fake.calls(Endpoint::Token), 1);
    chromium.screenshot("own-login-notes").await;
    chromium.click("header button").await;
    chromium.click("header a.button").await;
    chromium.click("input[value='2'] ~ button").await;
    assert!(chromium.text("main").await.contains("None yet"));
}
