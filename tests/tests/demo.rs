//! What the demo says to whoever starts it, and that it serves.

use std::path::Path;

use oauth_examples::demo::Demo;

use crate::support::Browser;

#[tokio::test]
async fn the_demo_serves_its_pages() {
    let demo = Demo::start(0, None).await.unwrap();
    let (origin, fake) = (demo.origin().to_owned(), demo.fake().unwrap().clone());
    let server = tokio::spawn(demo.serve(std::future::pending()));
    let mut browser = Browser::new();
    assert!(browser.go(format!("{origin}/")).await.body.contains("Open notes"));
    let page =
        browser.authorize(format!("{origin}/notes"), "ada@example.com", &["drive.file"]).await;
    assert_eq!(page.status, 200);
    let note = [("title", "Groceries"), ("text", "milk")];
    let saved = browser.post(format!("{origin}/notes"), &note, "same-origin", &[]).await;
    assert_eq!((saved.status, saved.location().path()), (303, "/notes"));
    assert_eq!(fake.drive().files_of("ada@example.com")[0].content, b"milk");
    let scopes = &["calendar.events.readonly"];
    let week = browser.authorize(format!("{origin}/week"), "ada@example.com", scopes).await;
    assert!(week.body.contains("<li>"), "{}", week.body);
    server.abort();
}

#[tokio::test]
async fn a_taken_port_is_named_with_what_to_do() {
    let first = Demo::start(0, None).await.unwrap();
    let port = first.origin().rsplit(':').next().unwrap().parse().unwrap();
    let failure = Demo::start(port, None).await.unwrap_err().to_string();
    assert!(failure.contains(&format!("port {port} is in use")), "{failure}");
    assert!(failure.contains("PORT="), "{failure}");
}

#[tokio::test]
async fn a_missing_credentials_file_is_named() {
    let file = Path::new("no-such-file.json");
    let failure = Demo::start(0, Some(file)).await.unwrap_err();
    assert!(failure.to_string().contains("no-such-file.json"), "{failure}");
}
