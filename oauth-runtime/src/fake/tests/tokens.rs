use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;

use super::harness::{
    ADA, CALENDAR, CALLBACK, DRIVE_FILE, Fake, Reply, VERIFIER, claims, encoded, scopes,
};
use crate::fake::scopes::{EMAIL, PROFILE};
use crate::fake::{FakeAccount, Quirk};

const SCOPES: &str = "openid email profile https://www.googleapis.com/auth/drive.file";

type Refused = (u16, String);

fn error(reply: &Reply) -> Refused {
    (reply.status, reply.json()["error"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u16, name: &str) -> Refused {
    (status, name.to_owned())
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_code_becomes_the_answer_that_google_gives() {
    let fake = Fake::new();
    let answer = fake.tokens(SCOPES, &[DRIVE_FILE]).await;
    assert!(text(&answer, "access_token").starts_with("ya29."));
    assert!(text(&answer, "refresh_token").starts_with("1//"));
    assert_eq!(answer["expires_in"], 3599);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(scopes(&answer), [DRIVE_FILE, EMAIL, PROFILE, "openid"]);
    let claims = claims(&answer);
    assert_eq!(claims["aud"], fake.id);
    assert_eq!(claims["nonce"], "nonce");
    assert_eq!(claims["name"], "Ada Example");
    assert_eq!(claims["sub"], FakeAccount::new(ADA, "").subject());
}

#[tokio::test]
async fn a_code_is_bound_to_client_redirect_uri_and_verifier() {
    let fake = Fake::new();
    let (other_id, other_secret) = fake.google.register_redirect_uri("http://localhost:9/");
    let code = fake.code(SCOPES, &[]).await;
    let table: [(&[(&str, &str)], Refused); 7] = [
        (
            &[("redirect_uri", "http://localhost:8080/oauth/callback")],
            refused(400, "redirect_uri_mismatch"),
        ),
        (
            &[("client_id", &other_id), ("client_secret", &other_secret)],
            refused(400, "invalid_grant"),
        ),
        (&[("client_secret", "wrong")], refused(401, "invalid_client")),
        (&[("client_secret", "")], refused(400, "invalid_request")),
        (&[("code_verifier", &VERIFIER[1..])], refused(400, "invalid_grant")),
        (&[("code_verifier", "")], refused(400, "invalid_grant")),
        (&[("grant_type", "password")], refused(400, "unsupported_grant_type")),
    ];
    for (more, expected) in table {
        assert_eq!(error(&fake.exchange_with(&code, more).await), expected, "{more:?}");
    }
    assert_eq!(fake.exchange(&code).await.status, 200);
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused_and_pkce_can_be_ignored() {
    let fake = Fake::new();
    let query = fake.query(SCOPES, &[("code_challenge", ""), ("code_challenge_method", "")]);
    let code = fake.consent(ADA, &query, &[]).await.callback()["code"].clone();
    assert_eq!(error(&fake.exchange(&code).await), refused(400, "invalid_grant"));
    fake.google.set(Quirk::IgnorePkce);
    assert_eq!(fake.exchange_with(&code, &[("code_verifier", "x")]).await.status, 200);
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let fake = Fake::new();
    let code = fake.code(SCOPES, &[]).await;
    fake.clock.advance(Duration::from_secs(600));
    assert_eq!(error(&fake.exchange(&code).await), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn a_second_use_of_a_code_ends_the_tokens_of_the_first() {
    let fake = Fake::new();
    let code = fake.code(SCOPES, &[DRIVE_FILE]).await;
    let answer = fake.exchange(&code).await.json();
    let list = async || fake.get("/drive/v3/files", text(&answer, "access_token")).await.status;
    assert_eq!(list().await, 200);
    assert_eq!(error(&fake.exchange(&code).await), refused(400, "invalid_grant"));
    assert_eq!(list().await, 401);
    let refresh = fake.refresh(text(&answer, "refresh_token")).await;
    assert_eq!(error(&refresh), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn a_client_may_authenticate_in_the_header_but_not_twice() {
    let fake = Fake::new();
    let send = async |user: &str, more: &[(&str, &str)]| {
        let code = fake.code(SCOPES, &[]).await;
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let pairs: Vec<_> = usual.iter().chain(more).copied().collect();
        let request = Request::post("/token")
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("authorization", format!("Basic {}", BASE64_STANDARD.encode(user)));
        fake.send(request.body(Body::from(encoded(&pairs))).unwrap()).await
    };
    let (id, secret) = (&fake.id, &fake.secret);
    assert_eq!(send(&format!("{id}:{secret}"), &[]).await.status, 200);
    assert_eq!(send(&format!("{}:{secret}", id.replace('-', "%2D")), &[]).await.status, 200);
    let wrong = send(&format!("{id}:x"), &[]).await;
    assert_eq!(error(&wrong), refused(401, "invalid_client"));
    assert!(wrong.header("www-authenticate").starts_with("Basic"));
    let twice = send(&format!("{id}:{secret}"), &[("client_secret", secret)]).await;
    assert_eq!(error(&twice), refused(400, "invalid_request"));
}

#[tokio::test]
async fn the_token_endpoint_wants_a_form_without_repetitions() {
    let fake = Fake::new();
    let reply = fake.post("/token", "", "application/json", "{}").await;
    assert_eq!(error(&reply), refused(400, "invalid_request"));
    let reply = fake.form("/token", &[("code", "a"), ("code", "b")]).await;
    assert_eq!(error(&reply), refused(400, "invalid_request"));
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_refresh_token_comes_with_the_first_consent_and_when_consent_is_asked_again() {
    let fake = Fake::new();
    assert!(fake.tokens(SCOPES, &[]).await.get("refresh_token").is_some());
    let again = fake.tokens(&format!("{SCOPES} {CALENDAR}"), &[CALENDAR]).await;
    assert!(again.get("refresh_token").is_none());
    let query = fake.query(SCOPES, &[("prompt", "consent")]);
    let code = fake.consent(ADA, &query, &[]).await.callback()["code"].clone();
    assert!(fake.exchange(&code).await.json().get("refresh_token").is_some());

    let fake = Fake::new();
    let query = fake.query(SCOPES, &[("access_type", "online")]);
    let code = fake.consent(ADA, &query, &[]).await.callback()["code"].clone();
    assert!(fake.exchange(&code).await.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn a_refresh_answers_what_is_granted_now_with_an_id_token_without_nonce() {
    let fake = Fake::new();
    let first = fake.tokens(SCOPES, &[]).await;
    fake.tokens(&format!("openid {CALENDAR}"), &[CALENDAR]).await;
    let refresh = async || fake.refresh(text(&first, "refresh_token")).await.json();
    let answer = refresh().await;
    assert_eq!(scopes(&answer), [CALENDAR, EMAIL, PROFILE, "openid"]);
    assert!(answer.get("refresh_token").is_none());
    assert!(claims(&answer).get("nonce").is_none());
    assert_ne!(answer["access_token"], first["access_token"]);

    fake.google.set(Quirk::RefreshTokensKeepTheirScopes);
    assert_eq!(scopes(&refresh().await), [EMAIL, PROFILE, "openid"]);
    fake.google.set(Quirk::NarrowRefresh);
    fake.google.unset(Quirk::RefreshTokensKeepTheirScopes);
    assert_eq!(scopes(&refresh().await), [EMAIL, PROFILE, "openid"]);
    fake.google.set(Quirk::NoIdTokenOnRefresh);
    assert!(refresh().await.get("id_token").is_none());
    fake.google.set(Quirk::InvalidRapt);
    assert_eq!(refresh().await["error_subtype"], "invalid_rapt");
    fake.google.unset(Quirk::InvalidRapt);
    fake.google.set(Quirk::AdminPolicyEnforced);
    assert_eq!(refresh().await["error"], "admin_policy_enforced");
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_not_for_more() {
    let fake = Fake::new();
    let first = fake.tokens(SCOPES, &[DRIVE_FILE]).await;
    let refresh = async |scope: &str| {
        let token = text(&first, "refresh_token");
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
        let client = [("client_id", fake.id.as_str()), ("client_secret", &fake.secret)];
        fake.form("/token", &[pairs.as_slice(), &client].concat()).await
    };
    assert_eq!(scopes(&refresh(DRIVE_FILE).await.json()), [DRIVE_FILE]);
    assert_eq!(error(&refresh(CALENDAR).await), refused(400, "invalid_scope"));
    assert_eq!(error(&refresh("drive.file").await), refused(400, "invalid_scope"));
}

#[tokio::test]
async fn rotation_ends_the_old_refresh_token() {
    let fake = Fake::with(Quirk::RotateRefreshTokens);
    let first = fake.tokens(SCOPES, &[]).await;
    let second = fake.refresh(text(&first, "refresh_token")).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let old = fake.refresh(text(&first, "refresh_token")).await;
    assert_eq!(error(&old), refused(400, "invalid_grant"));
    assert_eq!(fake.refresh(text(&second, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_belongs_to_its_client() {
    let fake = Fake::new();
    let first = fake.tokens(SCOPES, &[]).await;
    let (id, secret) = fake.google.register_redirect_uri("http://localhost:9/");
    let token = text(&first, "refresh_token");
    let reply = fake
        .form(
            "/token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("client_id", &id),
                ("client_secret", &secret),
            ],
        )
        .await;
    assert_eq!(error(&reply), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn revoking_any_token_ends_everything_of_the_account_in_the_project() {
    for name in ["access_token", "refresh_token"] {
        let fake = Fake::new();
        let other = fake.google.register_redirect_uri("http://localhost:9/").0;
        let elsewhere = fake.google.mint(&other, ADA, &["drive"], None);
        let of_bob = fake.access("bob@example.com", &["drive"]);
        let mine = fake.tokens(SCOPES, &[DRIVE_FILE]).await;
        let revoke = async || fake.form("/revoke", &[("token", text(&mine, name))]).await;
        assert_eq!(revoke().await.status, 200);
        assert_eq!(error(&revoke().await), refused(400, "invalid_token"));
        for token in [&mine, &elsewhere] {
            assert_eq!(fake.get("/drive/v3/files", text(token, "access_token")).await.status, 401);
        }
        assert_eq!(fake.get("/drive/v3/files", &of_bob).await.status, 200);
        let refresh = fake.refresh(text(&mine, "refresh_token")).await;
        assert_eq!(error(&refresh), refused(400, "invalid_grant"));
        assert_eq!(fake.google.granted(ADA), "");
        let page = fake.authorize(SCOPES, &[("login_hint", ADA)]).await;
        assert!(page.text().contains("wants access"));
    }
}

#[tokio::test]
async fn answers_can_lack_or_change_what_clients_rely_on() {
    let answer = async |quirk| Fake::with(quirk).tokens(SCOPES, &[DRIVE_FILE]).await;
    assert!(answer(Quirk::AbsentScope).await.get("scope").is_none());
    assert_eq!(answer(Quirk::EmptyScope).await["scope"], "");
    assert!(answer(Quirk::MissingIdToken).await.get("id_token").is_none());
    assert!(answer(Quirk::NoRefreshToken).await.get("refresh_token").is_none());
    assert_eq!(answer(Quirk::ExpiresInAsText).await["expires_in"], "3599");
    assert_eq!(claims(&answer(Quirk::WrongNonce).await)["nonce"], "noncex");
    let canary = answer(Quirk::Canaries).await;
    for name in ["access_token", "refresh_token"] {
        assert!(text(&canary, name).starts_with("CANARY-"));
    }
}

#[tokio::test]
async fn refresh_tokens_of_an_app_in_testing_end_after_seven_days() {
    let fake = Fake::with(Quirk::TestingApp);
    let answer = fake.tokens(SCOPES, &[]).await;
    assert_eq!(answer["refresh_token_expires_in"], 604_800);
    fake.clock.advance(Duration::from_secs(604_799));
    assert_eq!(fake.refresh(text(&answer, "refresh_token")).await.status, 200);
    fake.clock.advance(Duration::from_secs(1));
    let ended = fake.refresh(text(&answer, "refresh_token")).await;
    assert_eq!(error(&ended), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn the_published_keys_and_the_discovery_document_lead_to_this_server() {
    let fake = Fake::new();
    let kid = |jwks: &Value, index: usize| jwks["keys"][index]["kid"].clone();
    let before = fake.get("/oauth2/v3/certs", "").await.json();
    fake.google.rotate_keys();
    let after = fake.get("/oauth2/v3/certs", "").await.json();
    assert_eq!(kid(&after, 0), kid(&before, 0));
    assert_ne!(kid(&after, 1), kid(&before, 0));
    let document = fake.get("/.well-known/openid-configuration", "").await.json();
    assert_eq!(document["issuer"], "https://accounts.google.com");
    assert_eq!(document["token_endpoint"], "http://localhost:1/token");
}

#[tokio::test]
async fn a_minted_answer_needs_no_page() {
    let fake = Fake::new();
    let answer = fake.google.mint(&fake.id, "grace@example.com", &["drive.file"], Some("mine"));
    assert_eq!(scopes(&answer), [DRIVE_FILE, EMAIL, "openid"]);
    assert_eq!(claims(&answer)["nonce"], "mine");
    assert_eq!(claims(&answer)["aud"], fake.id);
    assert_eq!(claims(&answer)["email"], "grace@example.com");
    assert_eq!(fake.refresh(text(&answer, "refresh_token")).await.status, 200);
}
