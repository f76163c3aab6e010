//! People who roam: two browsers with several tabs each, three nodes behind one address, hours and
//! weeks, and a store that fails now and then.

use std::collections::BTreeSet;
use std::time::Duration;

use oauth_runtime::fake::Endpoint;
use oauth_runtime::{AccountId, Clock as _, MemoryStore, SystemClock};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use tokio::task::{JoinHandle, yield_now};
use url::Url;

use super::check;
use crate::support::{Browser, Fleet, Page, query};

const NODES: usize = 3;
const PEOPLE: [&str; 2] = ["ada@example.com", "bob@example.com"];
const DRIVE: &str = "drive.file";
const CALENDAR: &str = "calendar.events.readonly";
/// Where a handler is, what it requires, and how its answer begins.
const ROUTES: [(&str, &[&str], &str); 3] = [
    ("/notes", &[DRIVE], "notes at"),
    ("/both", &[DRIVE, CALENDAR], "both"),
    ("/guarded", &[DRIVE], "guarded"),
];
/// For how long a node believes what it read.
const BELIEVED: Duration = Duration::from_secs(1);
/// For how long an authorization that was begun can be answered.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Grants,
    Unticks,
    Cancels,
}

/// Browsers, nodes, routes, people and tabs are counted as often as need be.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Goes to a page. Where that asks, a tab stays open at the provider.
    Open {
        browser: usize,
        node: usize,
        route: usize,
    },
    /// Answers in one of the tabs, and comes back to some node.
    Answer {
        browser: usize,
        tab: usize,
        person: usize,
        answer: Answer,
        node: usize,
    },
    /// Loads the last callback once more.
    Reload {
        browser: usize,
        node: usize,
    },
    /// Tabs of a browser ask all nodes at the same time.
    Together {
        browser: usize,
        route: usize,
    },
    /// The store fails while somebody goes to a page.
    Outage {
        browser: usize,
        node: usize,
        route: usize,
    },
    SignOut {
        browser: usize,
        node: usize,
    },
    SignOutEverywhere {
        person: usize,
        node: usize,
    },
    /// The person takes everything back at the provider.
    Withdraw {
        person: usize,
    },
    Minute,
    Hour,
    Fortnight,
}

fn step() -> impl Strategy<Value = Step> {
    let (two, three) = (|| 0..2_usize, || 0..3_usize);
    let answer = prop_oneof![
        4 => Just(Answer::Grants), 1 => Just(Answer::Unticks), 1 => Just(Answer::Cancels)
    ];
    let answered = (two(), any::<u8>(), two(), answer, three());
    prop_oneof![
        8 => (two(), three(), three())
            .prop_map(|(browser, node, route)| Step::Open { browser, node, route }),
        8 => answered.prop_map(|(browser, tab, person, answer, node)| {
            Step::Answer { browser, tab: tab.into(), person, answer, node }
        }),
        1 => (two(), three()).prop_map(|(browser, node)| Step::Reload { browser, node }),
        2 => (two(), three()).prop_map(|(browser, route)| Step::Together { browser, route }),
        1 => (two(), three(), three())
            .prop_map(|(browser, node, route)| Step::Outage { browser, node, route }),
        1 => (two(), three()).prop_map(|(browser, node)| Step::SignOut { browser, node }),
        1 => (two(), three())
            .prop_map(|(person, node)| Step::SignOutEverywhere { person, node }),
        1 => two().prop_map(|person| Step::Withdraw { person }),
        1 => Just(Step::Minute),
        2 => Just(Step::Hour),
        1 => Just(Step::Fortnight),
    ]
}

/// What the app should know of an account.
#[derive(Clone, Debug, Default)]
struct Account {
    granted: BTreeSet<&'static str>,
    expired: bool,
    withdrawn: bool,
    /// A refresh token came: the provider sends one the first time, and when it is made to ask.
    renewable: bool,
    id: Option<AccountId>,
}

/// A page of the provider that nobody has answered yet.
struct Tab {
    at_provider: Url,
    /// The cookie without which nothing comes of it: a browser keeps the newest few.
    cookie: String,
    begun: Duration,
    signed_in: Option<usize>,
    /// Which of the browser's sessions it was, those without anybody counted too.
    session: usize,
}

struct Seat {
    browser: Browser,
    signed_in: Option<usize>,
    session: usize,
    /// Grows with every sign-out, after which nothing that was begun before is finished.
    left: usize,
    tabs: Vec<(usize, Tab)>,
    callback: Option<Url>,
}

struct World {
    fleet: Fleet<MemoryStore>,
    seats: [Seat; 2],
    accounts: [Account; 2],
    elapsed: Duration,
    /// The node that is looked at next.
    turn: usize,
}

impl Seat {
    fn new() -> Self {
        let (browser, tabs) = (Browser::new(), Vec::new());
        Self { browser, signed_in: None, session: 0, left: 0, tabs, callback: None }
    }

    fn becomes(&mut self, who: Option<usize>) {
        if self.signed_in != who {
            (self.signed_in, self.session) = (who, self.session + 1);
        }
    }
}

fn ran(page: &Page, route: usize) -> bool {
    page.status == 200 && page.body.starts_with(ROUTES[route].2)
}

impl World {
    async fn new() -> Self {
        let fleet = Fleet::start(NODES, MemoryStore::new()).await;
        let (seats, accounts) = ([Seat::new(), Seat::new()], Default::default());
        Self { fleet, seats, accounts, elapsed: Duration::ZERO, turn: 0 }
    }

    /// Whether a handler is to run. Asking renews what can be renewed, and finds out what was
    /// withdrawn.
    fn may_run(&mut self, person: Option<usize>, route: usize) -> bool {
        let Some(person) = person else { return false };
        let now_granted = self.granted_at_provider(person);
        let account = &mut self.accounts[person];
        if !ROUTES[route].1.iter().all(|scope| account.granted.contains(scope)) {
            return false;
        }
        if account.expired {
            if !account.renewable {
                return false;
            }
            // The new token has what was granted meanwhile, also where nobody came back.
            account.granted = if account.withdrawn { BTreeSet::new() } else { now_granted };
            account.expired = false;
        }
        !account.granted.is_empty()
    }

    fn granted_at_provider(&self, person: usize) -> BTreeSet<&'static str> {
        let text = self.fleet.fake.granted(PEOPLE[person]);
        let has = |scope: &&str| text.split(' ').any(|name| name.ends_with(&format!("/{scope}")));
        [DRIVE, CALENDAR].into_iter().filter(has).collect()
    }

    fn renewals(&self) -> usize {
        let requests = self.fleet.fake.requests(Endpoint::Token);
        requests.iter().filter(|it| format!("{it:?}").contains("refresh_token")).count()
    }

    async fn open(&mut self, browser: usize, node: usize, route: usize) {
        let person = self.seats[browser].signed_in;
        let renews = person.is_some_and(|person| {
            let Account { expired, granted, renewable, .. } = &self.accounts[person];
            *expired && *renewable && ROUTES[route].1.iter().all(|scope| granted.contains(scope))
        });
        let (runs, before) = (self.may_run(person, route), self.renewals());
        let seat = &mut self.seats[browser];
        let known: BTreeSet<_> = seat.browser.cookies.keys().cloned().collect();
        let mut page = seat.browser.go(self.fleet.url(node, ROUTES[route].0)).await;
        assert_eq!(ran(&page, route), runs, "{page:?}");
        if runs {
            return assert_eq!(self.renewals() - before, usize::from(renews));
        }
        if page.status == 403 {
            let links = ["Grant access", "Try again", "Continue"];
            let again = links.into_iter().find(|link| page.body.contains(link)).unwrap();
            page = seat.browser.go(page.link(again)).await;
        }
        assert_eq!(page.status, 303, "{page:?}");
        let mut new = seat.browser.cookies.keys().filter(|name| !known.contains(*name));
        let tab = Tab {
            at_provider: page.location(),
            cookie: new.next().unwrap().clone(),
            begun: self.elapsed,
            signed_in: person,
            session: seat.session,
        };
        seat.tabs.push((seat.left, tab));
    }

    /// From the provider's page to the callback, which is not loaded yet.
    async fn say(&mut self, browser: usize, url: &Url, person: usize, answer: Answer) -> Url {
        let browser = &mut self.seats[browser].browser;
        let mut page = browser.go(url).await;
        loop {
            let consent = page.body.contains("value=\"continue\"");
            page = match answer {
                Answer::Cancels if consent => browser.cancel(&page).await,
                Answer::Unticks if page.asks(PEOPLE[person]) => {
                    browser.answer(page, PEOPLE[person], &[]).await
                }
                _ if page.asks(PEOPLE[person]) => {
                    browser.answer(page, PEOPLE[person], &[DRIVE, CALENDAR]).await
                }
                _ if page.location().path() == "/oauth/callback" => return page.location(),
                _ => browser.go(page.location()).await,
            };
        }
    }

    async fn answer(
        &mut self,
        browser: usize,
        tab: usize,
        person: usize,
        answer: Answer,
        node: usize,
    ) {
        let seat = &mut self.seats[browser];
        if seat.tabs.is_empty() {
            return;
        }
        let (left, tab) = seat.tabs.remove(tab % seat.tabs.len());
        let person = tab.signed_in.unwrap_or(person);
        let first = self.fleet.fake.granted(PEOPLE[person]).is_empty();
        let forced = query(&tab.at_provider, "prompt").is_some_and(|it| it.contains("consent"));
        let back = self.say(browser, &tab.at_provider, person, answer).await;
        let kept = self.seats[browser].browser.cookies.contains_key(&tab.cookie);
        let callback = self.fleet.moved(node, &back);
        let seat = &mut self.seats[browser];
        let page = seat.browser.go(&callback).await;
        seat.callback = Some(back.clone());
        let now = self.hello(browser, node).await;
        let seat = &self.seats[browser];
        let alive = kept && self.elapsed < tab.begun + PATIENCE && left == seat.left;
        let (came, before) = (query(&back, "code").is_some(), seat.signed_in);
        let same_session = tab.session == seat.session;
        if !alive || !came {
            assert_eq!(now, before, "nothing came of it: {page:?}");
            return;
        }
        if same_session || before == Some(person) {
            assert_eq!(now, Some(person), "{page:?}");
        }
        assert!(now == before || now == Some(person), "{page:?}");
        if now == Some(person) {
            self.settle(browser, person, first || forced).await;
        }
    }

    /// The provider answered with a code: this person has what the provider says.
    async fn settle(&mut self, browser: usize, person: usize, renewable: bool) {
        let granted = self.granted_at_provider(person);
        let seat = &mut self.seats[browser];
        seat.becomes(Some(person));
        let me = seat.browser.go(self.fleet.url(0, "/me")).await.json();
        let text = |name: &str| me[name].as_str().unwrap().to_owned();
        let id = format!("{}#{}", text("issuer"), text("subject")).parse().unwrap();
        let before = &self.accounts[person];
        let renewable = renewable || before.renewable && !before.withdrawn;
        self.accounts[person] =
            Account { granted, expired: false, withdrawn: false, renewable, id: Some(id) };
    }

    async fn hello(&mut self, browser: usize, node: usize) -> Option<usize> {
        let page = self.seats[browser].browser.go(self.fleet.url(node, "/hello")).await;
        assert_eq!(page.status, 200, "{page:?}");
        match page.body.as_str() {
            "nobody" => None,
            email => Some(PEOPLE.iter().position(|person| *person == email).unwrap()),
        }
    }

    async fn together(&mut self, browser: usize, route: usize) {
        let person = self.seats[browser].signed_in;
        let (runs, before) = (self.may_run(person, route), self.renewals());
        let mut requests: Vec<_> = (0..2 * NODES)
            .map(|number| {
                let mut tab = self.seats[browser].browser.tab();
                let url = self.fleet.url(number % NODES, ROUTES[route].0);
                tokio::spawn(async move { tab.go(url).await })
            })
            .collect();
        while !requests.iter().all(JoinHandle::is_finished) {
            // Nodes that wait for another one look by the clock whether it is done, and it is when
            // somebody has his answer. Before that, time would end its lease.
            if requests.iter().any(JoinHandle::is_finished) {
                self.fleet.clock.advance(Duration::from_millis(20));
            }
            yield_now().await;
        }
        for request in &mut requests {
            let page = request.await.unwrap();
            assert_eq!(ran(&page, route), runs, "{page:?}");
        }
        assert!(self.renewals() - before <= 1, "more than one node asked");
    }

    /// Whoever is let in has what he needs; others are told to come again. Nothing is lost.
    async fn outage(&mut self, browser: usize, node: usize, route: usize) {
        let person = self.seats[browser].signed_in;
        let account = person.map(|person| &self.accounts[person]);
        let may = account.is_some_and(|account| {
            ROUTES[route].1.iter().all(|scope| account.granted.contains(scope))
        });
        self.fleet.store.fail();
        let page = self.seats[browser].browser.go(self.fleet.url(node, ROUTES[route].0)).await;
        self.fleet.store.work();
        let told = matches!(page.status, 303 | 503) || page.status == 403 && !may;
        assert!(ran(&page, route) && may || told, "{page:?}");
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Open { browser, node, route } => self.open(browser, node, route).await,
            Step::Answer { browser, tab, person, answer, node } => {
                self.answer(browser, tab, person, answer, node).await;
            }
            Step::Reload { browser, node } => {
                if let Some(callback) = self.seats[browser].callback.clone() {
                    let callback = self.fleet.moved(node, &callback);
                    self.seats[browser].browser.go(callback).await;
                }
            }
            Step::Together { browser, route } => self.together(browser, route).await,
            Step::Outage { browser, node, route } => self.outage(browser, node, route).await,
            Step::SignOut { browser, node } => {
                let out = self.fleet.url(node, "/oauth/sign-out");
                let seat = &mut self.seats[browser];
                seat.browser.post(out, &[], "same-origin", &[]).await;
                seat.becomes(None);
                seat.left += 1;
            }
            Step::SignOutEverywhere { person, node } => self.end_all(person, node).await,
            Step::Withdraw { person } => {
                self.fleet.fake.revoke_access_of(PEOPLE[person]);
                self.accounts[person].withdrawn = true;
            }
            Step::Minute => self.wait(Duration::from_secs(60)),
            Step::Hour => self.wait(Duration::from_secs(3_600)),
            Step::Fortnight => {
                self.wait(Duration::from_secs(15 * 86_400));
                self.seats.iter_mut().for_each(|seat| seat.becomes(None));
            }
        }
        for browser in 0..2 {
            self.turn += 1;
            let who = self.hello(browser, self.turn % NODES).await;
            assert_eq!(who, self.seats[browser].signed_in, "browser {browser} after {step:?}");
        }
    }

    async fn end_all(&mut self, person: usize, node: usize) {
        let Some(id) = self.accounts[person].id.clone() else { return };
        let account = self.fleet.oauth(node).account(&id);
        account.sign_out_everywhere().await.unwrap();
        self.wait(BELIEVED);
        for seat in self.seats.iter_mut().filter(|seat| seat.signed_in == Some(person)) {
            seat.becomes(None);
        }
    }

    fn wait(&mut self, time: Duration) {
        self.fleet.clock.advance(time);
        self.elapsed += time;
        if time >= Duration::from_secs(3_600) {
            self.accounts.iter_mut().for_each(|account| account.expired = true);
        }
    }
}

/// Invariants 8, 10 to 14, on several nodes: nobody sees what is another's or what was not
/// granted, nobody is asked for what he granted, a sign-out is one everywhere, a token is renewed
/// once, and a store that fails costs nothing.
#[test]
fn whoever_roams_has_what_he_granted_and_nothing_else() {
    check(40, &vec(step(), 1..30), |steps| async move {
        let mut world = World::new().await;
        for step in steps {
            tokio::select! {
                () = world.take(step) => {}
                () = SystemClock.sleep(Duration::from_secs(20)) => panic!("{step:?} has no end"),
            }
        }
    });
}
