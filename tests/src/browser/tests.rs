//! The harness against a page of its own.

use std::io::Cursor;
use std::net::{Ipv4Addr, TcpStream};

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Html;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::driver::announced_port;
use super::*;

struct Server {
    url: String,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn start() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let tongue = |headers: HeaderMap| async move {
        headers["accept-language"].to_str().unwrap_or_default().to_owned()
    };
    let greet = |body: String| async move { Html(format!("<p id=sent>{body}</p>")) };
    let app = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/away", get(|| async { Html(AWAY) }))
        .route("/tongue", get(tongue))
        .route("/greet", post(greet));
    let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Server { url, task }
}

const PAGE: &str = r"<!doctype html><title>Greeting</title>
    <style>#dark { display: none } @media (prefers-color-scheme: dark) { #dark { display: block } }</style>
    <h1>Who is there?</h1><p id=dark>It is dark.</p>
    <form method=post action=/greet><input name=who value=nobody><button>Send</button></form>
    <script>setTimeout(() => document.body.append(Object.assign(
        document.createElement('p'), { id: 'late', textContent: 'at last' })), 100)</script>";

/// A name and an address that are not of this machine, and something that is not there.
const AWAY: &str = r"<!doctype html><title>Away</title><link rel=icon href=data:,>
    <img src=http://elsewhere.example/a.png><img src=http://192.0.2.1/b.png><img src=/missing.png>
    <h1>Away</h1>";

#[tokio::test]
async fn a_page_is_read_filled_in_and_sent() {
    let server = start().await;
    let browser = Chromium::start().await;
    browser.goto(&server.url).await;
    assert_eq!(browser.text("h1").await, "Who is there?");
    assert_eq!(browser.text("#late").await, "at last");
    assert_eq!(
        browser.script("return getComputedStyle(document.querySelector('#dark')).display").await,
        "none"
    );
    browser.type_into("input", "Ada").await;
    let picture = browser.screenshot("harness/form").await;
    assert!(fs::read(picture).unwrap().starts_with(b"\x89PNG"));
    browser.click("button").await;
    assert_eq!(browser.text("#sent").await, "who=Ada");
    assert_eq!(browser.url().await, format!("{}/greet", server.url));
}

#[tokio::test]
async fn looks_are_those_asked_for() {
    let server = start().await;
    let browser = Chromium::with(Looks::phone()).await;
    browser.goto(&server.url).await;
    assert_eq!(browser.text("#dark").await, "It is dark.");
    assert_eq!(browser.script("return innerWidth").await, "390");
}

#[tokio::test]
async fn a_browser_asks_in_its_language() {
    let server = start().await;
    let tongue = async |looks| {
        let browser = Chromium::with(looks).await;
        browser.goto(format!("{}/tongue", server.url)).await;
        (browser.text("body").await, browser.script("return navigator.language").await)
    };
    let (asked, own) = tongue(Looks::default()).await;
    assert!(asked.starts_with("en-US") && own == "en-US", "{asked} {own}");
    let (asked, own) = tongue(Looks { language: "de-DE", ..Looks::default() }).await;
    assert!(asked.starts_with("de-DE") && own == "de-DE", "{asked} {own}");
}

#[tokio::test]
async fn nothing_outside_of_this_machine_is_reached_and_every_attempt_is_seen() {
    let server = start().await;
    let browser = Chromium::start().await;
    browser.goto(format!("{}/away", server.url)).await;
    let complaints = browser.complaints().await;
    let about = |what: &str| complaints.iter().find(|line| line.contains(what)).unwrap();
    assert!(about("elsewhere.example").contains("ERR_NAME_NOT_RESOLVED"), "{complaints:?}");
    assert!(about("192.0.2.1").contains("ERR_NAME_NOT_RESOLVED"), "{complaints:?}");
    assert!(about("missing.png").contains("404"), "{complaints:?}");
    assert!(browser.complaints().await.is_empty(), "each is told once");
    let requests = browser.requests().await;
    let asked = |url: &str, for_page| Request { url: url.to_owned(), for_page };
    assert!(requests.contains(&asked(&format!("{}/away", server.url), true)), "{requests:?}");
    assert!(requests.contains(&asked("http://192.0.2.1/b.png", false)), "{requests:?}");
}

#[tokio::test]
async fn tabs_share_a_profile_and_another_browser_does_not() {
    let server = start().await;
    let browser = Chromium::start().await;
    browser.goto(&server.url).await;
    browser.script("document.cookie = 'a=b'; return ''").await;
    let first = browser.tab().await;
    let second = browser.open_tab().await;
    browser.goto(&server.url).await;
    assert_eq!(browser.script("return document.cookie").await, "a=b");
    browser.goto(format!("{}/tongue", server.url)).await;
    browser.back().await;
    assert_eq!(browser.text("h1").await, "Who is there?");
    assert_eq!(browser.tab().await, second);
    browser.show(&first).await;
    assert_eq!(browser.tab().await, first);
    let other = browser.beside().await;
    other.goto(&server.url).await;
    assert_eq!(other.script("return document.cookie").await, "");
}

#[tokio::test]
#[expect(
    clippy::used_underscore_binding,
    reason = "the fields live for their drop, and are seen here alone"
)]
async fn nothing_is_left_of_a_browser_that_was_dropped() {
    let server = start().await;
    let browser = Chromium::start().await;
    browser.goto(&server.url).await;
    let driver = browser._driver.port;
    let profile = browser._profile.0.clone();
    let options = browser.driver().capabilities().get("goog:chromeOptions").unwrap().clone();
    let debugger = options["debuggerAddress"].as_str().unwrap().to_owned();
    assert!(TcpStream::connect(&debugger).is_ok() && profile.exists());
    drop(browser);
    assert!(TcpStream::connect(&debugger).is_err(), "Chromium still listens");
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, driver)).is_err(), "its driver still listens");
    assert!(!profile.exists());
}

#[test]
fn the_port_is_read_from_what_the_driver_says() {
    let output = "Starting ChromeDriver 156 on port 0\nChromeDriver was started successfully on port 39085.\n";
    assert_eq!(announced_port(&mut Cursor::new(output)), Some(39085));
    assert_eq!(announced_port(&mut Cursor::new("Starting ChromeDriver on port 0\n")), None);
}
