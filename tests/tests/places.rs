//! Where an app may live: https, below a path, behind a proxy, under another prefix; and how
//! its handlers are tested without any of that.

use axum::Router;
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderValue, Request};
use oauth_runtime::fake::{FakeGoogle, navigate};
use oauth_runtime::{
    ClientCredentials, Error, OAuth, Provider, Token, assert_challenge, requires_scopes, scope,
};
use tower::ServiceExt as _;
use url::Url;

const ADA: &str = "ada@example.com";

#[requires_scopes("drive.file")]
async fn notes(_token: Token, OriginalUri(uri): OriginalUri) -> String {
    std::future::ready(format!("notes at {uri}")).await
}

fn routes(oauth: &OAuth) -> Router {
    Router::new().route("/notes", get(notes)).merge(oauth.routes()).with_state(oauth.clone())
}

async fn ask(app: &Router, path: &str, cookies: &[String]) -> Response {
    let mut request: Request<Body> = navigate(path);
    if !cookies.is_empty() {
        let line = HeaderValue::try_from(cookies.join("; ")).unwrap();
        request.headers_mut().insert("cookie", line);
    }
    app.clone().oneshot(request).await.unwrap()
}

fn set_cookies(response: &Response) -> Vec<String> {
    let lines = response.headers().get_all("set-cookie").iter();
    lines.map(|line| line.to_str().unwrap().to_owned()).collect()
}

fn location(response: &Response) -> Url {
    let base = Url::parse("https://relative.example").unwrap();
    base.join(response.headers()["location"].to_str().unwrap()).unwrap()
}

/// The callback's query that the fake sends a consenting Ada back with.
async fn consented(fake: &FakeGoogle, asked: &Response, scopes: &[&str]) -> String {
    // Whoever has granted everything is sent back at once, with the account hinted.
    let _ = fake.sign_in(ADA).granting(scopes.iter().copied()).await.unwrap();
    let mut url = location(asked);
    url.query_pairs_mut().append_pair("login_hint", ADA);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let answer = http.build().unwrap().get(url.as_str()).send().await.unwrap();
    let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    back.query().unwrap().to_owned()
}

/// E3, E4, F5: over https the cookies are `__Host-` and `Secure`, whatever the request says.
#[tokio::test]
async fn an_https_app_sets_host_cookies() {
    let fake = FakeGoogle::start().await.unwrap();
    let redirect_uri = "https://app.example/oauth/callback";
    let oauth = fake.builder_for(redirect_uri).unwrap().build().unwrap();
    let app = routes(&oauth);
    let asked = ask(&app, "/notes?a=1", &[]).await;
    assert_challenge!(asked, ["drive.file"]);
    let query: Vec<_> = location(&asked).query_pairs().into_owned().collect();
    assert!(query.contains(&("redirect_uri".to_owned(), redirect_uri.to_owned())));
    let flow = set_cookies(&asked).remove(0);
    assert!(flow.starts_with("__Host-oauth-f-"), "{flow}");
    let kept = flow.split(';').next().unwrap().to_owned();
    let back = consented(&fake, &asked, &["drive.file"]).await;
    let done = ask(&app, &format!("/oauth/callback?{back}"), &[kept]).await;
    assert_eq!((done.status().as_u16(), location(&done).path()), (303, "/notes"));
    let cookies = set_cookies(&done);
    let session = cookies.iter().find(|line| line.starts_with("__Host-oauth=")).unwrap();
    for line in &cookies {
        for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(!line.contains("Domain"), "{line}");
    }
    assert!(cookies.iter().any(|line| line.contains("Max-Age=0")), "the flow's cookie goes");
    let session = session.split(';').next().unwrap().to_owned();
    assert_eq!(ask(&app, "/notes", &[session]).await.status(), 200);
}

/// G6, G9: the callback's answers have their headers wherever it lies.
#[tokio::test]
async fn a_callback_outside_of_the_prefix_is_as_strict_as_one_below_it() {
    let fake = FakeGoogle::start().await.unwrap();
    let oauth = fake.builder_for("https://app.example/signed-in").unwrap().build().unwrap();
    let app = routes(&oauth);
    for query in ["", "?state=x&code=y", "?state=x&error=access_denied"] {
        let page = ask(&app, &format!("/signed-in{query}"), &[]).await;
        assert_eq!(page.status(), 400, "{query}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(page.headers()[name], value, "{name} of {query}");
        }
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }
    assert_eq!(ask(&app, "/oauth/callback?state=x&code=y", &[]).await.status(), 404);
}

/// An app below a path: nested by a router, or behind a proxy that takes the path away.
#[tokio::test]
async fn an_app_below_a_path_comes_back_below_it() {
    let fake = FakeGoogle::start().await.unwrap();
    let redirect_uri = "https://example.com/app/oauth/callback";
    let builder = fake.builder_for(redirect_uri).unwrap();
    let oauth = builder.with_public_url("https://example.com/app").build().unwrap();
    let (bare, nested) = (routes(&oauth), Router::new().nest("/app", routes(&oauth)));
    for (app, request, callback) in [
        (&nested, "/app/notes?x=1", "/app/oauth/callback"),
        (&bare, "/notes?x=1", "/oauth/callback"),
    ] {
        let asked = ask(app, request, &[]).await;
        let kept = set_cookies(&asked)[0].split(';').next().unwrap().to_owned();
        let back = consented(&fake, &asked, &["drive.file"]).await;
        let done = ask(app, &format!("{callback}?{back}"), &[kept]).await;
        let target = location(&done);
        assert_eq!((target.path(), target.query()), ("/app/notes", Some("x=1")), "{request}");
    }
    let default = ask(&bare, "/oauth/sign-in?return_to=//evil", &[]).await;
    assert_eq!(default.status(), 303);
}

#[tokio::test]
async fn the_prefix_and_the_callback_may_be_elsewhere() {
    let fake = FakeGoogle::start().await.unwrap();
    let builder = fake.builder_for("http://localhost:9/login/google").unwrap();
    let oauth = builder.with_prefix("/auth/v1").build().unwrap();
    let app = routes(&oauth);
    assert_eq!(ask(&app, "/auth/v1/sign-in", &[]).await.status(), 303);
    assert_eq!(ask(&app, "/login/google?code=x&state=y", &[]).await.status(), 400);
    assert_eq!(ask(&app, "/oauth/sign-in", &[]).await.status(), 404);
}

/// Every configuration mistake is an error of `build`, with a code and a remedy.
#[test]
fn mistakes_of_configuration_surface_in_build() {
    let google = || Provider::google(ClientCredentials::new("id", "fake-secret"));
    let good = "http://localhost:8080/oauth/callback";
    let second = std::time::Duration::from_secs(1);
    let cases: [(Result<OAuth, Error>, &str); 7] = [
        (OAuth::builder(google()).build(), "config_redirect_uri"),
        (
            OAuth::builder(google()).with_redirect_uri("http://example.com/cb").build(),
            "config_redirect_uri",
        ),
        (
            OAuth::builder(google())
                .with_redirect_uri(good)
                .with_public_url("https://x.example")
                .build(),
            "config_public_url",
        ),
        (
            OAuth::builder(google()).with_redirect_uri(good).with_prefix("oauth").build(),
            "config_option",
        ),
        (
            OAuth::builder(google()).with_redirect_uri(good).with_base_scopes(["emial"]).build(),
            "config_option",
        ),
        (
            OAuth::builder(google())
                .with_redirect_uri(good)
                .with_session_lifetime(second, second)
                .build(),
            "config_option",
        ),
        (
            OAuth::google(ClientCredentials::new("id", "fake-secret").with_redirect_uris([good]))
                .with_redirect_uri("http://localhost:8080/other")
                .build(),
            "config_redirect_uri",
        ),
    ];
    for (result, code) in cases {
        let error = result.unwrap_err();
        assert_eq!(error.code(), code, "{error:?}");
        assert!(error.help().is_some(), "{error:?}");
        assert!(!format!("{error:?}").contains("fake-secret"));
    }
}

/// Design §4: a handler is called directly, or through the router without any page.
#[tokio::test]
async fn handlers_are_tested_without_pages() {
    let uri = OriginalUri("/direct".parse().unwrap());
    assert_eq!(notes(Token::fake("ya29.fake"), uri).await, "notes at /direct");
    let token = Token::<scope::DriveFile>::fake("ya29.fake");
    assert_eq!(token.authorization(), "Bearer ya29.fake");
    assert!(token.authorization().is_sensitive());
    assert!(token.scopes().contains_name("https://www.googleapis.com/auth/drive.file"));
    assert!(!format!("{token:?}").contains("ya29"), "J10");

    let fake = FakeGoogle::start().await.unwrap();
    let app = routes(&fake.oauth().unwrap());
    assert_challenge!(ask(&app, "/notes", &[]).await, ["drive.file"]);
    let signed_in = fake.sign_in(ADA).await.unwrap();
    let cookie = signed_in.to_str().unwrap().to_owned();
    assert_challenge!(ask(&app, "/notes", &[cookie]).await, ["drive.file"]);
    let granted = fake.sign_in(ADA).granting(["drive.file"]).await.unwrap();
    let cookie = granted.to_str().unwrap().to_owned();
    assert_eq!(ask(&app, "/notes", &[cookie]).await.status(), 200);
}

/// Invariant 1: a client of ours carries the token to the provider's APIs only.
#[tokio::test]
async fn the_api_client_keeps_the_token_from_foreign_hosts() {
    let token = Token::<scope::DriveFile>::fake("ya29.fake");
    let client = token.client();
    for url in [
        "https://evil.example/",
        "http://www.googleapis.com/drive/v3/files",
        "https://www.googleapis.com.evil.example/",
        "/drive/v3/files",
    ] {
        let error = client.get::<serde_json::Value>(url).await.unwrap_err();
        assert_eq!(error.code(), "api_host", "{url}");
        assert!(!format!("{error:?}{client:?}").contains("ya29"), "{url}");
    }
    assert_eq!(client.url("drive", "/x"), "https://www.googleapis.com/x");
}

/// A provider that is not Google has scopes of its own, and none of them is misspelt.
#[test]
fn base_scopes_of_another_provider_are_taken_as_they_are() {
    let at = |path: &str| format!("https://id.example/{path}");
    let provider = Provider::openid(
        "example",
        "Example",
        "https://id.example",
        &at("authorize"),
        &at("token"),
        &at("keys"),
        ClientCredentials::new("id", "fake-secret"),
    );
    let builder = OAuth::builder(provider.unwrap()).with_redirect_uri("https://app.example/cb");
    assert!(builder.with_base_scopes(["openid", "email", "offline_access"]).build().is_ok());
}
