//! Invariant 10: a handler runs if and only if every scope that it requires is granted and the
//! token lives.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::Method;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

use super::check;
use crate::support::{App, Browser, Page};

const PEOPLE: [&str; 2] = ["ada@example.com", "bob@example.com"];
const DRIVE: &str = "drive.file";
const CALENDAR: &str = "calendar.events.readonly";
const FORM: [(&str, &str); 1] = [("title", "x")];

/// A handler: where it is, what it requires, and how its answer begins.
#[derive(Clone, Copy, Debug)]
struct Route {
    path: &'static str,
    scopes: &'static [&'static str],
    answer: &'static str,
}

const ROUTES: [Route; 3] = [
    Route { path: "/me", scopes: &[], answer: "{\"email\"" },
    Route { path: "/notes", scopes: &[DRIVE], answer: "notes at" },
    Route { path: "/both", scopes: &[DRIVE, CALENDAR], answer: "both" },
];
const ECHO: Route = Route { path: "/echo", scopes: &[DRIVE], answer: "/echo from" };

/// What a person says at the provider.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Grants,
    /// Ticks nothing.
    Unticks,
    Cancels,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Goes to a page, and answers what is asked there.
    Visit(Route, Answer),
    /// Follows the link of a page that explains, if there is one.
    Insist(Route, Answer),
    Send(Answer),
    Fetch(Route),
    Htmx(Route),
    Prefetch(Route),
    Head(Route),
    SignOut,
    /// Whoever signs in next is the other one.
    Turn,
    /// The access token ends.
    Wait,
    /// The person takes everything back at the provider.
    Withdraw,
}

fn step() -> impl Strategy<Value = Step> {
    let route = || (0..ROUTES.len()).prop_map(|place| ROUTES[place]);
    let answer = || prop_oneof![3 => Just(Answer::Grants), 1 => Just(Answer::Unticks), 1 => Just(Answer::Cancels)];
    prop_oneof![
        6 => (route(), answer()).prop_map(|(route, answer)| Step::Visit(route, answer)),
        2 => (route(), answer()).prop_map(|(route, answer)| Step::Insist(route, answer)),
        3 => answer().prop_map(Step::Send),
        3 => (route(), any::<bool>())
            .prop_map(|(route, htmx)| if htmx { Step::Htmx(route) } else { Step::Fetch(route) }),
        1 => (route(), any::<bool>())
            .prop_map(|(route, head)| if head { Step::Head(route) } else { Step::Prefetch(route) }),
        1 => Just(Step::SignOut),
        1 => Just(Step::Turn),
        2 => Just(Step::Wait),
        1 => Just(Step::Withdraw),
    ]
}

/// What the app should know of an account.
#[derive(Clone, Debug, Default)]
struct Account {
    granted: BTreeSet<&'static str>,
    expired: bool,
    withdrawn: bool,
}

/// The model, and the world that it is compared with.
struct World {
    app: App,
    browser: Browser,
    accounts: [Account; 2],
    signed_in: Option<usize>,
    next: usize,
    /// When the browser last came back from the provider for these scopes, in this session.
    returned: BTreeMap<BTreeSet<&'static str>, Duration>,
    elapsed: Duration,
}

impl World {
    async fn new() -> Self {
        let (app, browser) = (App::start().await, Browser::new());
        let (accounts, returned) = (Default::default(), BTreeMap::new());
        Self { app, browser, accounts, signed_in: None, next: 0, returned, elapsed: Duration::ZERO }
    }

    /// Whether a handler is to run now. Asking for it renews what can be renewed, and finds out
    /// what was withdrawn.
    fn may_run(&mut self, route: Route) -> bool {
        let Some(person) = self.signed_in else { return false };
        let account = &mut self.accounts[person];
        if !route.scopes.iter().all(|scope| account.granted.contains(scope)) {
            return false;
        }
        if account.expired && !route.scopes.is_empty() {
            if account.withdrawn {
                account.granted.clear();
                return false;
            }
            account.expired = false;
        }
        true
    }

    fn missing(&self, route: Route) -> BTreeSet<&'static str> {
        let granted = self.signed_in.map(|person| &self.accounts[person].granted);
        let has = |scope: &&str| granted.is_some_and(|granted| granted.contains(*scope));
        route.scopes.iter().copied().filter(|scope| !has(scope)).collect()
    }

    fn url(&self, path: &str) -> String {
        self.app.url(path)
    }

    /// Goes where a page sent the browser, answers there, and says how it ended.
    async fn answer(
        &mut self,
        begun: &Page,
        wanted: &BTreeSet<&'static str>,
        answer: Answer,
    ) -> Page {
        let person = self.signed_in.unwrap_or(self.next);
        let consent = self.browser.consent_page(begun.location(), PEOPLE[person]).await;
        let asked = consent.body.contains("value=\"continue\"");
        let ticked: Vec<&str> = match answer {
            Answer::Grants => wanted.iter().copied().collect(),
            Answer::Unticks | Answer::Cancels => Vec::new(),
        };
        self.returned.insert(wanted.clone(), self.elapsed);
        let end = match (asked, answer) {
            (true, Answer::Cancels) => {
                let cancelled = self.browser.cancel(&consent).await;
                return self.browser.arrive(cancelled).await;
            }
            (true, _) => {
                let granted = self.browser.grant(&consent, &ticked).await;
                self.browser.arrive(granted).await
            }
            (false, _) => consent,
        };
        self.settle(person);
        end
    }

    /// The provider answered with a code: somebody is signed in, and has what the provider says.
    fn settle(&mut self, person: usize) {
        if self.signed_in != Some(person) {
            self.signed_in = Some(person);
            self.returned.clear();
        }
        let text = self.app.fake.granted(PEOPLE[person]);
        let has =
            |scope: &&'static str| text.split(' ').any(|name| name.ends_with(&format!("/{scope}")));
        let granted = [DRIVE, CALENDAR].into_iter().filter(has).collect();
        self.accounts[person] = Account { granted, expired: false, withdrawn: false };
    }

    async fn visit(&mut self, route: Route, answer: Answer, insists: bool) {
        let runs = self.may_run(route);
        let missing = self.missing(route);
        let mut page = self.browser.go(self.url(route.path)).await;
        assert_eq!(ran(&page, route), runs, "{route:?} {page:?}");
        if runs {
            return;
        }
        if page.status == 303 {
            let last = self.returned.get(&missing);
            let again = last.is_some_and(|then| self.elapsed < *then + Duration::from_secs(600));
            assert!(!again, "a second redirect for {missing:?}: {page:?}");
        } else {
            assert_eq!(page.status, 403, "{page:?}");
            if !insists {
                return;
            }
            let links = ["Grant access", "Try again", "Continue"];
            let link = links.into_iter().find(|link| page.body.contains(link)).unwrap();
            page = self.browser.go(page.link(link)).await;
            assert_eq!(page.status, 303, "{page:?}");
        }
        let end = self.answer(&page, &missing, answer).await;
        // Not asked, but told: whoever has it now sees the page, and nobody else does.
        let runs = self.may_run(route);
        assert_eq!(ran(&end, route), runs, "{route:?} {end:?}");
        assert!(runs || end.status == 403, "{end:?}");
    }

    async fn send(&mut self, answer: Answer) {
        let (runs, missing) = (self.may_run(ECHO), self.missing(ECHO));
        let origin = self.app.origin.clone();
        let echo = self.url(ECHO.path);
        let page = self.browser.post(echo, &FORM, "same-origin", &[("origin", &origin)]).await;
        assert_eq!(ran(&page, ECHO), runs, "{page:?}");
        if runs {
            return;
        }
        assert_eq!((page.status, page.url.path()), (200, "/oauth/hold"), "{page:?}");
        let begun = self.browser.go(page.link("Continue")).await;
        let end = self.answer(&begun, &missing, answer).await;
        if self.may_run(ECHO) {
            assert_eq!(end.url.path(), "/oauth/continue", "{end:?}");
            let sent = self.browser.send_form(&end).await;
            assert!(ran(&sent, ECHO) && sent.body.ends_with("title=x"), "{sent:?}");
            let twice = self.browser.send_form(&end).await;
            assert!(!ran(&twice, ECHO), "{twice:?}");
        } else {
            assert_eq!(end.status, 403, "{end:?}");
        }
    }

    /// Nobody goes anywhere for these, and nothing begins.
    async fn ask(&mut self, route: Route, method: Method, headers: &[(&str, &str)]) {
        let runs = self.may_run(route);
        let page = self.browser.send(method.clone(), &self.url(route.path), headers, None).await;
        assert_eq!(page.status == 200, runs, "{route:?} {page:?}");
        if !runs {
            assert!(matches!(page.status, 401 | 403), "{page:?}");
            assert!(page.set_cookies().is_empty(), "{page:?}");
            assert!(page.headers.get("location").is_none(), "{page:?}");
        }
    }

    async fn take(&mut self, step: Step) {
        let script = ("sec-fetch-mode", "cors");
        match step {
            Step::Visit(route, answer) => self.visit(route, answer, false).await,
            Step::Insist(route, answer) => self.visit(route, answer, true).await,
            Step::Send(answer) => self.send(answer).await,
            Step::Fetch(route) => self.ask(route, Method::GET, &[script]).await,
            Step::Htmx(route) => {
                self.ask(route, Method::GET, &[script, ("hx-request", "true")]).await;
            }
            Step::Prefetch(route) => {
                let prefetch = [("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch")];
                self.ask(route, Method::GET, &prefetch).await;
            }
            Step::Head(route) => {
                self.ask(route, Method::HEAD, &[("sec-fetch-mode", "navigate")]).await;
            }
            Step::SignOut => {
                let out = self.url("/oauth/sign-out");
                self.browser.post(out, &[], "same-origin", &[]).await;
                self.signed_in = None;
                self.returned.clear();
            }
            Step::Turn => self.next = 1 - self.next,
            Step::Wait => {
                self.app.clock.advance(Duration::from_secs(3_600));
                self.elapsed += Duration::from_secs(3_600);
                self.accounts.iter_mut().for_each(|account| account.expired = true);
            }
            Step::Withdraw => {
                if let Some(person) = self.signed_in {
                    self.app.fake.revoke_access_of(PEOPLE[person]);
                    self.accounts[person].withdrawn = true;
                }
            }
        }
    }
}

fn ran(page: &Page, route: Route) -> bool {
    page.status == 200 && page.body.starts_with(route.answer)
}

#[test]
fn a_handler_runs_if_and_only_if_all_is_granted_and_the_token_lives() {
    check(40, &vec(step(), 1..16), |steps| async move {
        let mut world = World::new().await;
        for step in steps {
            world.take(step).await;
        }
    });
}
