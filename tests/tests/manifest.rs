//! What an app asks people for, as its handlers and its routers tell it.

use axum::Form;
use axum::body::Body;
use http::{HeaderValue, Request, StatusCode};
use oauth_runtime::fake::{FakeGoogle, navigate};
use oauth_runtime::routing::{Router, get, post, public};
use oauth_runtime::{
    FindingKind, Manifest, ManifestEntry, OAuth, Policy, Sensitivity, Token, User,
    assert_challenge, requires_scopes, scope_set,
};
use tower::ServiceExt as _;

const ADA: &str = "ada@example.com";

scope_set!(Ledger(why = "keep your ledger") = "spreadsheets");

#[requires_scopes("drive.file", any("calendar.events", "calendar.readonly"), why = "plan | it")]
async fn plan(token: Token) -> String {
    format!("a plan with {}", token.scopes().len())
}

#[requires_scopes("drive.file", optional("contacts.readonly"))]
async fn share(Form(text): Form<Vec<(String, String)>>) -> String {
    format!("{text:?}")
}

#[requires_scopes("drive.appdata")]
#[expect(dead_code, reason = "it is meant to be forgotten")]
async fn forgotten() {}

async fn ledger(token: Token<Ledger>) -> String {
    format!("{token:?}")
}

async fn me(user: User) -> String {
    user.email().unwrap_or_default().to_owned()
}

fn app(oauth: &OAuth) -> axum::Router {
    let inner = Router::new().route("/", get(plan)).route("/share", post(share).get(share));
    Router::new()
        .route("/", get(public(async || "home")))
        .route("/me", get(me))
        .nest("/plan", inner)
        .nest("/old/", axum::Router::new().route("/x", axum::routing::get(async || "old")))
        .merge(Router::from(oauth.routes()).route("/ledger", get(ledger)))
        .fallback(public(async || (StatusCode::NOT_FOUND, "nothing")))
        .with_state(oauth.clone())
}

fn entry<'a>(manifest: &'a Manifest, name: &str) -> &'a ManifestEntry {
    let mine =
        manifest.handlers().iter().find(|one| one.name() == name && one.module() == module_path!());
    mine.unwrap_or_else(|| panic!("{name} is in no manifest"))
}

async fn read(
    app: &axum::Router,
    mut request: Request<Body>,
    cookie: Option<&HeaderValue>,
) -> (u16, String) {
    if let Some(cookie) = cookie {
        request.headers_mut().insert("cookie", cookie.clone());
    }
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1_000_000).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_typed_router_routes_and_guards_as_axums_does() {
    let fake = FakeGoogle::start().await.unwrap();
    let app = app(&fake.oauth().unwrap());
    for (path, status, body) in
        [("/", 200, "home"), ("/old/x", 200, "old"), ("/nothing", 404, "nothing")]
    {
        assert_eq!(read(&app, navigate(path), None).await, (status, body.to_owned()), "{path}");
    }
    let refused = app.clone().oneshot(navigate("/plan")).await.unwrap();
    assert_challenge!(refused, ["drive.file", "calendar.events"]);
    let refused = app.clone().oneshot(navigate("/ledger")).await.unwrap();
    assert_challenge!(refused, ["spreadsheets"]);
    assert_eq!(read(&app, navigate("/me"), None).await.0, 303, "signing in comes first");
    let signed_in = fake.sign_in(ADA).granting(["drive.file", "calendar.readonly"]);
    let cookie = signed_in.await.unwrap();
    let (status, body) = read(&app, navigate("/plan"), Some(&cookie)).await;
    assert!(status == 200 && body.starts_with("a plan"), "{status} {body}");
    assert_eq!(read(&app, navigate("/me"), Some(&cookie)).await, (200, ADA.to_owned()));
}

#[tokio::test]
async fn the_manifest_names_every_handler_with_its_routes_scopes_and_reason() {
    let fake = FakeGoogle::start().await.unwrap();
    let oauth = fake.oauth().unwrap();
    assert!(entry(&oauth.manifest(), "plan").routes().is_empty(), "nothing is routed yet");
    let _app = app(&oauth);
    let _once_more = app(&oauth);
    let manifest = oauth.manifest();
    for (name, routes) in [
        ("plan", vec!["GET /plan"]),
        ("share", vec!["POST /plan/share", "GET /plan/share"]),
        ("Ledger", vec!["GET /ledger"]),
        ("forgotten", vec![]),
    ] {
        assert_eq!(entry(&manifest, name).routes(), routes, "{name}");
    }
    let plan = entry(&manifest, "plan");
    let (file, line) = plan.place();
    assert!(file.ends_with("manifest.rs") && line > 1 && plan.why() == Some("plan | it"));
    assert_eq!(plan.any()[0].len(), 2);
    assert_eq!(entry(&manifest, "share").optional()[0].short_name(), "contacts.readonly");
    let file = manifest.scopes().iter().find(|scope| scope.short_name() == "drive.file").unwrap();
    assert_eq!(file.sensitivity(), Sensitivity::NonSensitive);
    assert!(file.asked_by().contains(&format!("{}::plan", module_path!())));
    assert!(manifest.base_scopes().contains_name("openid"));
}

#[tokio::test]
async fn a_handler_without_a_route_is_found_and_one_with_a_route_is_not() {
    let fake = FakeGoogle::start().await.unwrap();
    let oauth = fake.oauth().unwrap();
    let mentions = |manifest: &Manifest, name: &str| {
        let name = format!("`{}::{name}`", module_path!());
        let mut findings = manifest.findings().iter();
        findings
            .any(|one| one.kind() == FindingKind::NeverRouted && one.to_string().contains(&name))
    };
    assert!(!mentions(&oauth.manifest(), "forgotten"), "no typed router, no such finding");
    let _app = app(&oauth);
    let manifest = oauth.manifest();
    assert!(mentions(&manifest, "forgotten") && !mentions(&manifest, "plan"));
    let error = manifest.check(&Policy::new().deny_findings()).unwrap_err();
    assert!(format!("{error:?}").contains("::forgotten"));
    let error = manifest.check(&Policy::new().only(["drive.file"])).unwrap_err();
    assert!(format!("{error:?}").contains("`spreadsheets` is not on the list"));
}

#[tokio::test]
async fn in_development_there_is_a_page_of_it_and_nowhere_else() {
    let fake = FakeGoogle::start().await.unwrap();
    let oauth = fake.oauth().unwrap();
    let app = app(&oauth);
    let (status, page) = read(&app, navigate("/oauth/manifest"), None).await;
    assert!(status == 200 && page.contains("GET /plan") && page.contains("To plan | it"), "{page}");
    let (_, json) = read(&app, navigate("/oauth/manifest?format=json"), None).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["handlers"].as_array().unwrap().iter().any(|one| one["name"] == "plan"));
    let (_, text) = read(&app, navigate("/oauth/manifest?format=markdown"), None).await;
    assert_eq!(text, oauth.manifest().to_markdown());
    assert!(text.contains("| plan \\| it |"), "a reason cannot end a cell: {text}");

    let public = fake.builder_for("https://app.example/oauth/callback").unwrap().build().unwrap();
    let elsewhere = axum::Router::new().merge(public.routes()).with_state(public.clone());
    assert_eq!(read(&elsewhere, navigate("/oauth/manifest"), None).await.0, 404);
}
