//! The relying party's side of the OpenID certification, as far as it is about the code flow: each
//! module's forgery, made by the fake, and what becomes of it. `docs/conformance.md` lists them.

use oauth_runtime::OAuth;
use oauth_runtime::fake::{Endpoint, Quirk};
use serde_json::{Value, json};

use crate::support::{App, Browser, router};

const ADA: &str = "ada@example.com";

type Forgery = fn(&mut Value, &mut Value);

fn remove(from: &mut Value, name: &str) {
    from.as_object_mut().unwrap().remove(name).expect("it was there");
}

/// B8, C1, C4, C6, C7, C8, C11: nobody is signed in, and nothing is kept.
#[tokio::test]
async fn a_forged_id_token_signs_nobody_in() {
    let forgeries: [(&str, Forgery); 19] = [
        ("invalid-iss", |_, claims| claims["iss"] = "https://issuer.example".into()),
        ("missing-iss", |_, claims| remove(claims, "iss")),
        ("missing-sub", |_, claims| remove(claims, "sub")),
        ("invalid-aud", |_, claims| claims["aud"] = "somebody-else".into()),
        ("missing-aud", |_, claims| remove(claims, "aud")),
        ("invalid-secondary-aud", |_, claims| {
            claims["aud"] = json!([claims["aud"], "somebody-else"]);
        }),
        ("invalid-azp", |_, claims| claims["azp"] = "somebody-else".into()),
        ("missing-iat", |_, claims| remove(claims, "iat")),
        ("missing-exp", |_, claims| remove(claims, "exp")),
        ("expired-exp", |_, claims| claims["exp"] = (claims["iat"].as_u64().unwrap() - 90).into()),
        ("future-iat", |_, claims| claims["iat"] = (claims["iat"].as_u64().unwrap() + 600).into()),
        ("invalid-nonce", |_, claims| claims["nonce"] = "another".into()),
        ("missing-nonce", |_, claims| remove(claims, "nonce")),
        ("invalid-at-hash", |_, claims| claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA".into()),
        ("idtoken-sig-none", |header, _| header["alg"] = "none".into()),
        ("null-alg", |header, _| header["alg"] = Value::Null),
        ("alternate-alg", |header, _| header["alg"] = "PS256".into()),
        ("symmetric-alg", |header, _| header["alg"] = "HS256".into()),
        ("critical-header", |header, _| header["crit"] = json!(["exp"])),
    ];
    for (module, forgery) in forgeries {
        let app = App::start().await;
        app.fake.forge_id_tokens(forgery);
        let mut browser = Browser::new();
        let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
        assert_eq!(page.status, 502, "{module}: {}", page.body);
        assert!(!browser.cookies.contains_key("oauth"), "{module}");
        assert_eq!(browser.go(app.url("/hello")).await.body, "nobody", "{module}");
        let id = "https://accounts.google.com#110169484474386276334".parse().unwrap();
        let job = app.oauth.account(&id).token::<oauth_runtime::scope::DriveFile>().await;
        assert!(job.is_err(), "{module}: the tokens were kept");
    }
}

/// C6, C12: forms that the standards allow.
#[tokio::test]
async fn an_unusual_id_token_signs_in() {
    let forms: [(&str, Forgery); 4] = [
        ("valid-aud-as-array", |_, claims| claims["aud"] = json!([claims["aud"]])),
        ("kid-absent-single-jwks", |header, _| remove(header, "kid")),
        ("missing-azp", |_, claims| remove(claims, "azp")),
        ("extra-claims", |_, claims| claims["custom"] = json!({ "a": [1, 2] })),
    ];
    for (module, form) in forms {
        let app = App::start().await;
        app.fake.forge_id_tokens(form);
        let mut browser = Browser::new();
        let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
        assert_eq!(page.status, 200, "{module}: {}", page.body);
    }
}

/// B9, and a signature by a key that is not published.
#[tokio::test]
async fn an_id_token_that_is_absent_or_not_the_providers_signs_nobody_in() {
    for quirk in [Quirk::MissingIdToken, Quirk::ForeignKey] {
        let app = App::start().await;
        app.fake.set(quirk);
        let mut browser = Browser::new();
        let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
        assert_eq!(page.status, 502, "{quirk:?}: {}", page.body);
        assert_eq!(browser.go(app.url("/hello")).await.body, "nobody", "{quirk:?}");
    }
}

/// An app whose provider keeps e-mail and name out of its ID tokens.
struct Quiet {
    app: App,
    origin: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Quiet {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Quiet {
    async fn start(forge: impl Fn(&mut Value, &mut Value) + Send + Sync + 'static) -> Self {
        let app = App::start().await;
        app.fake.forge_id_tokens(forge);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let redirect_uri = format!("{origin}/oauth/callback");
        let provider = app.fake.provider(&redirect_uri).unwrap();
        let provider =
            provider.with_userinfo_endpoint(&format!("{}/v1/userinfo", app.fake.origin())).unwrap();
        let oauth = OAuth::builder(provider)
            .with_redirect_uri(redirect_uri)
            .with_clock(app.clock.clone())
            .build()
            .unwrap();
        let handlers = router(&oauth);
        let server = tokio::spawn(async move { axum::serve(listener, handlers).await.unwrap() });
        Self { app, origin, server }
    }
}

/// `userinfo-bearer-header`, `scope-userinfo-claims`: what the ID token leaves out is asked for,
/// with the token in the header.
#[tokio::test]
async fn userinfo_tells_what_the_id_token_leaves_out() {
    let quiet = Quiet::start(|_, claims| remove(claims, "email")).await;
    let mut browser = Browser::new();
    browser.authorize(format!("{}/me", quiet.origin), ADA, &[]).await;
    let me = browser.go(format!("{}/me", quiet.origin)).await.json();
    assert_eq!(me["email"], ADA, "{me}");
    let asked = quiet.app.fake.requests(Endpoint::UserInfo);
    assert_eq!(asked.len(), 1);
    let bearer = asked[0].header("authorization").unwrap();
    assert!(bearer.starts_with("Bearer "), "{bearer}");
    assert!(asked[0].fields().is_empty(), "the token is in the header alone");
}

/// `userinfo-invalid-sub`: what it says of somebody else is not used, and nobody is signed in.
#[tokio::test]
async fn userinfo_of_somebody_else_signs_nobody_in() {
    let forged = |_: &mut Value, claims: &mut Value| {
        remove(claims, "email");
        claims["sub"] = "somebody-else".into();
    };
    let quiet = Quiet::start(forged).await;
    let mut browser = Browser::new();
    let page = browser.authorize(format!("{}/me", quiet.origin), ADA, &[]).await;
    assert_eq!(page.status, 502, "{}", page.body);
    assert!(!browser.cookies.contains_key("oauth"));
}
