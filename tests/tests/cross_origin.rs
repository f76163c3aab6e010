//! What a page of another origin sends with the user's cookies runs no handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::Form;
use axum::routing::{MethodRouter, any, post};
use axum::{Extension, Router};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{
    AllowCrossOrigin, ManifestEntry, OAuth, Owner, Token, User, requires_scopes, scope,
};
use tower::ServiceExt as _;

const ADA: &str = "ada@example.com";
const CALLBACK: &str = "http://localhost:8080/oauth/callback";
const OWN: &str = "http://localhost:8080";
const TRUSTED: &str = "http://localhost:5173";

/// How often a handler ran.
type Ran = Extension<Arc<AtomicUsize>>;

fn note(ran: &Ran) -> &'static str {
    ran.fetch_add(1, Ordering::SeqCst);
    "ran"
}

#[requires_scopes("drive.file")]
async fn token(token: Token, ran: Ran) -> &'static str {
    drop(token);
    note(&ran)
}

#[requires_scopes("drive.file")]
async fn declared(ran: Ran) -> &'static str {
    note(&ran)
}

#[requires_scopes("drive.file", cross_origin = "allow")]
async fn open_token(token: Token, ran: Ran) -> &'static str {
    drop(token);
    note(&ran)
}

#[requires_scopes("drive.file", cross_origin = "allow")]
async fn open_declared(user: User, ran: Ran) -> &'static str {
    drop(user);
    note(&ran)
}

#[requires_scopes(cross_origin = "allow")]
async fn open_user(_: Option<User>, ran: Ran) -> &'static str {
    note(&ran)
}

async fn lone_scope(_: Token<scope::DriveFile>, ran: Ran) -> &'static str {
    note(&ran)
}

async fn optional_token(_: Option<Token<scope::DriveFile>>, ran: Ran) -> &'static str {
    note(&ran)
}

async fn user(_: User, ran: Ran) -> &'static str {
    note(&ran)
}

async fn optional_user(_: Option<User>, ran: Ran) -> &'static str {
    note(&ran)
}

async fn plain(ran: Ran) -> &'static str {
    note(&ran)
}

/// A route, whether it runs for a stranger, and whether it lets all origins in.
type Case = (&'static str, MethodRouter<OAuth>, bool, bool);

fn cases(oauth: &OAuth) -> Vec<Case> {
    let layer = oauth.require::<scope::DriveFile>();
    let guarded: MethodRouter<OAuth> = any(plain).layer(layer);
    vec![
        ("/token", any(token), false, false),
        ("/declared", any(declared), false, false),
        ("/lone-scope", any(lone_scope), false, false),
        ("/optional-token", any(optional_token), true, false),
        ("/user", any(user), false, false),
        ("/optional-user", any(optional_user), true, false),
        ("/layer", guarded.clone(), false, false),
        ("/protected", any(plain).layer(oauth.cross_origin_protection()), true, false),
        ("/open-token", any(open_token), false, true),
        ("/open-declared", any(open_declared), false, true),
        ("/open-user", any(open_user), true, true),
        ("/allowed", any(token).layer(AllowCrossOrigin), false, true),
        ("/allowed-user", any(optional_user).layer(AllowCrossOrigin), true, true),
        ("/allowed-layer", guarded.layer(AllowCrossOrigin), false, true),
    ]
}

/// One way in which a request may be made.
#[derive(Clone, Debug)]
struct Sent {
    method: Method,
    site: Option<&'static str>,
    origin: Option<&'static str>,
    upgrades: bool,
}

impl Sent {
    fn all() -> Vec<Self> {
        let methods =
            ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "PURGE"];
        let sites =
            [None, Some("same-origin"), Some("none"), Some("same-site"), Some("cross-site")];
        let origins = [None, Some(OWN), Some(TRUSTED), Some("http://localhost:9"), Some("null")];
        let mut all = Vec::new();
        for method in methods.map(|method| method.parse::<Method>().unwrap()) {
            for (site, origin) in sites.iter().flat_map(|site| origins.map(|o| (*site, o))) {
                for upgrades in [false, true] {
                    all.push(Self { method: method.clone(), site, origin, upgrades });
                }
            }
        }
        all
    }

    /// The rule, written down once more.
    fn may_act(&self) -> bool {
        let safe = ["GET", "HEAD", "OPTIONS"].contains(&self.method.as_str()) && !self.upgrades;
        if safe || self.origin == Some(TRUSTED) {
            return true;
        }
        match self.site {
            Some(site) => site == "same-origin" || site == "none",
            None => self.origin.is_none() || self.origin == Some(OWN),
        }
    }

    fn request(&self, path: &str, cookie: Option<&HeaderValue>) -> Request<Body> {
        let mut request = Request::builder().method(self.method.clone()).uri(path);
        if self.upgrades {
            request = request.header("connection", "Upgrade").header("upgrade", "websocket");
        }
        let said = [("sec-fetch-site", self.site), ("origin", self.origin)];
        for (name, value) in said {
            request = value.into_iter().fold(request, |request, value| request.header(name, value));
        }
        request = cookie.into_iter().fold(request, |request, line| request.header("cookie", line));
        request.body(Body::empty()).unwrap()
    }
}

struct World {
    oauth: OAuth,
    cookie: Option<HeaderValue>,
    owner: Option<Owner>,
    _fake: FakeGoogle,
}

/// Each of the ways in which an app knows its users, and a caller that it does not know.
async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for (own_login, known) in [(false, true), (false, false), (true, true), (true, false)] {
        let fake = FakeGoogle::start().await.unwrap();
        let builder = fake.builder_for(CALLBACK).unwrap().with_trusted_origins([TRUSTED]);
        let builder = if own_login { builder.with_login("/login") } else { builder };
        let oauth = builder.build().unwrap();
        let owner = own_login.then(|| Owner::new("42").unwrap());
        let sign_in = fake.sign_in(ADA).granting(["drive.file"]).at(&oauth);
        let cookie = match &owner {
            Some(owner) => {
                sign_in.linked_to(owner).await.unwrap();
                None
            }
            None => Some(sign_in.await.unwrap()),
        };
        let (cookie, owner) = if known { (cookie, owner) } else { (None, None) };
        worlds.push(World { oauth, cookie, owner, _fake: fake });
    }
    worlds
}

async fn code_of(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    problem["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn only_requests_of_trusted_origins_run_a_handler_that_may_change_something() {
    let mut refused = 0;
    for World { oauth, cookie, owner, .. } in worlds().await {
        let known = cookie.is_some() || owner.is_some();
        for (path, route, open, allows) in cases(&oauth) {
            let ran = Arc::new(AtomicUsize::new(0));
            let mut app = Router::new().route(path, route).layer(Extension(ran.clone()));
            if let Some(owner) = &owner {
                app = app.layer(Extension(owner.clone()));
            }
            let app = app.with_state(oauth.clone());
            for sent in Sent::all() {
                let before = ran.load(Ordering::SeqCst);
                let request = sent.request(path, cookie.as_ref());
                let response = app.clone().oneshot(request).await.unwrap();
                let has_run = ran.load(Ordering::SeqCst) > before;
                let status = response.status();
                let may_act = allows || sent.may_act();
                let expected = may_act && (open || known);
                assert_eq!(has_run, expected, "{path} {sent:?}, known: {known}: {status}");
                if !may_act {
                    refused += 1;
                    assert_eq!(status, StatusCode::FORBIDDEN, "{path} {sent:?}");
                    assert!(!response.headers().contains_key("set-cookie"), "{path} {sent:?}");
                    if sent.method != Method::HEAD && sent.method != Method::OPTIONS {
                        assert_eq!(code_of(response).await, "cross_site", "{path} {sent:?}");
                    }
                }
            }
        }
    }
    assert!(refused > 3_000, "the table refuses {refused}");
}

/// A form that a page of another origin sends.
fn form(cookie: &HeaderValue, site: &str, origin: &str) -> Request<Body> {
    let request = Request::post("/save")
        .header("cookie", cookie)
        .header("accept", "text/html")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-site", site)
        .header("origin", origin)
        .header("content-type", "application/x-www-form-urlencoded");
    request.body(Body::from("title=private")).unwrap()
}

/// Where the handler takes such forms, one that lacks a session or a scope gets a page that leads
/// on; it is not kept, since its page is another's.
#[tokio::test]
async fn a_form_of_another_origin_that_is_allowed_leads_to_what_it_lacks() {
    #[requires_scopes("drive.file", cross_origin = "allow")]
    async fn save(_: Token, ran: Ran, _: Form<Vec<(String, String)>>) {
        note(&ran);
    }
    let fake = FakeGoogle::start().await.unwrap();
    let oauth = fake.builder_for(CALLBACK).unwrap().build().unwrap();
    let granted = fake.sign_in(ADA).granting(["drive.file"]).at(&oauth).await.unwrap();
    let lacks = fake.sign_in("bob@example.com").at(&oauth).await.unwrap();
    let ran = Arc::new(AtomicUsize::new(0));
    let app = Router::new().route("/save", post(save)).layer(Extension(ran.clone()));
    let app = app.with_state(oauth);
    let none = HeaderValue::from_static("");
    for (cookie, status) in [(granted, 200), (none, 401), (lacks, 403)] {
        let response = app.clone().oneshot(form(&cookie, "cross-site", "null")).await.unwrap();
        assert_eq!(response.status(), status);
        let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        let page = String::from_utf8_lossy(&bytes);
        assert!(status == 200 || page.contains("send it again"), "{page}");
        assert_eq!(page.contains("/oauth/start?intent="), status != 200, "{page}");
        assert!(!page.contains("private"), "{page}");
    }
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

/// The user reads a page, in the place of the app's own; what was sent is not kept.
#[tokio::test]
async fn a_form_of_a_sibling_origin_gets_a_page_and_is_not_kept() {
    async fn save(_: Token<scope::DriveFile>, ran: Ran, _: Form<Vec<(String, String)>>) {
        note(&ran);
    }
    let fake = FakeGoogle::start().await.unwrap();
    let oauth = fake.builder_for(CALLBACK).unwrap().build().unwrap();
    let cookie = fake.sign_in(ADA).granting(["drive.file"]).at(&oauth).await.unwrap();
    let ran = Arc::new(AtomicUsize::new(0));
    let app = Router::new().route("/save", post(save)).layer(Extension(ran.clone()));
    let app = app.with_state(oauth);
    for (site, origin) in [("same-site", "http://localhost:9"), ("cross-site", "null")] {
        let response = app.clone().oneshot(form(&cookie, site, origin)).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{site}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(response.headers()["vary"].to_str().unwrap().contains("Sec-Fetch-Site"));
        let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        let page = String::from_utf8_lossy(&bytes);
        assert!(!page.contains("private") && !page.contains("intent="), "{page}");
    }
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

/// The typed router sees through what opens a handler: its scopes are declared as before.
#[tokio::test]
async fn a_handler_that_is_open_to_all_origins_declares_its_scopes() {
    use oauth_runtime::routing;

    #[requires_scopes(cross_origin = "allow")]
    async fn whoami(user: User) -> String {
        user.account().to_string()
    }

    let fake = FakeGoogle::start().await.unwrap();
    let oauth = fake.builder_for(CALLBACK).unwrap().build().unwrap();
    let ran = Arc::new(AtomicUsize::new(0));
    let app: Router = routing::Router::new()
        .route("/token", routing::post(open_token))
        .route("/declared", routing::post(open_declared))
        .route("/whoami", routing::post(whoami))
        .with_state(oauth.clone());
    let app = app.layer(Extension(ran));
    let manifest = oauth.manifest();
    let of = |path: &str| {
        let routes = manifest.handlers().iter().flat_map(ManifestEntry::routes);
        routes.filter(|route| route.ends_with(path)).count()
    };
    assert_eq!((of("/token"), of("/declared"), of("/whoami")), (1, 1, 0));
    let request = Request::post("/whoami").header("sec-fetch-site", "cross-site");
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "asked to sign in, and not refused");
}
