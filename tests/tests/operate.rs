//! What an operator learns: spans, metrics, and the app's own record.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use oauth_runtime::fake::{Endpoint, Fault};
use oauth_runtime::{AuditEvent, OAuthBuilder, scope};

use crate::support::{App, Browser, Log};

const ADA: &str = "ada@example.com";

/// A person who grants, comes late, leaves something out, says no, disconnects and leaves.
async fn a_day(app: &App) {
    let mut browser = Browser::new();
    let page = browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(app.url("/upload")).await.status, 200);
    assert_eq!(browser.authorize(app.url("/week"), ADA, &[]).await.status, 403);
    assert_eq!(browser.go(app.callback("code=x&state=y")).await.status, 400);
    app.fake.fault(Endpoint::Drive, Fault::ServiceDisabled);
    assert_eq!(browser.go(app.url("/upload")).await.status, 503);
    let page = browser.go(app.url("/oauth/disconnect")).await;
    assert_eq!(browser.send_form(&page).await.status, 200);
    let out = [("origin", app.origin.as_str())];
    browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &out).await;
}

#[tokio::test]
async fn every_step_has_a_span_with_its_outcome() {
    let (log, _kept) = Log::keep(tracing::Level::INFO);
    a_day(&App::start().await).await;
    let text = log.text();
    for span in [
        "authorize{provider=\"google\" outcome=\"sent\"}: oauth_runtime",
        "callback{provider=\"google\" outcome=\"granted\"}: oauth_runtime",
        "callback{provider=\"google\" outcome=\"declined\"}: oauth_runtime",
        "callback{provider=\"google\" outcome=\"callback_invalid\"}: oauth_runtime",
        "refresh{provider=\"google\" outcome=\"refreshed\"}: oauth_runtime",
        "revoke{provider=\"google\" outcome=\"revoked\"}: oauth_runtime",
        "api{provider=\"google\" outcome=\"answered\"}: oauth_runtime",
        "api{provider=\"google\" outcome=\"api_disabled\"}: oauth_runtime",
    ] {
        assert!(text.contains(span), "{span}\n{text}");
    }
    // What an operator has to mend is said with where.
    assert!(text.contains("enable it at https://console.developers.google.com/"), "{text}");
}

/// Counts calls by name and labels.
#[derive(Clone, Default)]
struct Counted(Arc<Mutex<BTreeMap<String, u64>>>);

struct Counting {
    name: String,
    counted: Counted,
}

impl Counted {
    fn counting(&self, key: &Key) -> Arc<Counting> {
        let mut labels: Vec<_> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        labels.sort();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Arc::new(Counting { name, counted: self.clone() })
    }
}

impl CounterFn for Counting {
    fn increment(&self, value: u64) {
        *self.counted.0.lock().unwrap().entry(self.name.clone()).or_default() += value;
    }

    fn absolute(&self, _: u64) {
        panic!("nothing is set");
    }
}

impl HistogramFn for Counting {
    fn record(&self, seconds: f64) {
        assert!((0.0..10_000.0).contains(&seconds), "{} took {seconds}", self.name);
        self.increment(1);
    }
}

impl Recorder for Counted {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.counting(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        panic!("there are no gauges")
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.counting(key))
    }
}

#[tokio::test]
async fn every_step_is_counted_and_timed() {
    let counted = Counted::default();
    let _kept = metrics::set_default_local_recorder(&counted);
    a_day(&App::start().await).await;
    let counts = counted.0.lock().unwrap().clone();
    for (action, outcome, count) in [
        ("authorize", "sent", 2),
        ("callback", "granted", 1),
        ("callback", "declined", 1),
        ("callback", "callback_invalid", 1),
        ("refresh", "refreshed", 1),
        ("revoke", "revoked", 1),
        ("api", "answered", 1),
        ("api", "api_disabled", 1),
    ] {
        for metric in ["total", "duration_seconds"] {
            let name = format!("oauth_{action}_{metric}{{outcome={outcome},provider=google}}");
            assert_eq!(counts.get(&name), Some(&count), "{name} in {counts:#?}");
        }
    }
    assert_eq!(counts.len(), 16, "and no other: {counts:#?}");
}

/// A share that is full has a number of its own, and is not told as a failure of the provider.
#[tokio::test]
async fn a_full_share_is_counted_by_its_name() {
    let counted = Counted::default();
    let _kept = metrics::set_default_local_recorder(&counted);
    let app = App::with(|fake| fake, OAuthBuilder::with_little_room).await;
    let mut browser = Browser::new();
    for _ in 0..11 {
        browser.cookies.clear();
        let state = browser.go(app.url("/notes")).await.query("state").unwrap();
        browser.go(app.callback(&format!("code=junk&state={state}"))).await;
    }
    let counts = counted.0.lock().unwrap().clone();
    for (name, count) in [
        ("oauth_full_total{rows=used_states,share=strangers}", 3),
        ("oauth_callback_total{outcome=too_many_pending,provider=google}", 3),
    ] {
        assert_eq!(counts.get(name), Some(&count), "{name} in {counts:#?}");
    }
    assert!(!counts.keys().any(|name| name.contains("unavailable")), "{counts:#?}");
}

/// What the names of Google's scopes begin with.
const PREFIX: &str = "https://www.googleapis.com/auth/";

#[tokio::test]
async fn the_app_is_told_of_all_that_happens_to_somebodys_access() {
    let events: Arc<Mutex<Vec<AuditEvent>>> = Arc::default();
    let kept = events.clone();
    let told = move |event: &AuditEvent| kept.lock().unwrap().push(event.clone());
    let app = App::with(|fake| fake, |builder| builder.with_audit(told)).await;
    a_day(&app).await;
    let lines = || -> Vec<String> {
        let line = |event: AuditEvent| {
            let scopes: Vec<_> = event.scopes().names().collect();
            assert_eq!(event.account(), &app.fake.account_id(ADA));
            format!("{} {}", event.kind().as_str(), scopes.join(" "))
        };
        events.lock().unwrap().drain(..).map(line).collect()
    };
    let granted = format!("authorized {PREFIX}drive.file {PREFIX}userinfo.email openid");
    let declined = format!("declined {PREFIX}calendar.events.readonly");
    let end = ["disconnected ", "signed_out "];
    assert_eq!(lines(), [&granted, "refreshed ", &granted, &declined, end[0], end[1]]);

    // Once more: the provider takes it back, and all sessions end.
    let mut browser = Browser::new();
    browser.authorize(app.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(lines(), [granted]);
    app.fake.revoke_access_of(ADA);
    app.clock.advance(Duration::from_secs(3600));
    let account = app.oauth.account(&app.fake.account_id(ADA));
    assert!(account.token::<scope::DriveFile>().await.is_err());
    account.sign_out_everywhere().await.unwrap();
    assert_eq!(lines(), ["access_lost ", "signed_out_everywhere "]);
}
