//! The refused path: somebody is sent to the provider.

use oauth_runtime::{Key, Keys, MemoryStore};
use tower::ServiceExt as _;

use crate::app::{App, headers, request};
use crate::report::Report;
use crate::requests::instructions;
use crate::trips::Counting;

pub fn measure(report: &mut Report) {
    report.table(
        "A request that lacks a scope",
        "A page whose scope is missing is answered with 303 to the provider and a sealed cookie. \
         Instructions as above.",
    );
    let hit = instructions("/hit", "ada", 0);
    for (who, name) in [("ada", "somebody who is signed in"), ("nobody", "nobody")] {
        let ratio = instructions("/refused", who, 0) / hit;
        report.at_most(&format!("instructions for {name}, of those of a hit"), ratio, 40.0, "×");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    report.exactly("writes to the store before sign-in", runtime.block_on(writes()), 0);
}

async fn writes() -> u64 {
    let counting = Counting::new(MemoryStore::new());
    let store = counting.clone();
    let keys = Keys::new(Key::generate().unwrap());
    let app = App::new(|builder| builder.with_store(store).with_keys(keys)).await;
    let before = counting.writes();
    for _ in 0..100 {
        let request = request("/refused", &headers(None));
        assert_eq!(app.router().oneshot(request).await.unwrap().status(), 303);
    }
    counting.writes() - before
}
