//! What is guarded beside a handler: whole routers, nested apps, streams that outlive a request.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use http::{HeaderValue, Request, StatusCode};
use oauth_runtime::fake::{Endpoint, FakeGoogle, Fault, navigate};
use oauth_runtime::{ManualClock, OAuth, Timestamp, Token, assert_challenge, scope_set};
use tokio::sync::Mutex;
use tower::ServiceExt as _;

const ADA: &str = "ada@example.com";

scope_set!(Backup(why = "keep a copy of your notes") = "drive.file", "drive.appdata");
scope_set!(Listen = "drive.file");

/// Handlers that say nothing of scopes, behind the layer.
fn backups(oauth: &OAuth) -> Router<OAuth> {
    Router::new()
        .route("/", get(async || "the backups"))
        .route("/new", post(async |body: String| format!("kept {body}")))
        .route_layer(oauth.require::<Backup>())
}

fn app(oauth: &OAuth) -> Router {
    Router::new()
        .route("/", get(async || "home"))
        .nest("/backups", backups(oauth))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

async fn ask(
    app: &Router,
    mut request: Request<Body>,
    cookie: Option<&HeaderValue>,
) -> (u16, String) {
    if let Some(cookie) = cookie {
        request.headers_mut().insert("cookie", cookie.clone());
    }
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_layer_guards_all_routes_of_a_router_and_no_other() {
    let fake = FakeGoogle::start().await.unwrap();
    let app = app(&fake.oauth().unwrap());
    let refused = app.clone().oneshot(navigate("/backups")).await.unwrap();
    assert_challenge!(refused, ["drive.file", "drive.appdata"]);
    assert_eq!(ask(&app, navigate("/backups/nothing"), None).await.0, 404, "no such page");
    assert_eq!(ask(&app, navigate("/"), None).await, (200, "home".to_owned()));
    let half = fake.sign_in(ADA).granting(["drive.file"]).await.unwrap();
    let mut request = navigate("/backups");
    request.headers_mut().insert("cookie", half);
    let refused = app.clone().oneshot(request).await.unwrap();
    assert_challenge!(refused, ["drive.appdata"]);
    let cookie = fake.sign_in(ADA).granting(["drive.file", "drive.appdata"]).await.unwrap();
    let passed = ask(&app, navigate("/backups"), Some(&cookie)).await;
    assert_eq!(passed, (200, "the backups".to_owned()));
    let request = Request::post("/backups/new").body(Body::from("a=b")).unwrap();
    assert_eq!(ask(&app, request, Some(&cookie)).await, (200, "kept a=b".to_owned()));
}

/// A script is told, a form is kept: as in front of a handler, and at the address it came to.
#[tokio::test]
async fn a_layer_answers_as_a_handler_would() {
    let fake = FakeGoogle::start().await.unwrap();
    let app = app(&fake.oauth().unwrap());
    let fetch = Request::get("/backups").header("sec-fetch-mode", "cors");
    let (status, body) = ask(&app, fetch.body(Body::empty()).unwrap(), None).await;
    assert_eq!(status, 401);
    assert!(body.contains("keep a copy of your notes"), "{body}");
    let form = Request::post("/backups/new")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-length", "3");
    let response = app.oneshot(form.body(Body::from("a=b")).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
}

/// The tokens that a handler was given, so that a test sees what becomes of them later.
#[derive(Clone)]
struct Kept {
    oauth: OAuth,
    tokens: Arc<Mutex<Vec<Token<Listen>>>>,
}

impl axum::extract::FromRef<Kept> for OAuth {
    fn from_ref(kept: &Kept) -> Self {
        kept.oauth.clone()
    }
}

async fn keep(token: Token<Listen>, State(kept): State<Kept>) {
    kept.tokens.lock().await.push(token);
}

struct Stage {
    fake: FakeGoogle,
    clock: ManualClock,
    app: Router,
    cookie: HeaderValue,
    token: Token<Listen>,
}

async fn stage() -> Stage {
    let clock = ManualClock::at(Timestamp::from_unix_seconds(1_790_000_000));
    let fake = FakeGoogle::builder().with_clock(clock.clone()).start().await.unwrap();
    let oauth = fake.oauth().unwrap();
    let kept = Kept { oauth: oauth.clone(), tokens: Arc::default() };
    let app = Router::new().route("/keep", get(keep)).merge(oauth.routes());
    let app = app.with_state(kept.clone());
    let cookie = fake.sign_in(ADA).granting(["drive.file"]).await.unwrap();
    assert_eq!(ask(&app, navigate("/keep"), Some(&cookie)).await.0, 200);
    let token = kept.tokens.lock().await.remove(0);
    Stage { fake, clock, app, cookie, token }
}

#[tokio::test]
async fn a_token_is_renewed_while_the_person_stays() {
    let Stage { fake, clock, token, .. } = stage().await;
    let same = token.fresh().await.unwrap();
    assert_eq!(same.access_token(), token.access_token(), "it has life left");
    clock.advance(Duration::from_secs(3600));
    let (one, other) = tokio::join!(token.fresh(), token.fresh());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_ne!(one.access_token(), token.access_token());
    assert_eq!(one.access_token(), other.access_token());
    assert_eq!(fake.calls(Endpoint::Token), 1);
    // A provider that is away for the moment takes nothing away.
    clock.advance(Duration::from_secs(3600));
    fake.fault(Endpoint::Token, Fault::Status(500));
    assert!(one.fresh().await.unwrap_err().is_transient());
    clock.advance(Duration::from_secs(60));
    assert!(one.fresh().await.is_ok());
}

#[tokio::test]
async fn a_token_is_not_renewed_for_someone_who_left() {
    let Stage { app, cookie, token, .. } = stage().await;
    let out = Request::post("/oauth/sign-out").header("sec-fetch-site", "same-origin");
    let (status, _) = ask(&app, out.body(Body::empty()).unwrap(), Some(&cookie)).await;
    assert_eq!(status, 200);
    assert_eq!(token.fresh().await.unwrap_err().code(), "sign_in_required");
}

#[tokio::test]
async fn a_token_is_not_renewed_once_the_access_was_withdrawn() {
    let Stage { fake, clock, token, .. } = stage().await;
    fake.revoke_access_of(ADA);
    clock.advance(Duration::from_secs(3600));
    let error = token.fresh().await.unwrap_err();
    assert_eq!(error.code(), "consent_required");
    assert!(error.is_consent_required());
}
