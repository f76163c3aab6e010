//! Every route of the library, with every method and many a query: what the browser of these
//! tests looks at in each answer holds for all of them.

use http::Method;
use oauth_runtime::fake::own_paths;

use crate::support::{App, Browser};

const METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];
const KINDS: [&[(&str, &str)]; 6] = [
    &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
    &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
    &[("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")],
    &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
    &[("sec-purpose", "prefetch"), ("sec-fetch-mode", "navigate")],
    &[("hx-request", "true")],
];
/// Which methods a route has at all.
fn allows(route: &str, method: &Method) -> bool {
    match route {
        "sign-out" | "sign-out-everywhere" | "hold" | "security-events" => *method == Method::POST,
        "continue" | "disconnect" => [Method::GET, Method::POST].contains(method),
        "client.js" => [Method::GET, Method::HEAD].contains(method),
        _ => *method == Method::GET,
    }
}

fn queries() -> Vec<String> {
    let plain = ["", "?", "?intent=x", "?form=x", "?code=x&state=y", "?state=a&state=b&code=x"];
    let odd = [
        "?intent=%00%ff%",
        "?return_to=//evil.example",
        "?popup=<script>&to=//evil",
        "?format=json",
    ];
    let long = format!("?code=x&state={}", "y".repeat(9_000));
    plain.into_iter().chain(odd).map(str::to_owned).chain([long]).collect()
}

/// G2, G6, G9, A15, E11: every answer has the headers, a wrong method is 405 and changes nothing,
/// and HEAD, OPTIONS and prefetches set no cookie.
#[tokio::test]
async fn every_answer_has_the_headers_and_no_method_does_what_it_should_not() {
    let app = App::with(|fake| fake, oauth_runtime::OAuthBuilder::with_security_events).await;
    let routes = own_paths(&app.oauth);
    assert!(routes.len() > 13, "{routes:?}");
    let mut browser = Browser::new();
    browser.authorize(app.url("/oauth/sign-in"), "ada@example.com", &[]).await;
    let session = browser.cookies.clone();
    for (route, query) in
        routes.iter().flat_map(|route| queries().into_iter().map(move |q| (route, q)))
    {
        for (method, kind) in METHODS.iter().flat_map(|method| KINDS.map(|kind| (method, kind))) {
            let url = app.url(&format!("{route}{query}"));
            let route = route.strip_prefix("/oauth/").unwrap();
            let body = (*method == Method::POST).then(|| "a=b".to_owned());
            let page = browser.send(method.clone(), &url, kind, body).await;
            let what = format!("{method} {url} {kind:?}: {page:?}");
            assert_eq!(page.status == 405, !allows(route, method), "{what}");
            let remembers = |line: &str| line.contains("Max-Age=0") || line.starts_with("oauth-n=");
            let acts = page.set_cookies().iter().any(|line| !remembers(line));
            let person = kind[0].1 == "navigate" && kind != KINDS[1];
            let may = *method == Method::GET
                && person
                && ["sign-in", "start", "account"].contains(&route);
            assert!(!acts || may, "{what}");
            if *method == Method::HEAD || *method == Method::OPTIONS {
                assert!(page.set_cookies().is_empty(), "{what}");
            }
            // A sign-out that was a form of our own ended the session: begin anew.
            browser.cookies.clone_from(&session);
        }
    }
}
