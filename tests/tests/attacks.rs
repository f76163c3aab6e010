//! Attacks and faults from end to end that belong to no single part.

use http::Method;
use oauth_runtime::fake::{Endpoint, FakeAccount};
use url::Url;

use crate::support::{App, Browser, ELSEWHERE};

const ADA: &str = "ada@example.com";
const DRIVE: [&str; 1] = ["drive.file"];

/// D2: an address that looks the same is another account all the same; the subject decides.
#[tokio::test]
async fn a_look_alike_address_is_another_account() {
    for look_alike in ["a.da@example.com", "аda@example.com", "ada@example.com.example"] {
        let app = App::start().await;
        app.fake.add_account(FakeAccount::new(look_alike, "Ada"));
        let mut browser = Browser::new();
        browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
        let mut asked = browser.go(app.url("/notes")).await.location();
        let pairs: Vec<_> =
            asked.query_pairs().into_owned().filter(|p| p.0 != "login_hint").collect();
        asked.query_pairs_mut().clear().extend_pairs(pairs).append_pair("login_hint", look_alike);
        let page = browser.authorize(asked, look_alike, &DRIVE).await;
        assert_eq!(page.status, 409, "{look_alike}: {}", page.body);
        assert_eq!(browser.go(app.url("/hello")).await.body, ADA);
    }
}

/// D20: what the provider says in an error is never shown, and none of its errors makes a loop.
#[tokio::test]
async fn an_error_of_the_provider_becomes_a_page_of_ours_and_no_loop() {
    let odd = format!("<script>{}", "x".repeat(500));
    for (error, status, begins_again) in [
        ("access_denied", 403, false),
        ("interaction_required", 403, false),
        ("admin_policy_enforced", 403, false),
        ("org_internal", 403, false),
        ("disallowed_useragent", 403, false),
        ("temporarily_unavailable", 503, true),
        ("invalid_scope", 503, true),
        ("request_forbidden", 400, true),
        (odd.as_str(), 400, true),
    ] {
        let app = App::start().await;
        let mut browser = Browser::new();
        let url = browser.return_address(app.url("/notes"), ADA, &DRIVE).await;
        let state = url.query_pairs().find(|pair| pair.0 == "state").unwrap().1.into_owned();
        let mut url = Url::parse(&app.callback("")).unwrap();
        url.query_pairs_mut().clear().extend_pairs([
            ("state", state.as_str()),
            ("error", error),
            ("error_description", "<b>CANARY</b>\r\nSet-Cookie: x=y"),
            ("error_uri", "javascript:CANARY"),
        ]);
        let page = browser.go(&url).await;
        assert_eq!(page.status, status, "{error}: {}", page.body);
        assert!(!page.body.contains("CANARY") && !page.body.contains("xxx"), "{}", page.body);
        assert!(page.header("location").is_empty(), "no loop");
        assert_eq!(page.body.contains("Start again"), begins_again, "{error}: {}", page.body);
        assert_eq!(app.fake.calls(Endpoint::Token), 0);
    }
}

/// Every form of an address that leads elsewhere, with what could make a careless reader miss it.
fn elsewhere() -> Vec<String> {
    let hosts = ["evil.example", "evil.example%2f", "app@evil.example", "localhost.evil.example"];
    let slashes = [
        "//",
        "/\\",
        "\\\\",
        "\\/",
        "///",
        "/%2f",
        "/%5c",
        "%2f%2f",
        "/%09/",
        "/\t/",
        "/.//",
        "/..//",
        "/a/..//",
        "/;//",
        "/\u{a0}/",
        "/\u{2028}/",
        "/。",
        "%00//",
        " //",
        "\r\n//",
    ];
    let schemes = [
        "http:",
        "https:",
        "https://",
        "HTTPS://",
        "http:/",
        "javascript:",
        "data:text/html,",
        "vbscript:",
        "blob:",
        "file:///",
    ];
    let tails = [
        "",
        "/",
        "/a?b=c",
        "#@localhost",
        "?x=//evil.example",
        "%0d%0aSet-Cookie:%20x=y",
        "\r\nLocation: //evil.example",
    ];
    let starts = slashes.iter().chain(&schemes);
    let all = starts.flat_map(|start| hosts.iter().map(move |host| format!("{start}{host}")));
    let all = all.flat_map(|start| tails.iter().map(move |tail| format!("{start}{tail}")));
    let long = format!("/{}", "a".repeat(20_000));
    all.chain(ELSEWHERE.map(str::to_owned)).chain([long]).collect()
}

/// F1: more than five hundred forms, each judged by the parser that browsers have.
#[tokio::test]
async fn no_return_path_leads_off_the_origin() {
    let app = App::start().await;
    let mut browser = Browser::new();
    browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    let origin = Url::parse(&app.origin).unwrap().origin();
    let all = elsewhere();
    assert!(all.len() > 500, "{}", all.len());
    for text in all {
        let mut url = Url::parse(&app.url("/oauth/sign-in")).unwrap();
        url.query_pairs_mut().append_pair("return_to", &text);
        let page = browser.go(&url).await;
        assert_eq!(page.status, 303, "{text:?}");
        let location = page.header("location");
        assert!(location.starts_with('/') && !location.starts_with("//"), "{text:?}: {location}");
        assert!(!location.contains(['\\', '\r', '\n', '\t']), "{text:?}: {location}");
        assert_eq!(page.location().origin(), origin, "{text:?}: {location}");
        assert!(!page.header("set-cookie").contains("x=y"), "{text:?}");
        // And read a second time, as a script or a proxy may.
        let decoded = percent_decoded(location);
        assert!(!decoded.starts_with("//") && !decoded.starts_with("/\\"), "{text:?}: {location}");
    }
}

fn percent_decoded(text: &str) -> String {
    let pairs = format!("x={}", text.replace('&', "%26").replace('+', "%2b"));
    url::form_urlencoded::parse(pairs.as_bytes()).next().unwrap().1.into_owned()
}

/// F3: no byte of the cookie or of the state can be changed on the way, and so no target.
#[tokio::test]
async fn a_target_cannot_be_changed_once_it_is_sealed() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let url = browser.return_address(app.url("/notes?page=2"), ADA, &DRIVE).await;
    let (name, value) = browser.cookies.iter().find(|(name, _)| name.contains("oauth-f-")).unwrap();
    let (name, value) = (name.clone(), value.clone());
    for place in (0..value.len()).step_by(7) {
        let other = if value.as_bytes()[place] == b'A' { "B" } else { "A" };
        let mut changed = value.clone();
        changed.replace_range(place..=place, other);
        browser.cookies.insert(name.clone(), changed);
        assert_eq!(browser.go(&url).await.status, 400, "byte {place}");
        browser.cookies.insert(name.clone(), value.clone());
    }
    assert_eq!(app.fake.calls(Endpoint::Token), 0);
    let page = browser.follow(&url).await;
    assert!(page.url.as_str().ends_with("/notes?page=2"), "{}", page.url);
}

/// F6: the token request repeats the redirect URI of the authorization byte for byte.
#[tokio::test]
async fn both_requests_name_the_same_redirect_uri() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let asked = browser.go(app.url("/notes")).await;
    let redirect_uri = asked.query("redirect_uri").unwrap();
    assert_eq!(redirect_uri, app.url("/oauth/callback"));
    browser.authorize(asked.location(), ADA, &DRIVE).await;
    let sent = &app.fake.requests(Endpoint::Token)[0];
    assert_eq!(sent.field("redirect_uri"), Some(redirect_uri.as_str()));
}

/// E7: a neighbour's bad cookies hide nothing.
#[tokio::test]
async fn a_session_is_known_among_broken_neighbours() {
    let app = App::start().await;
    let mut browser = Browser::new();
    browser.authorize(app.url("/oauth/sign-in"), ADA, &[]).await;
    let session = format!("oauth={}", browser.cookies["oauth"]);
    for line in [
        format!("junk; {session}"),
        format!("=; ;;{session}; a=b=c"),
        format!("x={}; {session}", "y".repeat(6_000)),
        format!("oauth2=x; {session}; xoauth=y"),
    ] {
        let headers = [("cookie", line.as_str()), ("sec-fetch-mode", "cors")];
        let page = Browser::new().send(Method::GET, &app.url("/hello"), &headers, None).await;
        assert_eq!(page.body, ADA, "{}", &line[..30]);
    }
}
