//! Service accounts: the app's own identity, with the same tokens and helpers as its users'.

use std::time::Duration;

use axum::response::IntoResponse as _;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use oauth_runtime::fake::{Endpoint, Fault, Gate};
use oauth_runtime::{
    Clock as _, Covers, Error, ManualClock, ServiceAccount, ServiceAccountKey, Token, scope,
    scope_set,
};
use serde_json::{Value, json};

use crate::support::App;

const ROBOT: &str = "robot@app.example";
const ADA: &str = "ada@example.com";

scope_set!(Week = "calendar.events.readonly");

fn account(app: &App) -> ServiceAccount {
    with_key(app, &app.fake.service_account(ROBOT).unwrap())
}

fn with_key(app: &App, key: &str) -> ServiceAccount {
    app.oauth.service_account(ServiceAccountKey::from_json(key).unwrap()).unwrap()
}

/// The same helper serves users and service accounts.
async fn save(token: &Token<impl Covers<scope::DriveFile>>, name: &str) -> Result<Value, Error> {
    let client = token.client();
    client.post(&client.url("drive", "/drive/v3/files"), &json!({ "name": name })).await
}

async fn drive(robot: &ServiceAccount) -> Result<Token<scope::DriveFile>, Error> {
    robot.token::<scope::DriveFile>().await
}

#[tokio::test]
async fn it_works_with_its_own_files_and_for_a_person_with_hers() {
    let app = App::start().await;
    let robot = account(&app);
    let token = drive(&robot).await.unwrap();
    assert_eq!((robot.email(), token.user().email()), (ROBOT, Some(ROBOT)));
    assert_eq!(token.account().issuer(), "https://accounts.google.com");
    save(&token, "of the robot").await.unwrap();
    assert!(app.fake.drive().files_of(ADA).is_empty());

    app.fake.delegate(ROBOT, &["drive.file"]);
    let hers = drive(&robot.acting_as(ADA)).await.unwrap();
    assert_eq!(hers.user().email(), Some(ADA));
    save(&hers, "for Ada").await.unwrap();
    let names: Vec<_> = app.fake.drive().files_of(ADA).into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["for Ada"]);
}

/// J25: what is signed is meant for the token endpoint, for ten minutes, and says no more.
#[tokio::test]
async fn an_assertion_is_short_lived_and_for_the_token_endpoint_alone() {
    let app = App::start().await;
    app.fake.delegate(ROBOT, &["drive.file"]);
    let robot = account(&app);
    app.fake.delegate(ROBOT, &["drive.file"]);
    drive(&robot.acting_as(ADA)).await.unwrap();
    let sent = app.fake.requests(Endpoint::Token).pop().unwrap();
    let assertion = sent.field("assertion").unwrap().to_owned();
    let part = |place: usize| -> Value {
        let part = assertion.split('.').nth(place).unwrap();
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!((&part(0)["alg"], &part(0)["typ"]), (&json!("RS256"), &json!("JWT")));
    let now = app.clock.now().unix_seconds();
    let claims = json!({
        "iss": ROBOT, "sub": ADA, "iat": now, "exp": now + 600,
        "scope": "https://www.googleapis.com/auth/drive.file",
        "aud": format!("{}/token", app.fake.origin()),
    });
    assert_eq!(part(1), claims);
    assert!(sent.field("client_secret").is_none(), "the client has no part in it");
}

/// J25: kept until it ends, asked for once by however many.
#[tokio::test]
async fn a_token_is_kept_and_asked_for_once() {
    let app = App::start().await;
    let robot = account(&app);
    let calls = || app.fake.calls(Endpoint::Token);
    let many = |robot: ServiceAccount| async move {
        let all = (0..20).map(|_| {
            let robot = robot.clone();
            tokio::spawn(async move { drive(&robot).await.unwrap().access_token().to_owned() })
        });
        let mut tokens = Vec::new();
        for one in all.collect::<Vec<_>>() {
            tokens.push(one.await.unwrap());
        }
        tokens.dedup();
        assert_eq!(tokens.len(), 1);
        tokens.remove(0)
    };
    let first = many(robot.clone()).await;
    assert_eq!((many(robot.clone()).await, calls()), (first.clone(), 1));
    // Another scope, another person: another token.
    robot.token::<Week>().await.unwrap();
    app.fake.delegate(ROBOT, &["drive.file"]);
    for _ in 0..2 {
        drive(&robot.acting_as(ADA)).await.unwrap();
    }
    assert_eq!(calls(), 3);
    app.clock.advance(Duration::from_secs(3600));
    assert_ne!(many(robot.clone()).await, first);
    assert_eq!(calls(), 4);
}

/// A token that ended before its time is replaced by whoever meets the 401, and for all.
#[tokio::test]
async fn a_revoked_token_is_replaced() {
    let app = App::start().await;
    let robot = account(&app);
    let token = drive(&robot).await.unwrap();
    app.clock.advance(Duration::from_secs(60));
    app.fake.expire_access_tokens();
    let client = token.client();
    let files = client.get::<Value>(&client.url("drive", "/drive/v3/files")).await;
    assert!(files.is_ok(), "{files:?}");
    assert_eq!(app.fake.calls(Endpoint::Token), 2);
    assert_ne!(drive(&robot).await.unwrap().access_token(), token.access_token());
    let fresh = token.fresh().await.unwrap();
    assert_eq!(fresh.access_token(), drive(&robot).await.unwrap().access_token());
    assert_eq!(app.fake.calls(Endpoint::Token), 2);
}

/// An API that takes no token of it is not asked with one new token after the other.
#[tokio::test]
async fn a_401_that_no_token_mends_costs_one_token() {
    let app = App::start().await;
    let robot = account(&app);
    let token = drive(&robot).await.unwrap();
    app.clock.advance(Duration::from_secs(60));
    let client = token.client();
    let files = client.url("drive", "/drive/v3/files");
    (0..2).for_each(|_| app.fake.fault(Endpoint::Drive, Fault::Status(401)));
    assert_eq!(client.get::<Value>(&files).await.unwrap_err().code(), "api");
    for _ in 0..5 {
        app.fake.fault(Endpoint::Drive, Fault::Status(401));
        let client = drive(&robot).await.unwrap().client();
        let refused = client.get::<Value>(&files).await.unwrap_err();
        assert_eq!((refused.code(), refused.help().is_some()), ("api", true), "{refused:?}");
    }
    assert_eq!((app.fake.calls(Endpoint::Token), app.fake.calls(Endpoint::Drive)), (2, 7));
}

/// J25: each refusal is named, with what the operator does about it.
#[tokio::test]
async fn each_refusal_of_a_key_says_what_to_do() {
    let app = App::start().await;
    let key = app.fake.service_account(ROBOT).unwrap();
    let replaced = key.clone();
    let key = app.fake.service_account(ROBOT).unwrap();
    let stranger = key.replace(ROBOT, "nobody@app.example");
    let robot = with_key(&app, &key);
    let cases = [
        (with_key(&app, &replaced), "its key is not", "make a new key"),
        (with_key(&app, &stranger), "deleted or disabled", "restored"),
        (robot.acting_as(ADA), "may not act for people", "Domain-wide delegation"),
    ];
    for (robot, text, help) in cases {
        refused(&drive(&robot).await.unwrap_err(), text, help);
    }
    app.fake.delegate(ROBOT, &["drive.file"]);
    let unknown = drive(&robot.acting_as("nobody@example.com")).await.unwrap_err();
    refused(&unknown, "the person it is to act for", "`acting_as`");

    let ahead = ManualClock::at(app.clock.now() + Duration::from_secs(7200));
    let app = App::with(|fake| fake, |builder| builder.with_clock(ahead)).await;
    refused(&drive(&account(&app)).await.unwrap_err(), "clock", "set the clock");
}

fn refused(error: &Error, text: &str, help: &str) {
    assert_eq!(error.code(), "service_account", "{error:?}");
    assert!(error.to_string().contains(text), "{error:?}");
    assert!(error.help().unwrap().contains(help), "{error:?}");
    let shown = format!("{error:?}");
    assert!(!error.is_consent_required() && !shown.contains("PRIVATE"), "{shown}");
}

/// What an API refuses is the operator's to mend: no redirect, no consent, whoever asks.
#[tokio::test]
async fn a_refusal_of_an_api_is_never_a_redirect() {
    let app = App::start().await;
    let robot = account(&app);
    let week = robot.token::<Week>().await.unwrap();
    let client = week.client();
    let files = client.url("drive", "/drive/v3/files");
    let lacking = client.get::<Value>(&files).await.unwrap_err();
    refused(&lacking, "the service account robot@app.example is refused", "declare the scope");
    assert_eq!(lacking.api_status().map(|status| status.as_u16()), Some(403));
    let response = lacking.into_response();
    assert_eq!(response.status(), 503);
    assert!(!response.headers().contains_key("location"));

    let token = drive(&robot).await.unwrap();
    let client = token.client();
    app.fake.fault(Endpoint::Drive, Fault::FilePermissions);
    let unshared = client.get::<Value>(&files).await.unwrap_err();
    refused(&unshared, "is refused", "share it with robot@app.example");
}

/// Whoever waited for an answer that took longer than the pause is told of it, and asks no more.
#[tokio::test]
async fn those_who_waited_for_a_failure_share_it() {
    let app = App::start().await;
    let key = app.fake.service_account(ROBOT).unwrap();
    let stranger = with_key(&app, &key.replace(ROBOT, "nobody@app.example"));
    let gate = Gate::new();
    app.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let asked = async {
        while app.fake.calls(Endpoint::Token) == 0 {
            tokio::task::yield_now().await;
        }
        app.clock.advance(Duration::from_secs(60));
        gate.open();
    };
    let (first, second, ()) = tokio::join!(drive(&stranger), drive(&stranger), asked);
    assert!(first.is_err() && second.is_err());
    assert_eq!(app.fake.calls(Endpoint::Token), 1);
    app.fake.fault(Endpoint::Token, Fault::RetryAfter(0));
    app.clock.advance(Duration::from_secs(60));
    assert!(drive(&stranger).await.is_err() && drive(&stranger).await.is_err());
    assert_eq!(app.fake.calls(Endpoint::Token), 2, "a pause of no time is none");
}

/// A failure is shared, is not repeated for a while, and takes no token away that still lives.
#[tokio::test]
async fn a_provider_that_fails_is_left_alone_for_a_while() {
    let app = App::start().await;
    let robot = account(&app);
    let calls = || app.fake.calls(Endpoint::Token);
    app.fake.fault(Endpoint::Token, Fault::Status(503));
    for _ in 0..5 {
        assert!(drive(&robot).await.unwrap_err().is_transient());
    }
    assert_eq!(calls(), 1);
    app.clock.advance(Duration::from_secs(5));
    let first = drive(&robot).await.unwrap();
    assert_eq!(calls(), 2);

    // With less than five minutes to live it is renewed ahead of time, if that can be.
    app.clock.advance(Duration::from_secs(3400));
    app.fake.fault(Endpoint::Token, Fault::Status(503));
    for _ in 0..5 {
        assert_eq!(drive(&robot).await.unwrap().access_token(), first.access_token());
    }
    assert_eq!(calls(), 3);
    app.clock.advance(Duration::from_secs(5));
    assert_ne!(drive(&robot).await.unwrap().access_token(), first.access_token());
    assert_eq!(calls(), 4);
}
