//! Ten thousand requests that meet an expired token.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use http::HeaderMap;
use oauth_runtime::fake::{Endpoint, FakeAccount, FakeGoogle, Fault, Gate};
use oauth_runtime::{Key, Keys, MemoryStore, OAuth};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::app::{CALLBACK, RENEWAL, headers, request, router};
use crate::report::Report;

const REQUESTS: usize = 10_000;

pub fn measure(report: &mut Report) {
    report.table(
        "10,000 requests with an expired token",
        "All at once through axum's router in one process, while the token endpoint takes 300 ms; \
         against 10,000 requests to a handler that only waits as long. Other libraries made 64 to \
         500 calls for 500 requests.",
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for nodes in [1, 3] {
        let fleet = runtime.block_on(Fleet::start(nodes));
        let Burst { calls, served, ratio } = runtime.block_on(fleet.renew());
        let on = if nodes == 1 { "one node".to_owned() } else { format!("{nodes} nodes") };
        report.exactly(&format!("calls of the token endpoint, {on}"), calls, 1);
        report.exactly(&format!("requests served, {on}"), served, REQUESTS as u64);
        report.at_most(&format!("99th percentile of the latency, {on}"), ratio, 1.3, "×");
        let (calls, refused) = runtime.block_on(fleet.fail());
        report.exactly(&format!("calls where the refresh fails, {on}"), calls, 1);
        report.exactly(&format!("requests that are told so, {on}"), refused, REQUESTS as u64);
        report.exactly(
            &format!("requests served when the first one is dropped, {on}"),
            runtime.block_on(fleet.abandon()),
            REQUESTS as u64,
        );
    }
}

struct Fleet {
    fake: FakeGoogle,
    nodes: Vec<OAuth>,
}

struct Burst {
    calls: u64,
    served: u64,
    ratio: f64,
}

impl Fleet {
    async fn start(nodes: usize) -> Self {
        let fake = FakeGoogle::start().await.unwrap();
        let (key, store) = (Key::generate().unwrap(), MemoryStore::new());
        let node = || {
            let builder = fake.builder_for(CALLBACK).unwrap();
            let builder = match nodes {
                1 => builder,
                _ => builder.with_store(store.clone()).with_keys(Keys::new(key.clone())),
            };
            builder.build().unwrap()
        };
        let nodes: Vec<_> = (0..nodes).map(|_| node()).collect();
        Self { fake, nodes }
    }

    /// Somebody whose token has ended, and can be renewed.
    async fn somebody(&self, email: &str) -> Arc<HeaderMap> {
        self.fake.add_account(FakeAccount::new(email, "Somebody"));
        self.fake.set_access_token_lifetime(Duration::ZERO);
        let who = self.fake.sign_in(email).granting(["drive.file"]).at(&self.nodes[0]);
        let cookie = who.await.unwrap();
        self.fake.set_access_token_lifetime(Duration::from_secs(3600));
        Arc::new(headers(Some(&cookie)))
    }

    fn routers(&self) -> Vec<Router> {
        self.nodes.iter().map(router).collect()
    }

    fn calls(&self) -> usize {
        self.fake.calls(Endpoint::Token)
    }

    async fn renew(&self) -> Burst {
        let who = self.somebody("ada@example.com").await;
        let before = self.calls();
        self.fake.fault(Endpoint::Token, Fault::Delay(RENEWAL));
        let (served, renewed) = self.burst("/hit", &who, 200).await;
        let calls = (self.calls() - before) as u64;
        let (_, waited) = self.burst("/waits", &who, 200).await;
        Burst { calls, served, ratio: renewed.as_secs_f64() / waited.as_secs_f64() }
    }

    async fn fail(&self) -> (u64, u64) {
        let who = self.somebody("bob@example.com").await;
        let before = self.calls();
        self.fake.fault(Endpoint::Token, Fault::Status(500));
        let (refused, _) = self.burst("/hit", &who, 503).await;
        ((self.calls() - before) as u64, refused)
    }

    /// The request that began the refresh is dropped while it waits.
    async fn abandon(&self) -> u64 {
        let who = self.somebody("carol@example.com").await;
        let gate = Gate::new();
        self.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
        let first = self.routers().remove(0).oneshot(request("/hit", &who));
        let first = tokio::spawn(first);
        gate.waiting(1).await;
        first.abort();
        gate.open();
        self.burst("/hit", &who, 200).await.0
    }

    /// How many were answered so, and the 99th percentile of their time.
    async fn burst(
        &self,
        path: &'static str,
        who: &Arc<HeaderMap>,
        status: u16,
    ) -> (u64, Duration) {
        let mut running = JoinSet::new();
        let routers = self.routers();
        for number in 0..REQUESTS {
            let (router, headers) = (routers[number % routers.len()].clone(), who.clone());
            running.spawn(async move {
                let begun = Instant::now();
                let response = router.oneshot(request(path, &headers)).await.unwrap();
                (response.status().as_u16(), begun.elapsed())
            });
        }
        let mut answers = running.join_all().await;
        answers.sort_by_key(|(_, took)| *took);
        let so = answers.iter().filter(|(answer, _)| *answer == status).count();
        (so as u64, answers[REQUESTS * 99 / 100].1)
    }
}
