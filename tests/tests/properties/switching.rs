//! Invariants 8 and 15: the tokens of two accounts never mix, whatever several tabs do meanwhile.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use serde_json::Value;
use url::Url;

use super::check;
use crate::support::{App, Browser, Page};

const PEOPLE: [&str; 2] = ["ada@example.com", "bob@example.com"];
const PATHS: [(&str, &str); 2] = [("/notes", "drive.file"), ("/week", "calendar.events.readonly")];
const TABS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A tab that has nothing to do goes to a page, and through the provider as one of the two,
    /// but not back yet.
    Leave {
        tab: usize,
        path: usize,
        person: usize,
        grants: bool,
    },
    /// One of the tabs that are at the provider comes back.
    Return(usize),
    /// One of the tabs that were told of two accounts goes one of both ways, up to the provider
    /// and through it, but not back yet.
    Choose {
        tab: usize,
        switches: bool,
    },
    /// The same, and comes back before anything else happens.
    Settle {
        switches: bool,
    },
    /// One of the tabs that came back does so a second time.
    Reload(usize),
    SignOut,
}

fn step() -> impl Strategy<Value = Step> {
    let tab = || 0..TABS;
    prop_oneof![
        5 => (tab(), 0..PATHS.len(), 0..PEOPLE.len(), proptest::bool::weighted(0.3))
            .prop_map(|(tab, path, person, grants)| Step::Leave { tab, path, person, grants }),
        8 => tab().prop_map(Step::Return),
        8 => (tab(), any::<bool>()).prop_map(|(tab, switches)| Step::Choose { tab, switches }),
        6 => any::<bool>().prop_map(|switches| Step::Settle { switches }),
        1 => tab().prop_map(Step::Reload),
        1 => Just(Step::SignOut),
    ]
}

#[derive(Default)]
struct Tab {
    callback: Option<Callback>,
    used: Option<Url>,
    /// The page with both accounts.
    two_accounts: Option<Page>,
}

/// Where the provider sent a tab, and whom it went there as.
struct Callback {
    url: Url,
    person: usize,
    /// Whether the person wants to be somebody else from then on.
    switches: bool,
}

/// How often each thing was seen in all cases, so that none of them is never tried.
#[derive(Default)]
struct Seen {
    signed_in: AtomicUsize,
    two_accounts: AtomicUsize,
    kept: AtomicUsize,
    switched: AtomicUsize,
    reloaded: AtomicUsize,
    tokens: AtomicUsize,
    old_sessions: AtomicUsize,
}

static SEEN: LazyLock<Seen> = LazyLock::new(Seen::default);

fn count(what: &AtomicUsize) {
    what.fetch_add(1, Ordering::Relaxed);
}

struct World {
    app: App,
    browser: Browser,
    tabs: [Tab; TABS],
    /// Sessions that were, each with the account that it was of.
    left: Vec<(String, String)>,
}

impl World {
    async fn new() -> Self {
        let (app, browser) = (App::start().await, Browser::new());
        Self { app, browser, tabs: Default::default(), left: Vec::new() }
    }

    /// Whose session the browser has, as the app sees it.
    async fn person(&mut self) -> String {
        self.browser.fetch(self.app.url("/hello"), &[]).await.body
    }

    /// The one that a number chooses of the tabs of which this holds.
    fn place(&self, number: usize, holds: impl Fn(&Tab) -> bool) -> Option<usize> {
        let fitting: Vec<_> = (0..TABS).filter(|place| holds(&self.tabs[*place])).collect();
        fitting.get(number % fitting.len().max(1)).copied()
    }

    /// Up to the callback, as `person` wherever the app would rather have another.
    async fn through_the_provider(
        &mut self,
        begun: Page,
        person: usize,
        scopes: &[&str],
    ) -> Option<Url> {
        if !begun.headers.contains_key("location") || begun.location().path() != "/o/oauth2/v2/auth"
        {
            return None;
        }
        let mut url = begun.location();
        let pairs: Vec<_> =
            url.query_pairs().into_owned().filter(|p| p.0 != "login_hint").collect();
        url.query_pairs_mut().clear().extend_pairs(pairs).append_pair("login_hint", PEOPLE[person]);
        Some(self.browser.return_address(url, PEOPLE[person], scopes).await)
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Leave { tab, path, person, grants } => {
                let (path, scope) = PATHS[path];
                let mut begun = self.browser.go(self.app.url(path)).await;
                for link in ["Grant access", "Try again", "Continue"] {
                    if begun.status == 403 && begun.body.contains(link) {
                        begun = self.browser.go(begun.link(link)).await;
                    }
                }
                let scopes = if grants { &[scope][..] } else { &[] };
                let url = self.through_the_provider(begun, person, scopes).await;
                let callback = url.map(|url| Callback { url, person, switches: false });
                let idle = |tab: &Tab| tab.callback.is_none() && tab.two_accounts.is_none();
                if let Some(place) = self.place(tab, idle) {
                    self.tabs[place] = Tab { callback, ..Tab::default() };
                }
            }
            Step::Choose { tab, switches } => drop(self.choose(tab, switches).await),
            Step::Settle { switches } => {
                if let Some(place) = self.choose(0, switches).await {
                    self.go_back(place).await;
                }
            }
            Step::Return(tab) => {
                if let Some(place) = self.place(tab, |tab| tab.callback.is_some()) {
                    self.go_back(place).await;
                }
            }
            Step::Reload(tab) => {
                let place = self.place(tab, |tab| tab.used.is_some());
                let Some(url) = place.and_then(|place| self.tabs[place].used.clone()) else {
                    return;
                };
                let before = self.person().await;
                self.browser.go(url).await;
                assert_eq!(self.person().await, before, "a reload changes nobody");
                count(&SEEN.reloaded);
            }
            Step::SignOut => {
                self.remember_session().await;
                let out = self.app.url("/oauth/sign-out");
                self.browser.post(out, &[], "same-origin", &[]).await;
                assert_eq!(self.person().await, "nobody");
            }
        }
        self.check().await;
    }

    async fn choose(&mut self, tab: usize, switches: bool) -> Option<usize> {
        let place = self.place(tab, |tab| tab.two_accounts.is_some())?;
        let (link, person) = way(&self.tabs[place].two_accounts.take()?, switches);
        let begun = self.browser.go(link).await;
        let scopes = PATHS.map(|(_, scope)| scope);
        let url = self.through_the_provider(begun, person, &scopes).await;
        self.tabs[place].callback = url.map(|url| Callback { url, person, switches });
        Some(place)
    }

    async fn go_back(&mut self, place: usize) {
        if let Some(callback) = self.tabs[place].callback.take() {
            self.tabs[place].used = Some(callback.url.clone());
            self.tabs[place].two_accounts = self.come_back(callback).await;
        }
    }

    /// The page with both accounts, if that is what the browser comes back to.
    async fn come_back(&mut self, callback: Callback) -> Option<Page> {
        let Callback { url, person, switches } = callback;
        let (before, session) = (self.person().await, self.session());
        let facts = self.facts().await;
        self.remember_session().await;
        let page = self.browser.go(url).await;
        let after = self.person().await;
        let other = before != "nobody" && before != PEOPLE[person];
        match page.status {
            // Two accounts, or an answer for a session that is over: nothing has changed.
            409 | 400 => {
                assert_eq!((after, self.session()), (before, session));
                assert_eq!(self.facts().await, facts, "nothing of the other was kept");
                if page.status == 400 {
                    return None;
                }
                assert!(other && !switches, "{page:?}");
                count(&SEEN.two_accounts);
                Some(page)
            }
            // Through, or a scope left out: whoever was at the provider has a new session id.
            303 | 403 => {
                assert!(!other || switches, "nobody becomes another unasked: {page:?}");
                assert_eq!(after, PEOPLE[person], "{page:?}");
                assert_ne!(self.session(), session, "a new id for every new right");
                let what = match (before == "nobody", switches) {
                    (true, _) => &SEEN.signed_in,
                    (false, true) => &SEEN.switched,
                    (false, false) => &SEEN.kept,
                };
                count(what);
                None
            }
            _ => panic!("{page:?}"),
        }
    }

    fn session(&self) -> Option<String> {
        self.browser.cookies.get("oauth").cloned()
    }

    async fn remember_session(&mut self) {
        let person = self.person().await;
        if let Some(session) = self.session() {
            self.left.push((session, person));
            // Each of them is looked at after every step: the last ones tell enough.
            if self.left.len() > 2 {
                self.left.remove(0);
            }
        }
    }

    /// What the app says of the account: who it is and what it granted.
    async fn facts(&mut self) -> Option<Value> {
        let page = self.browser.fetch(self.app.url("/me"), &[]).await;
        (page.status == 200).then(|| page.json())
    }

    /// Whatever token a handler has is that of the person in the session; a session that was left
    /// gives no token, once its thirty seconds of grace are over, but to the same person.
    async fn check(&mut self) {
        let person = self.person().await;
        let notes = self.browser.fetch(self.app.url("/notes"), &[]).await;
        if notes.status == 200 {
            let token = notes.body.rsplit(' ').next().unwrap();
            assert_eq!(self.owner_of(token).await, person, "a token of somebody else");
            count(&SEEN.tokens);
        }
        for (session, other) in &self.left {
            let mut thief = Browser::new();
            thief.cookies.insert("oauth".to_owned(), session.clone());
            let seen = thief.fetch(self.app.url("/hello"), &[]).await.body;
            // One of another account is over at once.
            let may_live = *other == person && seen == *other;
            assert!(seen == "nobody" || may_live, "the old session of {other} is {seen}'s");
            count(&SEEN.old_sessions);
        }
    }

    /// Whose token it is, as the provider says.
    async fn owner_of(&self, token: &str) -> String {
        let url = format!("{}/v1/userinfo", self.app.fake.origin());
        let answer = reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap();
        let info: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        info["email"].as_str().unwrap().to_owned()
    }
}

/// The link of the page that names both accounts, and whom it is for.
fn way(page: &Page, switches: bool) -> (Url, usize) {
    let verb = if switches { "Switch to" } else { "Continue as" };
    let named = |person: &usize| page.body.contains(&format!("{verb} {}", PEOPLE[*person]));
    let person = (0..PEOPLE.len()).find(named).unwrap();
    (page.link(&format!("{verb} {}", PEOPLE[person])), person)
}

/// D1, E1, E2, E9.
#[test]
fn the_tokens_of_two_accounts_never_mix() {
    check(48, &vec(step(), 10..30), |steps| async move {
        let mut world = World::new().await;
        for step in steps {
            world.take(step).await;
        }
    });
    for (name, what, least) in [
        ("signed in", &SEEN.signed_in, 30),
        ("two accounts", &SEEN.two_accounts, 10),
        ("kept", &SEEN.kept, 10),
        ("switched", &SEEN.switched, 4),
        ("reloaded", &SEEN.reloaded, 10),
        ("tokens", &SEEN.tokens, 50),
        ("old sessions", &SEEN.old_sessions, 10),
    ] {
        let seen = what.load(Ordering::Relaxed);
        assert!(seen >= least, "{name}: {seen} times of {least}, so the property was hardly tried");
    }
}
