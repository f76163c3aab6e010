//! Nodes as processes of their own, over `PostgreSQL` and over Redis: what one begins another
//! ends, and any of them may be killed at any moment.

mod crashes;
mod mortal;
mod process;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use oauth_examples::three_nodes::Proxy;
use oauth_runtime::fake::{Endpoint, FakeAccount, FakeGoogle, Fault, Gate};

use super::a_database;
use crate::support::{Browser, Folder, Page};
use process::Process;

const DRIVE: &[&str] = &["drive.file"];
const ADA: &str = "ada@example.com";

/// Several processes behind a proxy, which end when it is dropped.
struct Cluster {
    fake: FakeGoogle,
    proxy: Proxy,
    database: (String, String),
    folder: Folder,
    nodes: Vec<Process>,
}

impl Cluster {
    async fn start(product: &str, nodes: usize) -> Self {
        let database = a_database(product).await;
        let fake = FakeGoogle::start().await.unwrap();
        let proxy = Proxy::start(0, nodes).await.unwrap();
        let folder = Folder::new();
        process::write_files(&folder, &fake, proxy.origin());
        let mut cluster = Self { fake, proxy, database, folder, nodes: Vec::new() };
        for node in 0..nodes {
            let process = cluster.process();
            cluster.proxy.nodes().set(node, Some(process.port));
            cluster.nodes.push(process);
        }
        cluster
    }

    fn process(&self) -> Process {
        Process::start(&self.folder, &self.database, self.fake.origin(), self.proxy.origin())
    }

    /// An address of the app, at whichever node the proxy chooses.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.proxy.origin())
    }

    /// The same address at one of the nodes.
    fn at(&self, node: usize, url: &str) -> String {
        url.replace(self.proxy.origin(), &format!("http://localhost:{}", self.nodes[node].port))
    }

    /// `kill -9`, if it lives still; another takes its place.
    fn kill_and_replace(&mut self, node: usize) {
        self.nodes[node].kill();
        self.proxy.nodes().set(node, None);
        let process = self.process();
        self.proxy.nodes().set(node, Some(process.port));
        self.nodes[node] = process;
    }

    fn refreshes(&self) -> usize {
        let requests = self.fake.requests(Endpoint::Token);
        requests.iter().filter(|it| it.field("grant_type") == Some("refresh_token")).count()
    }

    /// Every code was sent once at most, whoever died.
    fn no_code_was_sent_twice(&self) {
        let requests = self.fake.requests(Endpoint::Token);
        let mut codes: Vec<_> = requests.iter().filter_map(|it| it.field("code")).collect();
        codes.sort_unstable();
        let sent = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), sent, "invariant 3");
    }
}

/// J24, I2: begun on one process, ended on another, used and renewed on the third; and however
/// many ask however many of them, one refresh.
async fn three_processes_are_one_app(product: &str) {
    let cluster = Cluster::start(product, 3).await;
    // What ends as it comes has to be renewed at the next request.
    cluster.fake.set_access_token_lifetime(Duration::ZERO);
    let mut browser = Browser::new();
    let begin = cluster.at(0, &cluster.url("/notes"));
    let callback = browser.return_address(begin, ADA, DRIVE).await;
    let page = browser.go(cluster.at(1, callback.as_str())).await;
    assert_eq!((page.status, page.location().path()), (303, "/notes"), "{}", page.body);
    cluster.fake.set_access_token_lifetime(Duration::from_secs(3600));
    let gate = Gate::new();
    cluster.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let requests: Vec<_> = (0..60)
        .map(|number| {
            let mut tab = browser.tab();
            let url = cluster.at((number + 2) % 3, &cluster.url("/guarded"));
            tokio::spawn(async move { tab.go(url).await.status })
        })
        .collect();
    gate.waiting(1).await;
    gate.open();
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
    assert_eq!(cluster.refreshes(), 1);
    let out = browser.post(cluster.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    assert_eq!(out.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_are_one_app_over_postgres() {
    three_processes_are_one_app("postgres").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_are_one_app_over_redis() {
    three_processes_are_one_app("redis").await;
}

/// A person who tries again when he is told that a node died.
async fn insists(browser: &mut Browser, url: &str) -> Page {
    for _ in 0..20 {
        let page = browser.go(url).await;
        if ![502, 503].contains(&page.status) {
            return page;
        }
    }
    panic!("nobody answers at {url}");
}

/// Goes there and through all that is asked, insisting.
async fn arrives(browser: &mut Browser, url: String, email: &str) -> Page {
    let mut page = insists(browser, &url).await;
    for _ in 0..20 {
        page = if page.asks(email) {
            browser.answer(page, email, DRIVE).await
        } else if page.headers.contains_key("location") {
            insists(browser, page.location().as_str()).await
        } else if let Some(way) =
            ["Grant access", "Continue"].iter().find(|it| page.body.contains(**it))
        {
            insists(browser, page.link(way).as_str()).await
        } else if page.status == 400 {
            // The node died with it in hand: it counts as used, and he begins anew.
            insists(browser, &url).await
        } else {
            return page;
        };
    }
    panic!("a redirect loop: {url}");
}

/// Kill -9 any of them at any moment: the person arrives, stays signed in, and nothing is sent
/// twice.
async fn any_node_may_die(product: &str) {
    let mut cluster = Cluster::start(product, 3).await;
    let mut people = Vec::new();
    let stop = Arc::new(AtomicBool::new(false));
    for number in 0..4 {
        let email = format!("{number}@example.com");
        cluster.fake.add_account(FakeAccount::new(&email, "Somebody"));
        let (stop, notes) = (stop.clone(), cluster.url("/notes"));
        let (hello, out) = (cluster.url("/hello"), cluster.url("/oauth/sign-out"));
        people.push(tokio::spawn(async move {
            let (mut browser, mut rounds) = (Browser::new(), 0);
            while !stop.load(Ordering::SeqCst) || rounds < 2 {
                let page = arrives(&mut browser, notes.clone(), &email).await;
                assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
                for _ in 0..5 {
                    let page = insists(&mut browser, &hello).await;
                    assert_eq!(page.body, email, "still signed in");
                }
                while browser.post(&out, &[], "same-origin", &[]).await.status != 200 {}
                rounds += 1;
            }
            rounds
        }));
    }
    for death in 0..9 {
        cluster.kill_and_replace(death % 3);
    }
    stop.store(true, Ordering::SeqCst);
    for person in people {
        assert!(person.await.unwrap() >= 2);
    }
    cluster.no_code_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_may_die_over_postgres() {
    any_node_may_die("postgres").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_may_die_over_redis() {
    any_node_may_die("redis").await;
}
