//! Everything that the library, the HTTP client and the server log, at the level of `trace`, and
//! the files of a store.

use std::time::Duration;

use oauth_runtime::fake::{Endpoint, Fault, Quirk};
use oauth_runtime::{Key, Keys, SqliteStore};

use crate::support::{App, Browser, Folder, Log};

const ADA: &str = "ada@example.com";

/// What must be in no log: all that the browser and the token endpoint were given.
fn secrets(app: &App, browser: &Browser) -> Vec<String> {
    const NAMES: [&str; 5] = ["code", "code_verifier", "client_secret", "refresh_token", "token"];
    let mut secrets: Vec<_> = browser.cookies.values().cloned().collect();
    for endpoint in [Endpoint::Token, Endpoint::Revocation] {
        for request in app.fake.requests(endpoint) {
            let named = request.fields().iter().filter(|field| NAMES.contains(&field.0.as_str()));
            secrets.extend(named.map(|field| field.1.clone()));
        }
    }
    for hop in &browser.hops {
        let named = hop
            .query_pairs()
            .filter(|pair| ["code", "state", "nonce", "intent", "form"].contains(&pair.0.as_ref()));
        secrets.extend(named.map(|pair| pair.1.into_owned()));
    }
    secrets.retain(|secret| secret.len() > 8);
    secrets
}

/// J11: sign-in, more scopes, a form, refreshes that work and that fail, an API that refuses,
/// answers that are garbage, disconnecting and signing out: none of it leaves a secret in a log, or
/// a readable one in the files of the store.
#[tokio::test]
async fn no_secret_is_in_any_log() {
    let (log, _kept) = Log::keep(tracing::Level::TRACE);
    let folder = Folder::new();
    let store = SqliteStore::open(folder.path("tokens.db")).await.unwrap();
    let keys = Keys::new(Key::generate().unwrap());
    let app = App::with(|fake| fake, |builder| builder.with_store(store).with_keys(keys)).await;
    app.fake.set(Quirk::RotateRefreshTokens);
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let access_token = page.body.rsplit(' ').next().unwrap().to_owned();
    assert!(access_token.starts_with("ya29."), "{}", page.body);
    let mut replaced: Vec<_> = browser.cookies.values().cloned().collect();
    browser.authorize(app.url("/week"), ADA, &["calendar.events.readonly"]).await;
    replaced.extend(browser.cookies.values().cloned());
    app.clock.advance(Duration::from_secs(3_600));
    let page = browser.go(app.url("/notes")).await;
    assert_eq!(page.status, 200, "refreshed: {}", page.body);
    replaced.push(page.body.rsplit(' ').next().unwrap().to_owned());
    for fault in [Fault::MissingScope, Fault::Status(401), Fault::Malformed] {
        app.fake.fault(Endpoint::Calendar, fault);
        browser.go(app.url("/week")).await;
    }
    app.clock.advance(Duration::from_secs(3_600));
    for fault in [Fault::Status(500), Fault::Malformed, Fault::RetryAfter(3)] {
        app.fake.fault(Endpoint::Token, fault);
        browser.go(app.url("/notes")).await;
        app.clock.advance(Duration::from_secs(120));
    }
    browser.fetch(app.url("/week"), &[]).await;
    for junk in ["code=x&state=y", "error=access_denied&state=fake-state-of-nobody", "state=%00"] {
        browser.go(app.callback(junk)).await;
    }
    let kept = files(&folder);
    assert!(kept.len() > 10_000, "{} bytes in the store's files", kept.len());
    let page = browser.go(app.url("/oauth/disconnect")).await;
    assert_eq!(browser.send_form(&page).await.status, 200);
    let out = [("origin", app.origin.as_str())];
    let page = browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &out).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let text = log.text();
    for word in ["TRACE", "hyper", "oauth_runtime", "access token refreshed"] {
        assert!(text.contains(word), "the log does not even hold {word:?}");
    }
    let mut secrets = secrets(&app, &browser);
    secrets.extend(replaced.into_iter().chain([access_token]).filter(|text| text.len() > 8));
    assert!(secrets.len() > 15, "{}", secrets.len());
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} is in the log: {}", around(&text, &secret));
        let found = kept.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{secret} is in the store");
    }
}

/// All bytes that lie in the folder.
fn files(folder: &Folder) -> Vec<u8> {
    let entries = std::fs::read_dir(folder.path("")).unwrap();
    entries.flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn around<'a>(text: &'a str, secret: &str) -> &'a str {
    let lines = text.lines();
    lines.into_iter().find(|line| line.contains(secret)).unwrap_or_default()
}
