//! Users who stay beside many more who pass by, over a store that remembers fewer than there are.

use std::time::Duration;

use http::header::HeaderValue;
use oauth_runtime::{Clock as _, Key, Keys, ManualClock, MemoryStore, SystemClock};
use tower::ServiceExt as _;

use crate::app::{App, headers, request};
use crate::report::{Report, grouped};
use crate::trips::Counting;

const STAY: u32 = 10_000;
const PASS: u32 = 150_000;
const SECONDS: u32 = 10;

pub fn measure(report: &mut Report) {
    report.table(
        "Users who stay, and many who pass by",
        "Counted at the store: each second fifteen thousand users sign in and are not seen again, \
         ten seconds long, and those who stay make a request before and one after. The first one \
         has to ask the store, since what it said is believed for a second; the second one has not, \
         unless the row has given way meanwhile to those who pass by.",
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = runtime.block_on(reads());
    let [stay, pass] = [STAY, PASS].map(|number| grouped(&number.to_string()));
    let of = format!("of {stay} who stay while {pass} pass by");
    report.at_most(&format!("reads for the first request in a second {of}"), first, 1.0, "");
    report.at_most(&format!("reads for the second one {of}"), second, 0.01, "");
}

/// Reads of the store for each request, of those that have to read and of those that have not.
async fn reads() -> (f64, f64) {
    let counting = Counting::new(MemoryStore::new());
    let (store, clock) = (counting.clone(), ManualClock::at(SystemClock.now()));
    let (keys, ours) = (Keys::new(Key::generate().unwrap()), clock.clone());
    let app = App::new(|builder| builder.with_store(store).with_keys(keys).with_clock(ours)).await;
    let mut cookies = Vec::new();
    for number in 0..STAY {
        cookies.push(app.oauth.sign_in_many(number, 1).await.unwrap().cookie);
    }
    let (mut first, mut second) = (0, 0);
    for round in 0..SECONDS {
        clock.advance(Duration::from_secs(1));
        first += visited(&app, &counting, &cookies).await;
        let each = PASS / SECONDS;
        app.oauth.sign_in_many(STAY + round * each, each).await.unwrap();
        second += visited(&app, &counting, &cookies).await;
    }
    let each = |reads: u64| {
        #[expect(clippy::cast_precision_loss, reason = "they are far below 2^53")]
        let reads = reads as f64;
        reads / f64::from(STAY * SECONDS)
    };
    (each(first), each(second))
}

/// The reads that one request of each of them brings about.
async fn visited(app: &App, counting: &Counting, cookies: &[HeaderValue]) -> u64 {
    let (router, before) = (app.router(), counting.reads());
    for cookie in cookies {
        let request = request("/hit", &headers(Some(cookie)));
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    counting.reads() - before
}
