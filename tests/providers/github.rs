//! A server that behaves like a GitHub of one's own: OAuth without OpenID, tokens without an end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_runtime::{ClientCredentials, Provider};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub const CLIENT_ID: &str = "github-client";
pub const CLIENT_SECRET: &str = "fake-github-secret";

type Fields = BTreeMap<String, String>;

/// It stops when it is dropped.
pub struct GitHub {
    pub origin: String,
    pub seen: Arc<Mutex<Seen>>,
    server: JoinHandle<()>,
}

/// What it was asked, and how it answers.
#[derive(Default)]
pub struct Seen {
    /// The queries of all authorization requests.
    pub authorizations: Vec<Fields>,
    pub exchanges: Vec<Fields>,
    /// The person says no.
    pub denies: bool,
    /// Its user API is down.
    pub is_down: bool,
    /// Which person is signed in there.
    pub person: u64,
    codes: BTreeMap<String, Fields>,
    /// The scopes of each token that lives.
    pub tokens: BTreeMap<String, String>,
    count: usize,
}

impl Drop for GitHub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl GitHub {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let seen = Arc::new(Mutex::new(Seen { person: 583_231, ..Seen::default() }));
        let app = Router::new()
            .route("/login/oauth/authorize", get(authorize))
            .route("/login/oauth/access_token", post(exchange))
            .route("/api/v3/user", get(user))
            .route("/api/v3/gists", get(gists))
            .with_state(seen.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { origin, seen, server }
    }

    pub fn provider(&self) -> Provider {
        let credentials = ClientCredentials::new(CLIENT_ID, CLIENT_SECRET);
        Provider::github_enterprise(&self.origin, credentials).unwrap()
    }

    pub fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap());
    }

    pub fn look<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }
}

async fn authorize(State(seen): State<Arc<Mutex<Seen>>>, Query(query): Query<Fields>) -> Redirect {
    let mut seen = seen.lock().unwrap();
    seen.authorizations.push(query.clone());
    let mut back = url::Url::parse(&query["redirect_uri"]).unwrap();
    if seen.denies {
        back.query_pairs_mut().append_pair("error", "access_denied");
    } else {
        seen.count += 1;
        let code = format!("code-{}", seen.count);
        back.query_pairs_mut().append_pair("code", &code);
        seen.codes.insert(code, query.clone());
    }
    back.query_pairs_mut().append_pair("state", &query["state"]);
    Redirect::to(back.as_str())
}

/// Its errors come with the status of a success, as GitHub's do.
async fn exchange(
    State(seen): State<Arc<Mutex<Seen>>>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Json<Value> {
    assert_eq!(headers["accept"], "application/json", "else it answers with a form");
    let mut seen = seen.lock().unwrap();
    seen.exchanges.push(fields.clone());
    let get = |name: &str| fields.get(name).map_or("", String::as_str);
    if get("client_id") != CLIENT_ID || get("client_secret") != CLIENT_SECRET {
        return Json(json!({ "error": "incorrect_client_credentials" }));
    }
    let Some(asked) = seen.codes.remove(get("code")) else {
        return Json(json!({ "error": "bad_verification_code" }));
    };
    let hash =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, get("code_verifier").as_bytes());
    assert_eq!(asked["code_challenge"], URL_SAFE_NO_PAD.encode(hash));
    assert_eq!(asked["redirect_uri"], get("redirect_uri"));
    seen.count += 1;
    let token = format!("gho_fake{}", seen.count);
    // What others cover is left out.
    let scope = asked.get("scope").cloned().unwrap_or_default();
    let names: Vec<_> = scope.split(' ').collect();
    let left =
        names.iter().filter(|name| !(name.starts_with("read:user") && names.contains(&"user")));
    let scope = left.copied().collect::<Vec<_>>().join(",");
    seen.tokens.insert(token.clone(), scope.clone());
    Json(json!({ "access_token": token, "scope": scope, "token_type": "bearer" }))
}

fn scopes_of(seen: &Seen, headers: &HeaderMap) -> Option<String> {
    let header = headers.get("authorization")?.to_str().ok()?;
    seen.tokens.get(header.strip_prefix("Bearer ")?).cloned()
}

async fn user(State(seen): State<Arc<Mutex<Seen>>>, headers: HeaderMap) -> Response {
    let seen = seen.lock().unwrap();
    if seen.is_down {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    assert!(headers.contains_key("user-agent"), "GitHub refuses requests without one");
    match scopes_of(&seen, &headers) {
        Some(_) => Json(
            json!({ "id": seen.person, "login": format!("octo{}", seen.person), "name": null }),
        )
        .into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn gists(State(seen): State<Arc<Mutex<Seen>>>, headers: HeaderMap) -> Response {
    match scopes_of(&seen.lock().unwrap(), &headers) {
        None => StatusCode::UNAUTHORIZED.into_response(),
        Some(scopes) if !scopes.split(',').any(|name| name == "gist") => {
            StatusCode::NOT_FOUND.into_response()
        }
        Some(_) => Json(json!(["a gist"])).into_response(),
    }
}
