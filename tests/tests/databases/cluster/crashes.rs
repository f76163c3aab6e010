//! The crash matrix: a node dies before and after each operation on the store, and in the middle
//! of each exchange with the provider. Whoever comes back next finds everything in order.

use std::time::Duration;

use oauth_runtime::fake::{Endpoint, FakeAccount, Fault, Gate, Quirk};
use oauth_runtime::{Clock as _, SystemClock};
use tokio::task::JoinSet;

use super::mortal::When;
use super::{Cluster, DRIVE, arrives};
use crate::support::{Browser, Page};

/// So many operations no step needs.
const MOST: usize = 40;
/// Processes that are there at the same time for each step.
const AT_ONCE: usize = 8;

/// Longer than any lease.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    SignIn,
    MoreAccess,
    Refresh,
    SignOut,
    Disconnect,
}

/// A person in front of one node that will die.
struct Case {
    step: Step,
    cluster: Cluster,
    browser: Browser,
    email: String,
    /// Where the step is done.
    url: String,
}

impl Case {
    async fn new(step: Step, product: &str, number: usize) -> Self {
        let cluster = Cluster::start(product, 1).await;
        let email = format!("{number}@example.com");
        cluster.fake.add_account(FakeAccount::new(&email, "Somebody"));
        cluster.fake.set(Quirk::RotateRefreshTokens);
        let mut case = Self { step, cluster, browser: Browser::new(), email, url: String::new() };
        case.prepare().await;
        case
    }

    async fn prepare(&mut self) {
        let notes = self.cluster.url("/notes");
        if self.step == Step::Refresh {
            self.cluster.fake.set_access_token_lifetime(Duration::ZERO);
        }
        if self.step != Step::SignIn {
            let page = self.browser.return_address(&notes, &self.email, DRIVE).await;
            let page = self.browser.go(&page).await;
            assert_eq!(page.status, 303, "{}", page.body);
        }
        self.cluster.fake.set_access_token_lifetime(Duration::from_secs(3600));
        self.url = match self.step {
            Step::SignIn => self.callback("/notes", DRIVE).await,
            Step::MoreAccess => self.callback("/week", &["calendar.events.readonly"]).await,
            Step::Refresh => notes,
            Step::SignOut => self.cluster.url("/oauth/sign-out"),
            Step::Disconnect => self.cluster.url("/oauth/disconnect"),
        };
    }

    async fn callback(&mut self, path: &str, scopes: &[&str]) -> String {
        let url = self.cluster.url(path);
        self.browser.return_address(url, &self.email, scopes).await.into()
    }

    async fn act(&mut self) -> Page {
        match self.step {
            Step::SignOut | Step::Disconnect => {
                self.browser.post(&self.url, &[], "same-origin", &[]).await
            }
            _ => self.browser.go(&self.url).await,
        }
    }

    /// Invariants 8 and 11 to 14: nobody is another, nobody who was signed in is signed out,
    /// what the person wanted is done at the next try or asked for once more, and no code is
    /// sent twice.
    async fn recovers(mut self) {
        let copy = self.browser.tab();
        self.cluster.kill_and_replace(0);
        if ![Step::SignIn, Step::SignOut].contains(&self.step) {
            let hello = self.browser.go(self.cluster.url("/hello")).await;
            assert_eq!(hello.body, self.email, "still signed in");
        }
        let page = self.act().await;
        assert!(page.status != 500 && page.status < 504, "{}: {}", page.status, page.body);
        match self.step {
            Step::SignIn | Step::MoreAccess | Step::Refresh => {
                let notes = self.cluster.url("/notes");
                let page = arrives(&mut self.browser, notes, &self.email).await;
                assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
                let hello = self.browser.go(self.cluster.url("/hello")).await;
                assert_eq!(hello.body, self.email);
            }
            Step::SignOut => {
                assert_eq!(page.status, 200, "{}", page.body);
                let mut copy = copy;
                let notes = copy.go(self.cluster.url("/notes")).await;
                assert_eq!(notes.status, 303, "the session is no more: {}", notes.body);
            }
            Step::Disconnect => self.is_revoked_in_the_end().await,
        }
        self.cluster.no_code_was_sent_twice();
    }

    /// Somebody else signs in, and the node looks at what is left to do: what the dead one had in
    /// hand is free again when its lease has ended.
    async fn is_revoked_in_the_end(&mut self) {
        let (mut other, notes) = (Browser::new(), self.cluster.url("/notes"));
        assert_eq!(arrives(&mut other, notes, "bob@example.com").await.status, 200);
        let begun = SystemClock.now();
        while !self.cluster.fake.granted(&self.email).is_empty() {
            assert!(SystemClock.now().since(begun) < PATIENCE, "it is never revoked");
            other.go(self.cluster.url("/hello")).await;
        }
        let notes = self.browser.go(self.cluster.url("/notes")).await;
        assert_ne!(notes.status, 200, "its tokens are gone");
    }
}

/// Whether the step has so many operations.
async fn dies_at(step: Step, product: &str, operation: usize, when: When) -> bool {
    let number = operation * 2 + usize::from(when == When::After);
    let mut case = Case::new(step, product, number).await;
    case.cluster.nodes[0].will_die(operation, when).await;
    let page = case.act().await;
    let died = page.status == 502 || case.cluster.nodes[0].is_dead();
    if died {
        case.recovers().await;
    } else {
        assert!(page.status < 400, "{step:?}: {}", page.body);
    }
    died
}

/// The number of deaths that were survived.
async fn survives_every_death(product: &'static str, step: Step) -> usize {
    let (mut running, mut next, mut deaths, mut is_over) = (JoinSet::new(), 0, 0, false);
    loop {
        while !is_over && running.len() < AT_ONCE && next < 2 * MOST {
            let operation = next / 2 + 1;
            let when = if next % 2 == 0 { When::Before } else { When::After };
            running.spawn(async move { dies_at(step, product, operation, when).await });
            next += 1;
        }
        let Some(died) = running.join_next().await else { return deaths };
        let died = died.unwrap();
        deaths += usize::from(died);
        is_over |= !died;
    }
}

/// Each step with the least number of deaths that it must have met.
async fn survives_all(product: &'static str, steps: &'static [(Step, usize)]) {
    let mut running = JoinSet::new();
    for (step, least) in steps {
        running.spawn(async move { (*step, *least, survives_every_death(product, *step).await) });
    }
    while let Some(survived) = running.join_next().await {
        let (step, least, deaths) = survived.unwrap();
        println!("{product}, {step:?}: {deaths} deaths");
        assert!((least..2 * MOST).contains(&deaths), "{product}, {step:?}: {deaths} deaths");
    }
}

/// I6 and the invariants: see [`Case::recovers`].
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_may_die_at_every_operation_over_redis() {
    let all = const {
        &[
            (Step::SignIn, 14),
            (Step::MoreAccess, 10),
            (Step::Refresh, 6),
            (Step::SignOut, 2),
            (Step::Disconnect, 14),
        ]
    };
    survives_all("redis", all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_may_die_at_every_operation_over_postgres() {
    let all = const { &[(Step::SignIn, 14), (Step::MoreAccess, 10), (Step::SignOut, 2)] };
    survives_all("postgres", all).await;
}

/// I5, I6: the provider has the request and nobody is there to hear its answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_may_die_in_the_middle_of_an_exchange() {
    let mut running = JoinSet::new();
    for (number, (step, endpoint)) in [
        (Step::SignIn, Endpoint::Token),
        (Step::MoreAccess, Endpoint::Token),
        (Step::Refresh, Endpoint::Token),
        (Step::Disconnect, Endpoint::Revocation),
    ]
    .into_iter()
    .enumerate()
    {
        running.spawn(async move {
            let mut case = Case::new(step, "redis", number).await;
            let gate = Gate::new();
            case.cluster.fake.fault(endpoint, Fault::Hold(gate.clone()));
            let (mut tab, url) = (case.browser.tab(), case.url.clone());
            let request = tokio::spawn(async move {
                if matches!(step, Step::Disconnect) {
                    tab.post(&url, &[], "same-origin", &[]).await.status
                } else {
                    tab.go(&url).await.status
                }
            });
            gate.waiting(1).await;
            case.cluster.nodes[0].kill();
            assert_eq!(request.await.unwrap(), 502);
            gate.open();
            case.recovers().await;
        });
    }
    while let Some(survived) = running.join_next().await {
        survived.unwrap();
    }
}
