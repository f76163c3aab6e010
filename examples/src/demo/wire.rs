//! What happens on the wire: what was asked, what was answered, what is kept.
//!
//! A layer around the app watches what passes through it anyway: our own redirect to the
//! authorization endpoint, and the request that brings the answer back. So it works with every
//! provider. It takes the parameters that it shows by name; of `state` a keyed hash is kept, to
//! tell which answer belongs to which question, and of codes and tokens nothing.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Query, Request, State};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::Response;
use oauth_runtime::{ScopeSet, User};

use super::words;

/// Where the library ends a session.
const SIGN_OUT: &str = "/oauth/sign-out";
/// The cookie that tells browsers apart, so that each sees only its own authorizations.
const NAME: &str = "demo_wire";
const SHOWN: [&str; 4] = ["prompt", "login_hint", "access_type", "include_granted_scopes"];
const OF_ONE_BROWSER: usize = 10;
const OF_ALL: usize = 200;
const LONGEST: usize = 100;

/// The last authorizations, the oldest first.
#[derive(Clone, Default)]
pub(crate) struct Wire(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Keyed when the program starts, so that nobody can compute a name.
    hasher: RandomState,
    log: Mutex<VecDeque<Exchange>>,
}

/// What one browser may see of it, the newest first.
#[derive(Clone, Default)]
pub(crate) struct Seen(pub(crate) Vec<Exchange>);

/// One authorization.
#[derive(Clone)]
pub(crate) struct Exchange {
    browser: u64,
    flow: u64,
    pub(crate) asked: Vec<String>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) answer: Answer,
    /// What the library holds since, of whoever was signed in then.
    pub(crate) stored: Option<Vec<String>>,
}

#[derive(Clone, PartialEq)]
pub(crate) enum Answer {
    Awaited,
    /// A code, with the scopes that it stands for where the provider names them.
    Code(Vec<String>),
    Error(String),
}

impl Exchange {
    /// How it ended, in a word or two.
    pub(crate) fn outcome(&self) -> &'static str {
        match &self.answer {
            Answer::Awaited => "Waiting",
            Answer::Error(_) => "Refused",
            Answer::Code(_) if self.left_out().is_empty() => "Granted",
            Answer::Code(_) => "Granted in part",
        }
    }

    /// What it was about: what was asked besides who it is.
    pub(crate) fn subject(&self) -> String {
        let asked = self.asked.iter().filter(|name| !words::is_identity(name));
        let names: Vec<_> = asked.map(|name| words::short(name)).collect();
        if names.is_empty() { "sign-in".to_owned() } else { names.join(", ") }
    }

    /// What was asked and is not in the answer, under whatever name.
    pub(crate) fn left_out(&self) -> Vec<&str> {
        let Answer::Code(scopes) = &self.answer else { return Vec::new() };
        let granted = scopes.iter().map(String::as_str).collect::<ScopeSet>().closure();
        let asked = self.asked.iter().map(String::as_str);
        asked.filter(|name| !scopes.is_empty() && !granted.contains_name(name)).collect()
    }

    /// An e-mail address is shown to the person whose it is.
    fn for_eyes_of(mut self, email: Option<&str>) -> Self {
        for (name, value) in &mut self.parameters {
            if name == "login_hint" && Some(value.as_str()) != email {
                "another address".clone_into(value);
            }
        }
        self
    }
}

/// The layer: notes what passes, and gives the pages what their reader may see.
pub(crate) async fn watch(
    State(wire): State<Wire>,
    user: Option<User>,
    mut request: Request,
    next: Next,
) -> Response {
    let browser = browser(request.headers());
    let answer = Parameters::of(request.uri()).and_then(|query| wire.answer(&query));
    let signs_out = request.uri().path() == SIGN_OUT;
    if let Some(browser) = browser {
        wire.settle(browser, user.as_ref());
        let seen = wire.seen_by(browser, user.as_ref().and_then(User::email));
        request.extensions_mut().insert(seen);
    }
    let mut response = next.run(request).await;
    if signs_out && response.headers().contains_key(SET_COOKIE) {
        wire.log().retain(|exchange| Some(exchange.browser) != browser);
    }
    if let Some((flow, answer)) = answer {
        wire.answered(browser, flow, answer);
    }
    if let Some(query) = authorization_request(response.headers()) {
        let browser = wire.asked(browser, &query);
        let cookie = format!("{NAME}={browser:016x}; HttpOnly; SameSite=Lax; Path=/");
        response.headers_mut().extend(HeaderValue::try_from(cookie).map(|it| (SET_COOKIE, it)));
    }
    response
}

/// The parameters of an address.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn of(uri: &Uri) -> Option<Self> {
        Query::try_from_uri(uri).ok().map(|Query(pairs)| Self(pairs))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    fn names(&self, name: &str) -> Vec<String> {
        let names = self.get(name).unwrap_or_default().split_ascii_whitespace();
        names.map(str::to_owned).collect()
    }
}

/// The parameters of a redirect that asks for an authorization (RFC 6749 §4.1.1).
fn authorization_request(headers: &HeaderMap) -> Option<Parameters> {
    let location: Uri = headers.get(LOCATION)?.to_str().ok()?.parse().ok()?;
    let query = Parameters::of(&location)?;
    (query.get("response_type") == Some("code")).then_some(query)
}

impl Wire {
    fn log(&self) -> MutexGuard<'_, VecDeque<Exchange>> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A browser gets its name with its first question: `state` is random and its own.
    fn asked(&self, browser: Option<u64>, query: &Parameters) -> u64 {
        let state = query.get("state").unwrap_or_default();
        let browser = browser.unwrap_or_else(|| self.0.hasher.hash_one(("browser", state)));
        let shown = |name: &str| Some((name.to_owned(), shorten(query.get(name)?)));
        let mut log = self.log();
        log.push_back(Exchange {
            browser,
            flow: self.flow(state),
            asked: query.names("scope"),
            parameters: SHOWN.iter().filter_map(|name| shown(name)).collect(),
            answer: Answer::Awaited,
            stored: None,
        });
        if log.len() > OF_ALL {
            log.pop_front();
        }
        browser
    }

    fn flow(&self, state: &str) -> u64 {
        self.0.hasher.hash_one(("flow", state))
    }

    /// What an authorization response (RFC 6749 §4.1.2) says, and to which question.
    fn answer(&self, query: &Parameters) -> Option<(u64, Answer)> {
        let flow = self.flow(query.get("state")?);
        let error = query.get("error").map(|error| Answer::Error(shorten(error)));
        let code = || query.get("code").map(|_| Answer::Code(query.names("scope")));
        error.or_else(code).map(|answer| (flow, answer))
    }

    /// Only the first answer counts, and only in the browser that asked.
    fn answered(&self, browser: Option<u64>, flow: u64, answer: Answer) {
        let mut log = self.log();
        let mut own = log.iter_mut().filter(|it| it.flow == flow && Some(it.browser) == browser);
        if let Some(exchange) = own.find(|exchange| exchange.answer == Answer::Awaited) {
            exchange.answer = answer;
        }
    }

    /// The request after an answer is the first that carries what the library made of it.
    fn settle(&self, browser: u64, user: Option<&User>) {
        let held = || user.map(|it| it.scopes().names().map(str::to_owned).collect::<Vec<_>>());
        for exchange in self.log().iter_mut().filter(|it| it.browser == browser) {
            if exchange.answer != Answer::Awaited && exchange.stored.is_none() {
                exchange.stored = Some(held().unwrap_or_default());
            }
        }
    }

    fn seen_by(&self, browser: u64, email: Option<&str>) -> Seen {
        let log = self.log();
        let own = log.iter().rev().filter(|exchange| exchange.browser == browser);
        Seen(own.take(OF_ONE_BROWSER).map(|it| it.clone().for_eyes_of(email)).collect())
    }
}

fn browser(headers: &HeaderMap) -> Option<u64> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split("; "));
    let value = pairs.filter_map(|pair| pair.split_once('=')).find(|pair| pair.0 == NAME)?.1;
    u64::from_str_radix(value, 16).ok()
}

fn shorten(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Parameters {
        Parameters::of(&format!("/?{text}").parse().unwrap()).unwrap()
    }

    fn redirect(location: &str) -> HeaderMap {
        HeaderMap::from_iter([(LOCATION, location.parse().unwrap())])
    }

    #[test]
    fn only_a_redirect_that_asks_for_a_code_is_a_question() {
        let server = "https://server.example/authorize?response_type";
        assert!(authorization_request(&redirect(&format!("{server}=code&scope=a"))).is_some());
        for location in ["/notes", "/notes?code=code", "https://server.example/?scope=a"] {
            assert!(authorization_request(&redirect(location)).is_none(), "{location}");
        }
    }

    #[test]
    fn an_answer_counts_once_and_in_the_browser_that_asked() {
        let wire = Wire::default();
        let browser = wire.asked(None, &query("state=s1&scope=a+b"));
        let (flow, answer) = wire.answer(&query("state=s1&code=c&scope=b")).unwrap();
        let first = |wire: &Wire| wire.seen_by(browser, None).0[0].answer.clone();
        wire.answered(Some(browser ^ 1), flow, answer.clone());
        assert!(first(&wire) == Answer::Awaited);
        wire.answered(Some(browser), flow ^ 1, answer.clone());
        assert!(first(&wire) == Answer::Awaited);
        wire.answered(Some(browser), flow, answer);
        wire.answered(Some(browser), flow, Answer::Error("late".to_owned()));
        assert!(first(&wire) == Answer::Code(vec!["b".to_owned()]));
        assert_eq!(wire.seen_by(browser, None).0[0].left_out(), ["a"]);
        assert!(wire.seen_by(browser ^ 1, None).0.is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let wire = Wire::default();
        let mut browser = None;
        for number in 0..OF_ALL + 5 {
            let long = "x".repeat(LONGEST * 2);
            browser = Some(wire.asked(browser, &query(&format!("state={number}&prompt={long}"))));
        }
        assert_eq!(wire.log().len(), OF_ALL);
        let seen = wire.seen_by(browser.unwrap(), None).0;
        assert_eq!((seen.len(), seen[0].parameters[0].1.len()), (OF_ONE_BROWSER, LONGEST));
    }

    #[test]
    fn an_address_is_shown_to_nobody_else() {
        let wire = Wire::default();
        let browser = wire.asked(None, &query("state=s&login_hint=ada@example.com"));
        let hint = |email| wire.seen_by(browser, email).0[0].parameters[0].1.clone();
        assert_eq!(hint(Some("ada@example.com")), "ada@example.com");
        for email in [None, Some("bob@example.com")] {
            assert_eq!(hint(email), "another address");
        }
    }

    #[test]
    fn a_browser_is_known_by_its_cookie() {
        let headers = |text: &str| HeaderMap::from_iter([(COOKIE, text.parse().unwrap())]);
        assert_eq!(browser(&headers("a=b; demo_wire=00000000000000ff")), Some(255));
        for cookie in ["a=b", "demo_wire=", "demo_wire=xyz", "xdemo_wire=ff"] {
            assert_eq!(browser(&headers(cookie)), None, "{cookie}");
        }
    }
}
