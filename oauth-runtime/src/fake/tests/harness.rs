//! An app and a browser in front of the router, without a network.

use std::collections::HashMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::Value;
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use crate::clock::{ManualClock, Timestamp};
use crate::fake::routes::router;
use crate::fake::{FakeGoogle, Quirk};

pub(crate) const CALLBACK: &str = "http://localhost:8080/oauth/callback?kept=1";
pub(crate) const DRIVE_FILE: &str = "https://www.googleapis.com/auth/drive.file";
pub(crate) const DRIVE_READONLY: &str = "https://www.googleapis.com/auth/drive.readonly";
pub(crate) const CALENDAR: &str = "https://www.googleapis.com/auth/calendar.readonly";
pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const BOB: &str = "bob@example.com";
// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The parameters that the redirect brings back to the app.
    pub(crate) fn callback(&self) -> HashMap<String, String> {
        assert_eq!(self.status, 303, "{}", self.text());
        let url = Url::parse(self.header("location")).unwrap();
        assert!(url.as_str().starts_with(CALLBACK), "{url}");
        url.query_pairs().into_owned().collect()
    }
}

pub(crate) struct Fake {
    pub(crate) google: FakeGoogle,
    pub(crate) clock: ManualClock,
    pub(crate) id: String,
    pub(crate) secret: String,
    app: Router,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::at(Timestamp::from_unix_seconds(1_700_000_000));
        let builder = FakeGoogle::builder().with_clock(clock.clone());
        let (google, rim) = builder.build("http://localhost:1".to_owned()).unwrap();
        let (id, secret) = google.register_redirect_uri(CALLBACK);
        Self { google, clock, id, secret, app: router(rim) }
    }

    pub(crate) fn with(quirk: Quirk) -> Self {
        let fake = Self::new();
        fake.google.set(quirk);
        fake
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        let request = Request::get(path).header("host", "localhost");
        let request = match token {
            "" => request,
            token => request.header("authorization", format!("Bearer {token}")),
        };
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, kind: &str, body: &str) -> Reply {
        let request = Request::post(path)
            .header("host", "localhost")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind);
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub(crate) async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let request = Request::post(path)
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(encoded(pairs))).unwrap()).await
    }

    /// An authorization request for the scopes, as the runtime sends it, with `more` instead
    /// of what it would say under the same name.
    pub(crate) fn query(&self, scope: &str, more: &[(&str, &str)]) -> String {
        let usual = [
            ("client_id", self.id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", scope),
            ("state", "a state & more"),
            ("nonce", "nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("access_type", "offline"),
            ("include_granted_scopes", "true"),
        ];
        let kept = usual.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        encoded(&kept.chain(more).copied().collect::<Vec<_>>())
    }

    pub(crate) async fn authorize(&self, scope: &str, more: &[(&str, &str)]) -> Reply {
        self.get(&format!("/o/oauth2/v2/auth?{}", self.query(scope, more)), "").await
    }

    /// Sends the form of a page.
    pub(crate) async fn answer(&self, query: &str, pairs: &[(&str, &str)]) -> Reply {
        let pairs: Vec<_> = [("request", query)].into_iter().chain(pairs.iter().copied()).collect();
        self.form("/o/oauth2/v2/auth", &pairs).await
    }

    /// The consent page, sent with these boxes ticked.
    pub(crate) async fn consent(&self, email: &str, query: &str, ticked: &[&str]) -> Reply {
        let mut pairs = vec![("account", email), ("decision", "continue")];
        pairs.extend(ticked.iter().map(|scope| ("scope", *scope)));
        self.answer(query, &pairs).await
    }

    pub(crate) async fn exchange(&self, code: &str) -> Reply {
        self.exchange_with(code, &[]).await
    }

    pub(crate) async fn exchange_with(&self, code: &str, more: &[(&str, &str)]) -> Reply {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("client_id", &self.id),
            ("client_secret", &self.secret),
            ("code_verifier", VERIFIER),
        ];
        let kept = usual.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        self.form("/token", &kept.chain(more).copied().collect::<Vec<_>>()).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Reply {
        self.form(
            "/token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token),
                ("client_id", &self.id),
                ("client_secret", &self.secret),
            ],
        )
        .await
    }

    /// A code for what Ada grants.
    pub(crate) async fn code(&self, scope: &str, ticked: &[&str]) -> String {
        let reply = self.consent(ADA, &self.query(scope, &[]), ticked).await;
        reply.callback()["code"].clone()
    }

    /// The token answer for what Ada grants.
    pub(crate) async fn tokens(&self, scope: &str, ticked: &[&str]) -> Value {
        let reply = self.exchange(&self.code(scope, ticked).await).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// An access token with these scopes, written short.
    pub(crate) fn access(&self, email: &str, scopes: &[&str]) -> String {
        let answer = self.google.mint(&self.id, email, scopes, None);
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) fn claims(answer: &Value) -> Value {
    let token = answer["id_token"].as_str().unwrap();
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

pub(crate) fn scopes(answer: &Value) -> Vec<&str> {
    let mut scopes: Vec<_> = answer["scope"].as_str().unwrap().split(' ').collect();
    scopes.sort_unstable();
    scopes
}
