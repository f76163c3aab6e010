//! The client against a small server that shows what it was sent.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Browser, Method as Verb};

/// Stops when dropped.
struct Server {
    port: u16,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new()
            .route("/echo", any(echo))
            .route("/page", get(|| async { Html(PAGE) }))
            .route("/hidden", get(|| async { ([("referrer-policy", "no-referrer")], Html(PAGE)) }))
            .route(
                "/set",
                get(|| async { ([("set-cookie", "sid=abc; Path=/; HttpOnly; Secure")], "set") }),
            )
            .route("/end", get(|| async { ([("set-cookie", "sid=; Path=/; Max-Age=0")], "ended") }))
            .route("/see-other", any(|| async { Redirect::to("/echo") }))
            .route("/again", any(|| async { Redirect::temporary("/echo") }))
            .route("/away", get(|| async { Redirect::to("https://accounts.example.com/auth") }))
            .route("/across", get(across))
            .route("/round", get(|| async { Redirect::to("/round") }))
            .route("/problem", get(|| async { (StatusCode::FORBIDDEN, "no") }))
            .with_state(port);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, task }
    }

    fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

const PAGE: &str = r#"<!doctype html><title>Title</title>
    <p>Hello, &lt;Ada&gt;</p> <a href="/echo?a=1&amp;b=2">Go <b>on</b></a> <a href="/x">Go</a>
    <form id="save" method="post" action="/echo">
      <input type="hidden" name="csrf" value="t&quot;1"><input name="title">
      <input type="checkbox" name="scope" value="a" checked><input type="checkbox" name="scope" value="b">
      <select name="size"><option value="s">S<option value="m" selected>M</select>
      <textarea name="note">x &amp; y</textarea>
      <button name="action" value="send">Send</button><button name="action" value="cancel">Cancel</button>
    </form>
    <form id="find" action="/echo?gone=1"><input name="q" value="x"></form>"#;

/// Says what was sent, a line each.
async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> String {
    let mut lines = vec![format!("{method} {uri}"), String::from_utf8_lossy(&body).into_owned()];
    lines
        .extend(headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())));
    lines.join("\n")
}

async fn across(State(port): State<u16>) -> Response {
    Redirect::to(&format!("http://localhost:{port}/echo")).into_response()
}

#[track_caller]
fn assert_lines(body: &str, expected: &[&str]) {
    for line in expected {
        assert!(body.lines().any(|found| found == *line), "{line:?} is not in\n{body}");
    }
}

#[tokio::test]
async fn a_typed_address_is_a_navigation_from_nowhere() {
    let server = Server::start().await;
    let page = Browser::new().get(server.at("/echo")).await;
    assert_eq!(page.status, 200);
    let expected = [
        "GET /echo",
        "sec-fetch-mode: navigate",
        "sec-fetch-dest: document",
        "sec-fetch-site: none",
    ];
    assert_lines(&page.body, &expected);
    assert!(page.body.contains("accept: text/html,"));
    assert!(
        !page.body.contains("referer")
            && !page.body.contains("origin:")
            && !page.body.contains("cookie")
    );
}

#[tokio::test]
async fn a_fetch_comes_from_a_script_of_the_same_origin() {
    let server = Server::start().await;
    let page = Browser::new().fetch(server.at("/echo")).await;
    let expected = [
        "sec-fetch-mode: cors",
        "sec-fetch-dest: empty",
        "sec-fetch-site: same-origin",
        "accept: application/json",
    ];
    assert_lines(&page.body, &expected);
}

#[tokio::test]
async fn redirects_are_followed_only_when_asked_and_only_on_loopback() {
    let server = Server::start().await;
    let browser = Browser::new();
    let stayed = browser.get(server.at("/see-other")).await;
    assert_eq!((stayed.status, stayed.location().unwrap().path()), (303, "/echo"));
    let followed = browser.follow(server.at("/see-other")).await;
    assert_eq!((followed.status, followed.url.path(), followed.hops.len()), (200, "/echo", 1));
    assert_eq!((followed.hops[0].status, followed.hops[0].url.path()), (303, "/see-other"));
    let away = browser.follow(server.at("/away")).await;
    assert_eq!(away.location().unwrap().host_str(), Some("accounts.example.com"));
}

#[tokio::test]
#[should_panic(expected = "redirected for ever")]
async fn a_redirect_in_a_circle_ends() {
    let server = Server::start().await;
    Browser::new().follow(server.at("/round")).await;
}

#[tokio::test]
#[should_panic(expected = "is not on loopback")]
async fn no_request_leaves_loopback() {
    Browser::new().get("https://accounts.example.com/").await;
}

#[tokio::test]
async fn a_form_keeps_its_body_through_307_and_loses_it_through_303() {
    let server = Server::start().await;
    let browser = Browser::new();
    let post = |path: &str| {
        let visit = browser.visit(Verb::POST, server.at(path)).from_same_origin();
        visit.form(&[("a", "1 2")]).following().send()
    };
    let kept = post("/again").await;
    let origin = format!("origin: {}", server.at(""));
    assert_lines(&kept.body, &["POST /echo", "a=1+2", "sec-fetch-site: same-origin", &origin]);
    assert_lines(&post("/see-other").await.body, &["GET /echo", ""]);
}

#[tokio::test]
async fn cookies_are_kept_ended_and_belong_to_one_browser_and_host() {
    let server = Server::start().await;
    let (ada, bob) = (Browser::new(), Browser::new());
    ada.get(server.at("/set")).await;
    assert_eq!((ada.cookie("sid").as_deref(), bob.cookie("sid")), (Some("abc"), None));
    assert_lines(&ada.get(server.at("/echo")).await.body, &["cookie: sid=abc"]);
    let elsewhere = format!("http://localhost:{}/echo", server.port);
    assert!(!ada.get(&elsewhere).await.body.contains("cookie"));
    ada.set_cookie(server.at("/"), "mine=1; Path=/");
    assert_eq!(ada.cookies_for(server.at("/")).as_deref(), Some("sid=abc; mine=1"));
    ada.get(server.at("/end")).await;
    assert_eq!(ada.cookie("sid"), None);
    ada.clear();
    assert_eq!(ada.cookie("mine"), None);
}

#[tokio::test]
async fn a_link_is_followed_as_a_click_on_its_page() {
    let server = Server::start().await;
    let browser = Browser::new();
    let page = browser.get(server.at("/page")).await;
    assert_eq!(page.link("Go on").as_str(), server.at("/echo?a=1&b=2"));
    assert_eq!(page.link("Go").path(), "/x");
    assert!(page.has_link("Go on") && !page.has_link("Stay"));
    assert!(page.text().contains("Hello, <Ada> Go on Go"), "{}", page.text());
    let clicked = browser.click(&page, "Go on").await;
    let referer = format!("referer: {}", server.at("/page"));
    assert_lines(&clicked.body, &["GET /echo?a=1&b=2", "sec-fetch-site: same-origin", &referer]);
}

#[tokio::test]
async fn a_form_sends_what_its_controls_hold() {
    let server = Server::start().await;
    let browser = Browser::new();
    let page = browser.get(server.at("/page")).await;
    let form = page.form("#save");
    assert_eq!((form.value("csrf"), form.action().path()), (Some("t\"1"), "/echo"));
    let sent = browser.submit(form.clone(), &[("title", "A&B"), ("more", "1")]).await;
    let body = "csrf=t%221&title=A%26B&scope=a&size=m&note=x+%26+y&more=1&action=send";
    assert_lines(&sent.body, &["POST /echo", body]);
    let other = form.untick("scope", "a").tick("scope", "b").press("Cancel");
    let body = "csrf=t%221&title=&scope=b&size=m&note=x+%26+y&action=cancel";
    assert_lines(&browser.submit(other, &[]).await.body, &[body]);
    let query = browser.submit(page.form("#find").with("q", "y"), &[]).await;
    assert_lines(&query.body, &["GET /echo?q=y"]);
}

#[tokio::test]
async fn a_page_without_referrer_posts_from_a_null_origin() {
    let server = Server::start().await;
    let browser = Browser::new();
    let page = browser.get(server.at("/hidden")).await;
    let sent = browser.submit(page.form("#save"), &[]).await;
    assert_lines(&sent.body, &["origin: null", "sec-fetch-site: same-origin"]);
    assert!(!sent.body.contains("referer"));
}

#[tokio::test]
async fn another_site_is_told_and_its_post_carries_no_lax_cookie() {
    let server = Server::start().await;
    let browser = Browser::new();
    browser.get(server.at("/set")).await;
    let from_elsewhere =
        |verb| browser.visit(verb, server.at("/echo")).from_address("http://localhost:1/");
    let visited = from_elsewhere(Verb::GET).send().await;
    assert_lines(&visited.body, &["sec-fetch-site: cross-site", "cookie: sid=abc"]);
    let posted = from_elsewhere(Verb::POST).form(&[]).send().await;
    assert_lines(&posted.body, &["sec-fetch-site: cross-site", "origin: http://localhost:1"]);
    assert!(!posted.body.contains("cookie"));
    let back =
        browser.visit(Verb::GET, server.at("/across")).from_same_origin().following().send().await;
    assert_lines(&back.body, &["sec-fetch-site: cross-site"]);
}

#[tokio::test]
async fn a_header_of_ones_own_replaces_the_usual_one() {
    let server = Server::start().await;
    let browser = Browser::new();
    let visit = browser.visit(Verb::GET, server.at("/echo"));
    let page = visit.header("sec-fetch-dest", "iframe").header("hx-request", "true").send().await;
    assert_lines(&page.body, &["sec-fetch-dest: iframe", "hx-request: true"]);
    assert!(!page.body.contains("sec-fetch-dest: document"));
    assert_eq!(browser.get(server.at("/problem")).await.status, 403);
}
