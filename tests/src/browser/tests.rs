//! The harness against a page of its own.

use std::io::Cursor;
use std::net::{Ipv4Addr, TcpStream};

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Html;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::driver::{announced_port, listener};
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
    let browser = WebBrowser::start().await;
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
    let browser = WebBrowser::with(Looks::phone()).await;
    browser.goto(&server.url).await;
    assert_eq!(browser.text("#dark").await, "It is dark.");
    assert_eq!(browser.script("return innerWidth").await, "390");
}

#[tokio::test]
async fn a_browser_asks_in_its_language() {
    let server = start().await;
    let tongue = async |looks| {
        let browser = WebBrowser::with(looks).await;
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
    let browser = WebBrowser::start().await;
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
    let browser = WebBrowser::start().await;
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
async fn nothing_is_left_of_chromium_that_was_dropped() {
    let browser = opened(Engine::Chromium).await;
    let options = browser.driver().capabilities().get("goog:chromeOptions").unwrap().clone();
    let debugger = options["debuggerAddress"].as_str().unwrap().to_owned();
    assert!(TcpStream::connect(&debugger).is_ok());
    leaves_nothing(browser);
    assert!(TcpStream::connect(&debugger).is_err(), "Chromium still listens");
}

#[tokio::test]
async fn nothing_is_left_of_firefox_that_was_dropped() {
    leaves_nothing(opened(Engine::Firefox).await);
}

#[tokio::test]
async fn nothing_is_left_of_webkit_that_was_dropped() {
    leaves_nothing(opened(Engine::WebKit).await);
}

/// A browser on a page that it can show, fill in and send.
async fn opened(engine: Engine) -> WebBrowser {
    let server = start().await;
    let browser = WebBrowser::of(engine).await;
    browser.goto(&server.url).await;
    assert_eq!(browser.text("#late").await, "at last");
    browser.type_into("input", "Ada").await;
    browser.click("button").await;
    assert_eq!(browser.text("#sent").await, "who=Ada");
    browser
}

#[expect(
    clippy::used_underscore_binding,
    reason = "the fields live for their drop, and are seen here alone"
)]
fn leaves_nothing(browser: WebBrowser) {
    let driver = browser._driver.port;
    let profile = browser._profile.0.clone();
    let group = browser._driver.group();
    assert!(profile.exists() && !members(group).is_empty());
    drop(browser);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, driver)).is_err(), "its driver still listens");
    let ended = (0..1_000).any(|_| members(group).is_empty());
    assert!(ended, "processes are left: {:?}", members(group));
    assert!(!profile.exists());
}

/// The processes of a group that have not ended.
fn members(group: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let lives_there = |process: &u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // After the program's name: state, parent, group.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let fields: Vec<_> = fields.split(' ').collect();
        fields.first().is_some_and(|state| !matches!(*state, "Z" | "X"))
            && fields.get(2) == Some(&&*group.to_string())
    };
    numbers.filter(lives_there).collect()
}

#[test]
fn the_port_is_read_from_what_the_driver_says() {
    let chromium = "Starting ChromeDriver 156 on port 0\n\
                    ChromeDriver was started successfully on port 39085.\n";
    let firefox = "1795992880541\tgeckodriver\tINFO\tListening on 127.0.0.1:36717\n";
    for (engine, output, port) in [
        (Engine::Chromium, chromium, Some(39085)),
        (Engine::Chromium, "IPv6 port not available. Exiting...\n", None),
        (Engine::Firefox, firefox, Some(36717)),
    ] {
        let words = engine.before_port().unwrap();
        let mut instead = String::new();
        assert_eq!(announced_port(&mut Cursor::new(output), words, &mut instead), port, "{output}");
        assert_eq!(instead, output, "a driver that names no port says why");
    }
}

#[test]
fn the_port_is_read_from_what_the_system_says() {
    let line = |state, number| {
        format!("0: 0100007F:9133 00000000:0000 {state} 0:0 00:0 0 0 0 {number} 1 0 100 0 0 10 0")
    };
    let sockets = ["80930".to_owned()];
    assert_eq!(listener(&line("0A", 80930), &sockets), Some(37171));
    assert_eq!(listener(&line("01", 80930), &sockets), None, "a connection");
    assert_eq!(listener(&line("0A", 80931), &sockets), None, "another program's");
    assert_eq!(listener("sl  local_address rem_address   st tx_queue", &sockets), None);
}
