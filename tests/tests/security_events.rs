//! Cross-Account Protection: what Google says by itself of an account ends sessions and tokens.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use oauth_runtime::fake::{FakeSecurityEvent as Event, Quirk};
use oauth_runtime::{AuditEvent, ClientCredentials, OAuth, Provider, ServiceAccountKey};
use serde_json::{Value, json};
use tracing::Level;

use crate::support::{App, Browser, Log, Page};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const ADMIN: &str = "risc-admin@app.example";

type Told = Arc<Mutex<Vec<AuditEvent>>>;

/// An app that receives events, registered at the fake, and what it is told.
async fn receiving() -> (App, Told) {
    let told = Told::default();
    let kept = told.clone();
    let hook = move |event: &AuditEvent| kept.lock().unwrap().push(event.clone());
    let configure =
        |builder: oauth_runtime::OAuthBuilder| builder.with_security_events().with_audit(hook);
    let app = App::with(|fake| fake, configure).await;
    app.oauth.register_security_events(&key(&app)).await.unwrap();
    (app, told)
}

fn key(app: &App) -> ServiceAccountKey {
    ServiceAccountKey::from_json(&app.fake.service_account(ADMIN).unwrap()).unwrap()
}

async fn signed_in(app: &App, email: &str) -> Browser {
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), email, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser
}

/// Whether somebody is signed in still, and whether with tokens.
async fn standing(app: &App, browser: &mut Browser) -> (bool, bool) {
    let me = browser.go(app.url("/me")).await.status == 200;
    (me, browser.go(app.url("/notes")).await.status == 200)
}

/// What the hook was told since it was asked last, of events of the provider.
fn words(told: &Told) -> Vec<String> {
    let all: Vec<_> = told.lock().unwrap().drain(..).collect();
    let own = ["authorized", "declined", "refreshed"];
    let events = all.iter().filter(|event| !own.contains(&event.kind().as_str()));
    events.map(|event| event.kind().as_str().to_owned()).collect()
}

/// J26, I15: each event ends what it says, of the account that it names and of no other, and the
/// app is told.
#[tokio::test]
async fn each_event_ends_what_it_says_and_the_app_is_told() {
    let cases = [
        (Event::SessionsRevoked(ADA), "sessions_revoked", (false, false), true),
        (Event::TokensRevoked(ADA), "tokens_revoked", (false, false), false),
        (Event::TokenRevokedByPrefix(ADA), "token_revoked", (true, false), false),
        (Event::TokenRevokedByHash(ADA), "token_revoked", (true, false), false),
        (Event::AccountDisabled(ADA, None), "account_disabled", (false, false), true),
        (Event::AccountPurged(ADA), "account_purged", (false, false), false),
        (Event::AccountEnabled(ADA), "account_enabled", (true, true), true),
        (Event::CredentialChangeRequired(ADA), "credential_change_required", (true, true), true),
    ];
    for (event, word, standing_then, keeps_tokens) in cases {
        let (app, told) = receiving().await;
        let (mut ada, mut bob) = (signed_in(&app, ADA).await, signed_in(&app, BOB).await);
        words(&told);
        assert_eq!(app.fake.send_security_event(&event).await.unwrap(), 202, "{word}");
        assert_eq!(words(&told), [word]);
        assert_eq!(standing(&app, &mut ada).await, standing_then, "{word}");
        assert_eq!(standing(&app, &mut bob).await, (true, true), "{word}");
        let id = app.fake.account_id(ADA);
        let token = app.oauth.account(&id).token::<oauth_runtime::scope::DriveFile>().await;
        assert_eq!(token.is_ok(), keeps_tokens, "{word}");
    }
}

/// Whoever gives everything back here hears of it from the provider too, and stays signed in.
#[tokio::test]
async fn whoever_disconnected_himself_stays_signed_in() {
    let (app, told) = receiving().await;
    let mut ada = signed_in(&app, ADA).await;
    let by_name = app.fake.security_event_token(&Event::TokenRevokedByHash(ADA)).unwrap();
    app.oauth.account(&app.fake.account_id(ADA)).disconnect().await.unwrap();
    words(&told);
    assert_eq!(post(&app, &by_name).await.status, 202);
    assert_eq!(words(&told), [""; 0], "it is nobody's any longer");
    app.fake.send_security_event(&Event::TokensRevoked(ADA)).await.unwrap();
    assert_eq!(words(&told), ["tokens_revoked"]);
    assert_eq!(standing(&app, &mut ada).await, (true, false));
}

/// Tokens that are gone already, and not by the person's own doing, keep no session: it may be a
/// thief's.
#[tokio::test]
async fn tokens_that_were_taken_back_before_save_no_session() {
    for event in [None, Some(Event::TokenRevokedByHash(ADA))] {
        let (app, told) = receiving().await;
        let mut ada = signed_in(&app, ADA).await;
        match event {
            Some(event) => drop(app.fake.send_security_event(&event).await.unwrap()),
            None => app.fake.revoke_access_of(ADA),
        }
        app.clock.advance(Duration::from_secs(3600));
        assert_eq!(standing(&app, &mut ada).await, (true, false));
        words(&told);
        app.fake.send_security_event(&Event::TokensRevoked(ADA)).await.unwrap();
        assert_eq!(words(&told), ["tokens_revoked"]);
        assert_eq!(standing(&app, &mut ada).await, (false, false));
    }
}

/// A token that was renewed with rotation goes by its new names, and not by its old ones.
#[tokio::test]
async fn a_rotated_token_is_found_by_its_new_names() {
    let (app, told) = receiving().await;
    app.fake.set(Quirk::RotateRefreshTokens);
    let mut ada = signed_in(&app, ADA).await;
    let old = app.fake.security_event_token(&Event::TokenRevokedByHash(ADA)).unwrap();
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(standing(&app, &mut ada).await, (true, true));
    words(&told);
    assert_eq!(post(&app, &old).await.status, 202);
    assert_eq!((words(&told), standing(&app, &mut ada).await), (vec![], (true, true)));
    app.fake.send_security_event(&Event::TokenRevokedByHash(ADA)).await.unwrap();
    assert_eq!(words(&told), ["token_revoked"]);
    assert!(!standing(&app, &mut ada).await.1);
}

async fn post(app: &App, token: &str) -> Page {
    let headers = [("content-type", "application/secevent+jwt")];
    let url = app.url("/oauth/security-events");
    Browser::new().send(Method::POST, &url, &headers, Some(token.to_owned())).await
}

type Forge = fn(&mut Value, &mut Value);

/// J26: nothing that is forged, stale or meant for others is acted on, and each is named in the
/// words of RFC 8935.
#[tokio::test]
async fn what_is_no_event_for_this_app_is_refused_and_ends_nothing() {
    let (app, told) = receiving().await;
    let mut ada = signed_in(&app, ADA).await;
    words(&told);
    let cases: [(&str, Forge); 9] = [
        ("invalid_request", |header, _| header["alg"] = "none".into()),
        ("invalid_request", |header, _| header["alg"] = "HS256".into()),
        ("invalid_key", |header, _| header["kid"] = "another".into()),
        ("invalid_audience", |_, claims| claims["aud"] = json!(["another"])),
        ("invalid_issuer", |_, claims| claims["iss"] = "https://evil.example/".into()),
        ("invalid_request", |_, claims| claims["events"] = json!({})),
        ("invalid_request", |_, claims| claims["nonce"] = "n".into()),
        ("invalid_request", |_, claims| drop(claims.as_object_mut().unwrap().remove("iat"))),
        ("invalid_request", |_, claims| drop(claims.as_object_mut().unwrap().remove("jti"))),
    ];
    for (word, forge) in cases {
        let token = app.fake.forge_security_event(&Event::TokensRevoked(ADA), forge).unwrap();
        let answer = post(&app, &token).await;
        assert_eq!((answer.status, &answer.json()["err"]), (400, &json!(word)), "{}", answer.body);
    }
    let good = app.fake.security_event_token(&Event::TokensRevoked(ADA)).unwrap();
    let mut damaged = good.clone();
    damaged
        .replace_range(good.len() - 9..good.len() - 8, if good.ends_with('A') { "B" } else { "A" });
    let id_token = format!("{good}.x");
    let long = "x".repeat(40_000);
    for body in ["", "x", "a.b.c", &damaged, &id_token, &long] {
        assert_eq!(post(&app, body).await.status, 400);
    }
    assert_eq!((words(&told), standing(&app, &mut ada).await), (vec![], (true, true)));
}

/// J26: an event is acted on once. That it came again is acknowledged, since whoever sends it may
/// not have got the first answer.
#[tokio::test]
async fn an_event_that_comes_again_ends_nothing_again() {
    let (app, told) = receiving().await;
    let mut ada = signed_in(&app, ADA).await;
    let event = app.fake.security_event_token(&Event::SessionsRevoked(ADA)).unwrap();
    assert_eq!(post(&app, &event).await.status, 202);
    assert_eq!(standing(&app, &mut ada).await, (false, false));
    let mut ada = signed_in(&app, ADA).await;
    words(&told);
    assert_eq!(post(&app, &event).await.status, 202);
    assert_eq!((words(&told), standing(&app, &mut ada).await), (vec![], (true, true)));
}

/// Whom we do not know is acknowledged alike: nobody learns who has an account here. The app is
/// told, since it may know him.
#[tokio::test]
async fn a_stranger_is_acknowledged_and_a_reason_is_handed_on() {
    let (app, told) = receiving().await;
    let stolen = Event::AccountDisabled("carol@example.com", Some("hijacking"));
    assert_eq!(app.fake.send_security_event(&stolen).await.unwrap(), 202);
    let event = told.lock().unwrap().pop().unwrap();
    assert_eq!(event.account(), &app.fake.account_id("carol@example.com"));
    assert_eq!(event.reason(), Some("hijacking"));
    assert_eq!(words(&told), [""; 0], "and of nothing else");
}

/// A verification comes back into the log, and Google's no to the key is named.
#[tokio::test]
async fn registration_is_verified_and_its_refusal_says_what_to_do() {
    let (log, _kept) = Log::keep(Level::INFO);
    let (app, _) = receiving().await;
    let ours = key(&app);
    app.oauth.verify_security_events(&ours, "a-word").await.unwrap();
    app.fake.send_security_event(&Event::Verification("a-word")).await.unwrap();
    assert!(log.text().contains("a-word"), "{}", log.text());
    // A newer key replaces the older one.
    key(&app);
    let error = app.oauth.register_security_events(&ours).await.unwrap_err();
    assert_eq!(error.code(), "service_account", "{error:?}");
    assert!(error.help().unwrap().contains("RISC Configuration Admin"));
}

/// An app that does not want events has no route for them, and cannot register.
#[tokio::test]
async fn without_the_option_there_is_no_receiver() {
    let app = App::start().await;
    assert_eq!(post(&app, "x").await.status, 404);
    let error = app.oauth.register_security_events(&key(&app)).await.unwrap_err();
    assert!(error.help().unwrap().contains("with_security_events"), "{error:?}");
    let credentials = ClientCredentials::new("client-id", "fake-secret");
    let github = Provider::github(credentials).unwrap();
    let built = OAuth::builder(github)
        .with_redirect_uri("http://localhost:8080/oauth/callback")
        .with_security_events()
        .build();
    assert_eq!(built.unwrap_err().code(), "config_option");
}
