//! Several nodes, one store: who signs in on one is known on all, and each thing happens once.

use std::time::Duration;

use http::Method;
use oauth_runtime::fake::{Endpoint, Fault, Gate};
use oauth_runtime::{Key, Keys, MemoryStore, SqliteStore};

use crate::support::{Browser, Fleet, Folder};

const ADA: &str = "ada@example.com";
const EVENTS: &[&str] = &["calendar.events.readonly"];

async fn three_nodes() -> Fleet<MemoryStore> {
    Fleet::start(3, MemoryStore::new()).await
}

async fn signed_in(fleet: &Fleet<MemoryStore>) -> Browser {
    let mut browser = Browser::new();
    let page = browser.authorize(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser
}

fn calls(fleet: &Fleet<MemoryStore>, grant_type: &str) -> usize {
    let requests = fleet.fake.requests(Endpoint::Token);
    requests.iter().filter(|it| it.field("grant_type") == Some(grant_type)).count()
}

/// J24: begun on one node, ended on another, used and renewed on the third.
#[tokio::test]
async fn each_step_may_meet_another_node() {
    let (fleet, mut browser) = (three_nodes().await, Browser::new());
    let callback = browser.return_address(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    let back = browser.go(fleet.moved(1, &callback)).await;
    assert_eq!(back.status, 303, "{}", back.body);
    let page = browser.go(fleet.url(2, "/notes")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    fleet.clock.advance(Duration::from_secs(3600));
    for node in 0..3 {
        assert_eq!(browser.go(fleet.url(node, "/notes")).await.status, 200);
    }
    assert_eq!((calls(&fleet, "authorization_code"), calls(&fleet, "refresh_token")), (1, 1));
}

/// A scope that was granted on one node is there on the next, however lately that one looked.
#[tokio::test]
async fn a_scope_granted_elsewhere_is_not_asked_for_again() {
    let fleet = three_nodes().await;
    let mut browser = signed_in(&fleet).await;
    for node in 0..3 {
        assert_eq!(browser.go(fleet.url(node, "/notes")).await.status, 200, "it is remembered");
    }
    let mut other = browser.tab();
    let callback = browser.return_address(fleet.url(0, "/week"), ADA, EVENTS).await;
    assert_eq!(browser.go(fleet.moved(1, &callback)).await.status, 303);
    for node in 0..3 {
        assert_eq!(browser.go(fleet.url(node, "/week")).await.status, 200);
        assert_eq!(other.go(fleet.url(node, "/week")).await.status, 200, "with the id before");
    }
}

/// How old a token is, all nodes know: an API that refuses each of them costs one refresh a
/// minute, however many nodes there are.
#[tokio::test]
async fn a_401_that_no_token_mends_costs_one_refresh_on_all_nodes() {
    let fleet = three_nodes().await;
    let mut browser = signed_in(&fleet).await;
    fleet.clock.advance(Duration::from_secs(60));
    (0..7).for_each(|_| fleet.fake.fault(Endpoint::Drive, Fault::Status(401)));
    for node in [0, 1, 2, 0, 1, 2] {
        assert_eq!(browser.go(fleet.url(node, "/upload")).await.status, 502);
    }
    assert_eq!((calls(&fleet, "refresh_token"), fleet.fake.calls(Endpoint::Drive)), (1, 7));
}

/// A6 and invariant 3 on many nodes: a state is used once, and a double click arrives.
#[tokio::test]
async fn a_callback_that_comes_to_two_nodes_is_exchanged_once() {
    let (fleet, mut browser) = (three_nodes().await, Browser::new());
    let callback = browser.return_address(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    let gate = Gate::new();
    fleet.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let (mut first, mut second) = (browser.tab(), browser.tab());
    let (one, two) = (fleet.moved(0, &callback), fleet.moved(1, &callback));
    let first = tokio::spawn(async move { (first.go(&one).await, first) });
    gate.waiting(1).await;
    let (reads, writes) = fleet.store.counts();
    let second = tokio::spawn(async move { second.go(&two).await });
    // It tried to claim the state, and has seen that another node has it.
    while fleet.store.counts().0 == reads || fleet.store.counts().1 == writes {
        tokio::task::yield_now().await;
    }
    gate.open();
    let (page, mut first) = first.await.unwrap();
    assert_eq!(page.status, 303);
    while !second.is_finished() {
        fleet.clock.advance(Duration::from_millis(200));
        tokio::task::yield_now().await;
    }
    let second = second.await.unwrap();
    assert_eq!((second.status, second.location().path()), (303, "/notes"));
    assert_eq!(calls(&fleet, "authorization_code"), 1);
    assert_eq!(first.go(fleet.url(2, "/notes")).await.status, 200);
    let mut late = browser.tab();
    assert_eq!(late.go(fleet.moved(2, &callback)).await.status, 400, "A5: a replay is refused");
}

/// I11 on many nodes: what one of them learned, all of them know.
#[tokio::test]
async fn a_refresh_that_failed_on_one_node_is_not_tried_by_the_others() {
    let fleet = three_nodes().await;
    let mut browser = signed_in(&fleet).await;
    fleet.clock.advance(Duration::from_secs(3600));
    (0..9).for_each(|_| fleet.fake.fault(Endpoint::Token, Fault::RetryAfter(7)));
    for node in [0, 1, 2, 0] {
        let page = browser.go(fleet.url(node, "/notes")).await;
        assert_eq!((page.status, page.header("retry-after")), (503, "7"), "node {node}");
    }
    assert_eq!(calls(&fleet, "refresh_token"), 1);
    fleet.fake.clear_faults();
    fleet.clock.advance(Duration::from_secs(7));
    for node in 0..3 {
        assert_eq!(browser.go(fleet.url(node, "/notes")).await.status, 200, "node {node}");
    }
    assert_eq!(calls(&fleet, "refresh_token"), 2);
}

/// Nothing is believed that was not just asked for: one round trip a request, and what happens on
/// one node is seen on all of them at once.
#[tokio::test]
async fn a_node_may_be_told_to_believe_nothing() {
    let mut fleet = Fleet::start(0, MemoryStore::new()).await;
    for _ in 0..2 {
        let keys = Keys::new(fleet.key.clone());
        fleet.add_with(|builder| builder.with_keys(keys).with_max_staleness(Duration::ZERO)).await;
    }
    let mut browser = signed_in(&fleet).await;
    for path in ["/notes", "/guarded", "/me", "/hello", "/maybe"] {
        let (reads, writes) = fleet.store.counts();
        assert_eq!(browser.go(fleet.url(1, path)).await.status, 200, "{path}");
        assert_eq!(fleet.store.counts(), (reads + 1, writes), "{path}");
    }
    let mut stolen = browser.tab();
    browser.post(fleet.url(0, "/oauth/sign-out"), &[], "same-origin", &[]).await;
    assert_eq!(stolen.go(fleet.url(1, "/notes")).await.status, 303, "seen at once");
    let builder = fleet.fake.builder_for("http://localhost:1/oauth/callback").unwrap();
    let builder = builder.with_store(MemoryStore::new()).with_keys(Keys::new(fleet.key.clone()));
    let error = builder.with_max_staleness(Duration::from_secs(61)).build().unwrap_err();
    assert!(error.help().unwrap().contains("with_max_staleness"), "{error:?}");
}

/// E10 on many nodes: at once where it happened, and a second later everywhere.
#[tokio::test]
async fn a_sign_out_reaches_every_node() {
    let fleet = three_nodes().await;
    let mut browser = signed_in(&fleet).await;
    let mut stolen = browser.tab();
    for node in 0..3 {
        assert_eq!(stolen.go(fleet.url(node, "/hello")).await.body, ADA);
    }
    let out = browser.post(fleet.url(0, "/oauth/sign-out"), &[], "same-origin", &[]).await;
    assert_eq!(out.status, 200);
    assert_eq!(stolen.go(fleet.url(0, "/hello")).await.body, "nobody");
    fleet.clock.advance(Duration::from_secs(1));
    for node in 1..3 {
        assert_eq!(stolen.go(fleet.url(node, "/hello")).await.body, "nobody", "node {node}");
    }
}

/// I2: however many nodes ask, one calls the provider, and a rotated token is never used twice.
#[tokio::test]
async fn nodes_share_one_refresh() {
    let fleet = three_nodes().await;
    let browser = signed_in(&fleet).await;
    fleet.clock.advance(Duration::from_secs(3600));
    let gate = Gate::new();
    fleet.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
    let requests: Vec<_> = (0..60)
        .map(|number| {
            let (mut tab, url) = (browser.tab(), fleet.url(number % 3, "/notes"));
            tokio::spawn(async move { tab.go(url).await })
        })
        .collect();
    gate.waiting(1).await;
    gate.open();
    let mut bodies = std::collections::BTreeSet::new();
    for request in requests {
        while !request.is_finished() {
            fleet.clock.advance(Duration::from_millis(100));
            tokio::task::yield_now().await;
        }
        let page = request.await.unwrap();
        assert_eq!(page.status, 200, "{}", page.body);
        bodies.insert(page.body);
    }
    assert_eq!(bodies.len(), 1, "all of them got the one new token");
    assert_eq!(calls(&fleet, "refresh_token"), 1);
}

/// The hot path asks no store; once a second it asks, once.
#[tokio::test]
async fn what_is_known_is_not_asked_for() {
    let fleet = three_nodes().await;
    let mut browser = signed_in(&fleet).await;
    assert_eq!(browser.go(fleet.url(0, "/notes")).await.status, 200);
    let (reads, writes) = fleet.store.counts();
    for _ in 0..5 {
        assert_eq!(browser.go(fleet.url(0, "/notes")).await.status, 200);
    }
    assert_eq!(fleet.store.counts(), (reads, writes));
    fleet.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.go(fleet.url(0, "/notes")).await.status, 200);
    assert_eq!(fleet.store.counts(), (reads + 1, writes), "session and account in one trip");
}

/// Who was signed in before a restart still is, with a token that works.
#[tokio::test]
async fn a_restart_signs_nobody_out() {
    let folder = Folder::new();
    let open = || SqliteStore::open(folder.path("tokens.db"));
    let mut fleet = Fleet::start(1, open().await.unwrap()).await;
    let mut browser = Browser::new();
    let before = browser.authorize(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    fleet.oauth(0).shutdown().await;
    fleet.add().await;
    let after = browser.go(fleet.url(1, "/notes")).await;
    assert_eq!((after.status, &after.body), (200, &before.body));
    let consents = browser.go(fleet.url(1, "/consents")).await.body;
    assert!(consents.contains("drive.file") && consents.contains("Granted"), "{consents}");
    fleet.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(fleet.url(1, "/notes")).await.status, 200, "and it can be renewed");
}

/// E16, J7: a new key is put in front, everything is sealed anew, the old key goes.
#[tokio::test]
async fn keys_are_rotated_while_people_are_signed_in() {
    let mut fleet = Fleet::start(1, MemoryStore::new()).await;
    let mut browser = signed_in(&fleet).await;
    let pending = browser.return_address(fleet.url(0, "/week"), ADA, EVENTS).await;
    let (old, new) = (fleet.key.clone(), Key::generate().unwrap());
    let both = Keys::new(new.clone()).with_old(old);
    fleet.add_with(|builder| builder.with_keys(both)).await;
    assert_eq!(browser.go(fleet.url(1, "/notes")).await.status, 200);
    let back = browser.go(fleet.moved(1, &pending)).await;
    assert_eq!(back.status, 303, "a flow that began before: {}", back.body);
    assert!(fleet.oauth(1).reseal().await.unwrap() > 0);
    assert_eq!(fleet.oauth(1).reseal().await.unwrap(), 0, "there is nothing left to do");
    fleet.add_with(|builder| builder.with_keys(Keys::new(new))).await;
    assert_eq!(browser.go(fleet.url(2, "/notes")).await.status, 200);
    assert_eq!(browser.go(fleet.url(2, "/week")).await.status, 200);
}

/// A store that was sealed with other keys is not overwritten, and says what to do.
#[tokio::test]
async fn a_store_of_other_keys_is_left_alone() {
    let mut fleet = Fleet::start(1, MemoryStore::new()).await;
    let mut browser = signed_in(&fleet).await;
    let foreign = Keys::new(Key::generate().unwrap());
    fleet.add_with(|builder| builder.with_keys(foreign)).await;
    let page = browser.tab().go(fleet.url(1, "/notes")).await;
    assert_eq!(page.status, 303, "to the node with other keys he is a stranger");
    let mut stranger = Browser::new();
    let callback = stranger.return_address(fleet.url(1, "/notes"), ADA, &["drive.file"]).await;
    let end = stranger.go(fleet.moved(1, &callback)).await;
    assert_eq!(end.status, 500, "{}", end.body);
    assert!(!end.body.contains("keys"), "what is wrong is the operator's to read: {}", end.body);
    fleet.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.go(fleet.url(0, "/notes")).await.status, 200, "nothing was lost");
}

/// A hold link is used up for the whole fleet; the browser whose form it kept may load its page
/// again from any node.
#[tokio::test]
async fn a_link_keeps_a_form_once_on_all_nodes() {
    let fleet = three_nodes().await;
    let mut browser = Browser::new();
    let same = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];
    let body = Some("title=x".to_owned());
    let page = browser.send(Method::POST, &fleet.url(0, "/echo"), &same, body).await;
    assert_eq!(page.status, 307, "{}", page.body);
    let link = page.location();
    assert_eq!(browser.post(&link, &[("title", "x")], "same-origin", &[]).await.status, 200);
    for node in 0..3 {
        let link = fleet.moved(node, &link);
        let other = Browser::new().post(&link, &[("title", "y")], "same-origin", &[]).await;
        assert_eq!(other.status, 400, "node {node}: {}", other.body);
        let own = browser.post(&link, &[("title", "x")], "same-origin", &[]).await;
        assert_eq!(own.status, 200, "node {node}: {}", own.body);
    }
}
