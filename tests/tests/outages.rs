//! A store that is down, slow or tampered with: nobody gets in, and nothing is lost.

use std::time::Duration;

use oauth_runtime::fake::{Endpoint, Fault, Gate, Quirk};
use oauth_runtime::{Clock as _, Expected, MemoryStore, RowKey, Store as _, StoredRow, Timestamp};

use crate::support::{Browser, Fleet, Page};

const ADA: &str = "ada@example.com";

async fn one_node() -> Fleet<MemoryStore> {
    Fleet::start(1, MemoryStore::new()).await
}

async fn signed_in(fleet: &Fleet<MemoryStore>) -> Browser {
    let mut browser = Browser::new();
    let page = browser.authorize(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    // What is remembered is not believed any longer.
    fleet.clock.advance(Duration::from_secs(1));
    browser
}

#[track_caller]
fn is_unavailable(page: &Page) {
    assert_eq!(page.status, 503, "{}", page.body);
    assert!(page.header("retry-after").parse::<u64>().is_ok(), "{page:?}");
    assert!(page.set_cookies().is_empty(), "{page:?}");
    assert!(!page.body.contains("faulty") && !page.body.contains("down"), "{}", page.body);
}

/// J1: the guard answers 503 to everybody it does not know, in his own shape; when the store is
/// back, nobody has to do anything.
#[tokio::test]
async fn a_store_that_is_down_lets_nobody_in_and_signs_nobody_out() {
    let fleet = one_node().await;
    let mut browser = signed_in(&fleet).await;
    fleet.store.fail();
    for path in ["/notes", "/me", "/hello", "/maybe", "/oauth/sign-in"] {
        is_unavailable(&browser.go(fleet.url(0, path)).await);
    }
    let fetched = browser.fetch(fleet.url(0, "/notes"), &[]).await;
    is_unavailable(&fetched);
    assert_eq!(fetched.json()["code"], "store_unavailable");
    let form = [("text", "hello")];
    let origin = fleet.url(0, "");
    let headers = [("origin", origin.as_str())];
    is_unavailable(&browser.post(fleet.url(0, "/echo"), &form, "same-origin", &headers).await);
    let stranger = Browser::new().go(fleet.url(0, "/notes")).await;
    assert_eq!(stranger.status, 303, "whoever is not signed in needs no store to begin");
    fleet.store.work();
    for path in ["/notes", "/me", "/hello"] {
        assert_eq!(browser.go(fleet.url(0, path)).await.status, 200, "{path}");
    }
}

/// What was known a moment ago is served while the store is down: at most for that moment.
#[tokio::test]
async fn a_short_outage_is_not_seen_by_who_was_here_a_moment_ago() {
    let fleet = one_node().await;
    let mut browser = signed_in(&fleet).await;
    assert_eq!(browser.go(fleet.url(0, "/notes")).await.status, 200);
    fleet.store.fail();
    assert_eq!(browser.go(fleet.url(0, "/notes")).await.status, 200);
    fleet.clock.advance(Duration::from_secs(1));
    is_unavailable(&browser.go(fleet.url(0, "/notes")).await);
}

/// J1: the code is not sent while nothing could be kept, and a reload finishes.
#[tokio::test]
async fn a_callback_waits_for_the_store_before_it_sends_the_code() {
    let (fleet, mut browser) = (one_node().await, Browser::new());
    let callback = browser.return_address(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    fleet.store.fail();
    is_unavailable(&browser.go(&callback).await);
    assert!(fleet.fake.requests(Endpoint::Token).is_empty(), "NO-EX");
    fleet.store.work();
    let page = browser.follow(&callback).await;
    assert_eq!((page.status, page.url.path()), (200, "/notes"));
}

/// The claim was written and its answer lost: the code is not sent, then or later, since nobody
/// can know. The person is told, and begins again.
#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_never_used() {
    let (fleet, mut browser) = (one_node().await, Browser::new());
    let callback = browser.return_address(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    fleet.store.lose_answers();
    is_unavailable(&browser.go(&callback).await);
    fleet.store.work();
    let mut tab = browser.tab();
    let again = tokio::spawn(async move { tab.go(&callback).await });
    while !again.is_finished() {
        fleet.clock.advance(Duration::from_millis(200));
        tokio::task::yield_now().await;
    }
    assert_eq!(again.await.unwrap().status, 400);
    assert!(fleet.fake.requests(Endpoint::Token).is_empty(), "NO-EX");
    let page = browser.authorize(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    assert_eq!(page.status, 200);
}

/// J1: this browser is signed out whatever the store says; a copy of its cookie is, later.
#[tokio::test]
async fn a_sign_out_clears_the_browser_and_says_that_it_is_not_done() {
    let fleet = one_node().await;
    let mut browser = signed_in(&fleet).await;
    let mut copy = browser.tab();
    fleet.store.fail();
    let url = fleet.url(0, "/oauth/sign-out");
    let out = browser.post(&url, &[], "same-origin", &[]).await;
    assert_eq!(out.status, 503);
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["oauth-n"]);
    fleet.store.work();
    assert_eq!(copy.go(fleet.url(0, "/hello")).await.body, ADA);
    let out = copy.tab().post(&url, &[], "same-origin", &[]).await;
    assert_eq!(out.status, 200);
    assert_eq!(copy.go(fleet.url(0, "/hello")).await.body, "nobody");
}

/// J2: a store that does not answer counts as down after two seconds.
#[tokio::test]
async fn a_store_that_hangs_is_given_two_seconds() {
    let fleet = one_node().await;
    let browser = signed_in(&fleet).await;
    fleet.store.hang();
    let (mut tab, url) = (browser.tab(), fleet.url(0, "/notes"));
    let began = fleet.clock.now();
    let request = tokio::spawn(async move { tab.go(url).await });
    while !request.is_finished() {
        fleet.clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    is_unavailable(&request.await.unwrap());
    assert!(fleet.clock.now().since(began) >= Duration::from_secs(2));
}

/// Advances the clock until a task has finished.
async fn in_time<T: Send + 'static>(
    fleet: &Fleet<MemoryStore>,
    task: impl Future<Output = T> + Send + 'static,
) -> T {
    let task = tokio::spawn(task);
    while !task.is_finished() {
        fleet.clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    task.await.unwrap()
}

fn refreshes(fleet: &Fleet<MemoryStore>) -> usize {
    let requests = fleet.fake.requests(Endpoint::Token);
    requests.iter().filter(|it| it.field("grant_type") == Some("refresh_token")).count()
}

/// I7: the provider has replaced the refresh token and the store cannot keep the new one. Who
/// waits is served; the answer is kept, and written when the store is back.
#[tokio::test]
async fn a_rotated_token_survives_a_store_that_fails_just_then() {
    for down_for_good in [false, true] {
        let fleet = one_node().await;
        fleet.fake.set(Quirk::RotateRefreshTokens);
        let mut browser = signed_in(&fleet).await;
        fleet.clock.advance(Duration::from_secs(3600));
        let gate = Gate::new();
        fleet.fake.fault(Endpoint::Token, Fault::Hold(gate.clone()));
        let (mut tab, url) = (browser.tab(), fleet.url(0, "/notes"));
        let waiting = tokio::spawn(async move { tab.go(url).await });
        gate.waiting(1).await;
        fleet.store.fail();
        gate.open();
        let store = fleet.store.clone();
        let page = in_time(&fleet, async move {
            let asked = || store.counts().0 + store.counts().1;
            let before = asked();
            while !down_for_good && asked() < before + 3 {
                tokio::task::yield_now().await;
            }
            if !down_for_good {
                store.work();
            }
            waiting.await.unwrap()
        });
        let page = page.await;
        assert_eq!(page.status, 200, "{}", page.body);
        fleet.store.work();
        fleet.clock.advance(Duration::from_secs(20));
        assert_eq!(browser.go(fleet.url(0, "/notes")).await.body, page.body, "the same token");
        assert_eq!(refreshes(&fleet), 1, "the old one was not sent again");
        fleet.clock.advance(Duration::from_secs(3600));
        assert_eq!(browser.go(fleet.url(0, "/notes")).await.status, 200, "the family lives");
        assert_eq!(refreshes(&fleet), 2);
    }
}

/// All rows of the store.
async fn rows(fleet: &Fleet<MemoryStore>) -> Vec<(RowKey, StoredRow)> {
    let mut rows = Vec::new();
    for kind in 0..=u8::MAX {
        rows.extend(fleet.store.scan(kind, None, 1_000, fleet.clock.now()).await.unwrap());
    }
    rows
}

/// Writes bytes into a row as somebody would who has the database and no keys.
async fn overwrite(fleet: &Fleet<MemoryStore>, key: RowKey, row: &StoredRow) {
    let now = fleet.clock.now();
    fleet.store.delete(key, now).await.unwrap();
    assert!(fleet.store.put(key, row, Expected::Absent, now).await.unwrap());
}

/// J11: nothing in the database can be read.
#[tokio::test]
async fn nothing_lies_in_the_store_as_it_is() {
    let fleet = one_node().await;
    let mut browser = signed_in(&fleet).await;
    let token = browser.go(fleet.url(0, "/notes")).await.body;
    let token = token.split(' ').next_back().unwrap().to_owned();
    let cookie = browser.cookies.values().next().unwrap().clone();
    let rows = rows(&fleet).await;
    assert!(rows.len() >= 4, "index, session, account, claim: {rows:?}");
    for needle in [token.as_str(), "ya29", "1//", ADA, "Ada", "drive", &cookie, &cookie[..20]] {
        let is_in =
            |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        for (key, row) in &rows {
            assert!(!is_in(&row.bytes) && !is_in(key.as_bytes()), "{needle:?} in {key:?}");
        }
    }
}

/// J5, J6, invariant 26: a row that was cut, changed, moved or given another version or end
/// opens for nobody; its owner signs in again, and the row is replaced.
#[tokio::test]
async fn a_row_that_somebody_changed_counts_as_absent() {
    type Tamper = fn(&mut StoredRow);
    let tampers: [(&str, Tamper); 7] = [
        ("a flipped bit", |row| row.bytes[20] ^= 1),
        ("another key id", |row| row.bytes[1] ^= 1),
        ("another layout", |row| row.bytes[0] ^= 1),
        ("a cut", |row| row.bytes.truncate(row.bytes.len() - 1)),
        ("nothing", |row| row.bytes.clear()),
        ("another version", |row| row.version += 1),
        ("another end", |row| row.ends_at = Timestamp::MAX),
    ];
    for (what, tamper) in tampers {
        let fleet = one_node().await;
        let mut browser = signed_in(&fleet).await;
        for (key, mut row) in rows(&fleet).await.into_iter().filter(|(key, _)| key.kind() == 3) {
            tamper(&mut row);
            overwrite(&fleet, key, &row).await;
        }
        assert_eq!(browser.go(fleet.url(0, "/hello")).await.body, "nobody", "{what}");
        let page = browser.authorize(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
        assert_eq!(page.status, 200, "{what}: {}", page.body);
    }
}

/// H5 and its kind: the rows of two people are exchanged.
#[tokio::test]
async fn rows_of_two_people_cannot_be_exchanged() {
    let fleet = one_node().await;
    let mut ada = signed_in(&fleet).await;
    let mut bob = Browser::new();
    bob.authorize(fleet.url(0, "/notes"), "bob@example.com", &["drive.file"]).await;
    fleet.clock.advance(Duration::from_secs(1));
    for kind in [2, 3] {
        let rows = rows(&fleet).await;
        let pair: Vec<_> = rows.into_iter().filter(|(key, _)| key.kind() == kind).collect();
        assert_eq!(pair.len(), 2);
        overwrite(&fleet, pair[0].0, &pair[1].1).await;
        overwrite(&fleet, pair[1].0, &pair[0].1).await;
        for browser in [&mut ada, &mut bob] {
            assert_eq!(browser.go(fleet.url(0, "/hello")).await.body, "nobody", "kind {kind}");
        }
    }
}

/// J4: an old row that is put back serves no longer than what is in it, and ends in a question.
#[tokio::test]
async fn an_old_row_that_is_put_back_leads_to_a_refresh_and_no_further() {
    let fleet = one_node().await;
    let mut browser = signed_in(&fleet).await;
    let old: Vec<_> = rows(&fleet).await.into_iter().filter(|(key, _)| key.kind() == 3).collect();
    let events = &["calendar.events.readonly"];
    assert_eq!(browser.authorize(fleet.url(0, "/week"), ADA, events).await.status, 200);
    overwrite(&fleet, old[0].0, &old[0].1).await;
    fleet.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.go(fleet.url(0, "/notes")).await.status, 200, "what it had it has");
    assert_eq!(browser.go(fleet.url(0, "/week")).await.status, 403, "the rest is explained");
    fleet.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go(fleet.url(0, "/notes")).await.status, 200);
}

/// A store is needed by all nodes, and so are keys: without them nothing is built.
#[tokio::test]
async fn a_store_without_keys_is_refused() {
    let fleet = one_node().await;
    let builder = fleet.fake.builder_for("http://localhost:1/oauth/callback").unwrap();
    let error = builder.with_store(MemoryStore::new()).build().unwrap_err();
    assert_eq!(error.code(), "config_keys");
    assert!(error.help().unwrap().contains("Keys::from_file"), "{error:?}");
}

/// I3, J2: whoever gives up while his answer is being claimed has lost nothing: the next load of
/// the callback goes on with it.
#[tokio::test]
async fn a_callback_that_was_given_up_is_no_dead_end() {
    let fleet = one_node().await;
    let mut browser = Browser::new();
    let url = browser.return_address(fleet.url(0, "/notes"), ADA, &["drive.file"]).await;
    fleet.store.hang();
    let (mut first, given_up) = (browser.tab(), url.clone());
    let before = fleet.store.counts().1;
    let request = tokio::spawn(async move { first.go(given_up).await });
    while fleet.store.counts().1 == before {
        tokio::task::yield_now().await;
    }
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    fleet.store.work();
    let (mut second, again) = (browser.tab(), url.clone());
    let request = tokio::spawn(async move {
        let page = second.go(again).await;
        (second, page)
    });
    while !request.is_finished() {
        fleet.clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    let (mut second, mut page) = request.await.unwrap();
    if page.status != 303 {
        // He waited for the claim that never came.
        is_unavailable(&page);
        page = second.go(&url).await;
    }
    assert_eq!(page.status, 303, "the code was not spent: {}", page.body);
    assert_eq!(second.go(fleet.url(0, "/notes")).await.status, 200);
}

/// J11, invariant 13: rows that somebody put back bring no ended session to life on a node that
/// has seen newer ones.
#[tokio::test]
async fn rows_that_were_rolled_back_count_as_absent() {
    let fleet = one_node().await;
    let mut browser = signed_in(&fleet).await;
    let me = browser.go(fleet.url(0, "/me")).await.json();
    let id = format!("{}#{}", me["issuer"].as_str().unwrap(), me["subject"].as_str().unwrap());
    let before = rows(&fleet).await;
    fleet.oauth(0).account(&id.parse().unwrap()).sign_out_everywhere().await.unwrap();
    fleet.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.tab().go(fleet.url(0, "/hello")).await.body, "nobody");
    fleet.clock.advance(Duration::from_secs(10));
    for (key, row) in before {
        overwrite(&fleet, key, &row).await;
    }
    assert_eq!(browser.go(fleet.url(0, "/hello")).await.body, "nobody");
}
