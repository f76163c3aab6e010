//! Invariants 8 and 15: the tokens of two accounts never mix, whatever several tabs do meanwhile.

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
    /// A tab goes to a page and through the provider as one of the two, but not back yet.
    Leave {
        tab: usize,
        path: usize,
        person: usize,
        grants: bool,
    },
    /// A tab that is at the provider comes back.
    Return(usize),
    /// A tab that was told of two accounts goes one of both ways, up to the provider and through
    /// it, but not back yet.
    Choose {
        tab: usize,
        switches: bool,
    },
    /// A tab comes back a second time.
    Reload(usize),
    SignOut,
}

fn step() -> impl Strategy<Value = Step> {
    let tab = || 0..TABS;
    prop_oneof![
        4 => (tab(), 0..PATHS.len(), 0..PEOPLE.len(), any::<bool>())
            .prop_map(|(tab, path, person, grants)| Step::Leave { tab, path, person, grants }),
        5 => tab().prop_map(Step::Return),
        3 => (tab(), any::<bool>()).prop_map(|(tab, switches)| Step::Choose { tab, switches }),
        1 => tab().prop_map(Step::Reload),
        1 => Just(Step::SignOut),
    ]
}

#[derive(Default)]
struct Tab {
    /// The callback that the provider sent it to, and whom it went there as.
    callback: Option<(Url, usize)>,
    used: Option<Url>,
    /// The page with both accounts, and whether the session is the first person's.
    two_accounts: Option<Page>,
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
                let begun = self.browser.go(self.app.url(path)).await;
                let scopes = if grants { &[scope][..] } else { &[] };
                let callback = self.through_the_provider(begun, person, scopes).await;
                self.tabs[tab] =
                    Tab { callback: callback.map(|url| (url, person)), ..Tab::default() };
            }
            Step::Choose { tab, switches } => {
                let Some(page) = self.tabs[tab].two_accounts.take() else { return };
                let (link, person) = way(&page, switches);
                let begun = self.browser.go(link).await;
                let scopes = PATHS.map(|(_, scope)| scope);
                let callback = self.through_the_provider(begun, person, &scopes).await;
                self.tabs[tab].callback = callback.map(|url| (url, person));
            }
            Step::Return(tab) => self.come_back(tab).await,
            Step::Reload(tab) => {
                let Some(url) = self.tabs[tab].used.clone() else { return };
                let before = self.person().await;
                self.browser.go(url).await;
                assert_eq!(self.person().await, before, "a reload changes nobody");
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

    async fn come_back(&mut self, tab: usize) {
        let Some((callback, person)) = self.tabs[tab].callback.take() else { return };
        let (before, session) = (self.person().await, self.session());
        let accounts = self.facts().await;
        self.remember_session().await;
        let page = self.browser.go(&callback).await;
        self.tabs[tab].used = Some(callback);
        let after = self.person().await;
        match page.status {
            // Two accounts, or an answer for a session that is over: nothing has changed.
            409 | 400 => {
                assert_eq!((after, self.session()), (before, session));
                assert_eq!(self.facts().await, accounts, "nothing of the other was kept");
                self.left.pop();
                self.tabs[tab].two_accounts = (page.status == 409).then_some(page);
            }
            // Through, or a scope left out: whoever was at the provider has a new session id.
            303 | 403 => {
                assert_eq!(after, PEOPLE[person], "{page:?}");
                assert_ne!(self.session(), session, "a new id for every new right");
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
        }
        for (session, person) in &self.left {
            let mut thief = Browser::new();
            thief.cookies.insert("oauth".to_owned(), session.clone());
            let seen = thief.fetch(self.app.url("/hello"), &[]).await.body;
            assert!(seen == "nobody" || seen == *person, "an old session became {seen}'s");
        }
        // A session of another account is over at once.
        for (session, other) in self.left.iter().filter(|(_, other)| *other != person) {
            let mut thief = Browser::new();
            thief.cookies.insert("oauth".to_owned(), session.clone());
            let seen = thief.fetch(self.app.url("/hello"), &[]).await.body;
            assert_eq!(seen, "nobody", "{other} is still signed in");
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
    check(40, &vec(step(), 1..20), |steps| async move {
        let mut world = World::new().await;
        for step in steps {
            world.take(step).await;
        }
    });
}
