//! A browser's manners without a browser: cookies, redirects, and the headers by which a server
//! tells a navigation from a fetch. It talks to loopback alone.

mod cookies;
mod form;
mod html;
mod page;
mod site;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use url::Url;

use cookies::Jar;
pub use form::Form;
pub use page::{Hop, Page};
use site::{Initiator, Relation, is_loopback};

/// Redirects that a browser follows before it gives up.
const MOST_HOPS: usize = 20;

/// One browser profile: its cookies are its own, so that two of these are two people.
#[derive(Debug)]
pub struct Browser {
    http: Client,
    jar: Mutex<Jar>,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A browser without a cookie.
    pub fn new() -> Self {
        let client =
            Client::builder().redirect(Policy::none()).no_proxy().timeout(Duration::from_secs(30));
        Self { http: client.build().expect("an HTTP client"), jar: Mutex::default() }
    }

    /// Opens the address as if typed in, and stays where a redirect would lead on.
    pub async fn get(&self, url: impl AsRef<str>) -> Page {
        self.visit(Method::GET, url).send().await
    }

    /// Opens the address as if typed in, and follows redirects as far as loopback goes.
    pub async fn follow(&self, url: impl AsRef<str>) -> Page {
        self.visit(Method::GET, url).following().send().await
    }

    /// Clicks the link of that text and follows redirects.
    pub async fn click(&self, page: &Page, text: &str) -> Page {
        self.visit(Method::GET, page.link(text)).from(page).following().send().await
    }

    /// Sends the form, with fields replaced or added, and follows redirects.
    pub async fn submit(&self, form: Form, overrides: &[(&str, &str)]) -> Page {
        let form = overrides.iter().fold(form, |form, (name, value)| form.with(name, value));
        let mut visit = self.visit(form.method.clone(), form.target());
        visit.initiator = Some(form.initiator.clone());
        visit.body = form.body();
        visit.following().send().await
    }

    /// Posts a form from a page of the same origin, and stays where a redirect would lead on.
    pub async fn post_form(&self, url: impl AsRef<str>, fields: &[(&str, &str)]) -> Page {
        self.visit(Method::POST, url).from_same_origin().form(fields).send().await
    }

    /// Asks for JSON as a script of a page of the same origin does.
    pub async fn fetch(&self, url: impl AsRef<str>) -> Page {
        self.visit(Method::GET, url).from_same_origin().as_fetch().send().await
    }

    /// A request to be described further. It begins as a navigation that the user typed in.
    pub fn visit(&self, method: Method, url: impl AsRef<str>) -> Visit<'_> {
        let url =
            Url::parse(url.as_ref()).unwrap_or_else(|error| panic!("{:?}: {error}", url.as_ref()));
        let (initiator, headers, body) = (None, HeaderMap::new(), None);
        Visit {
            browser: self,
            method,
            url,
            initiator,
            headers,
            body,
            navigates: true,
            follows: false,
        }
    }

    /// The value of the cookie of that name, whichever host set it.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar().value(name)
    }

    /// What the browser would send to the address in a navigation of its own.
    pub fn cookies_for(&self, url: impl AsRef<str>) -> Option<String> {
        let url = Url::parse(url.as_ref()).expect("a URL");
        self.jar().header(&url, Relation::None, true)
    }

    /// Keeps a cookie as if the address had set it: `name=value; Path=/`.
    pub fn set_cookie(&self, url: impl AsRef<str>, cookie: &str) {
        let url = Url::parse(url.as_ref()).expect("a URL");
        self.jar().keep(&url, cookie);
    }

    /// Forgets every cookie.
    pub fn clear(&self) {
        *self.jar() = Jar::default();
    }

    fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in the making.
#[derive(Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Visit<'a> {
    browser: &'a Browser,
    method: Method,
    url: Url,
    initiator: Option<Initiator>,
    headers: HeaderMap,
    body: Option<String>,
    navigates: bool,
    follows: bool,
}

impl Visit<'_> {
    /// Comes from a link or form of this page, wherever that is.
    pub fn from(mut self, page: &Page) -> Self {
        self.initiator = Some(page.initiator());
        self
    }

    /// Comes from a page of the address's own origin.
    pub fn from_same_origin(self) -> Self {
        let page = self.url.join("/").expect("an address with a host");
        self.from_address(page)
    }

    /// Comes from a page at this address, such as another site's.
    pub fn from_address(mut self, page: impl AsRef<str>) -> Self {
        self.initiator = Some(Initiator::new(Url::parse(page.as_ref()).expect("a URL")));
        self
    }

    /// Is sent by a script and takes JSON; it follows nothing and shows nothing.
    pub fn as_fetch(mut self) -> Self {
        self.navigates = false;
        self
    }

    /// Carries a form.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = Some(form::encode(fields.iter().copied()));
        self
    }

    /// Sends a header besides the usual ones, or in place of one.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.insert(name, value.parse().expect("a header value"));
        self
    }

    /// Follows redirects as far as loopback goes.
    pub fn following(mut self) -> Self {
        self.follows = true;
        self
    }

    /// Sends it, and keeps the cookies that come back.
    pub async fn send(mut self) -> Page {
        let mut chain = Vec::new();
        let mut hops = Vec::new();
        loop {
            chain.push(self.url.clone());
            let response = self.exchange(&chain).await;
            let next = next(&self.url, &response).filter(|_| self.follows);
            let Some(next) = next.filter(is_loopback) else {
                return Page::read(self.url, response, hops).await;
            };
            assert!(hops.len() < MOST_HOPS, "redirected for ever: {hops:#?}");
            self.redirect(response.status().as_u16());
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            hops.push(Hop { status, url: std::mem::replace(&mut self.url, next), headers });
        }
    }

    async fn exchange(&self, chain: &[Url]) -> Response {
        assert!(is_loopback(&self.url), "{} is not on loopback", self.url);
        let site = Relation::of(self.initiator.as_ref(), chain);
        let mut headers = self.usual_headers(site, chain);
        if let Some(cookies) = self.cookies(site) {
            headers.insert("cookie", value(&cookies));
        }
        headers.extend(self.headers.clone());
        let mut request =
            self.browser.http.request(self.method.clone(), self.url.clone()).headers(headers);
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        let response = request.send().await;
        let response =
            response.unwrap_or_else(|error| panic!("{} {}: {error:?}", self.method, self.url));
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.browser.jar().keep(&self.url, &String::from_utf8_lossy(cookie.as_bytes()));
        }
        response
    }

    fn cookies(&self, site: Relation) -> Option<String> {
        let safe = matches!(self.method, Method::GET | Method::HEAD);
        self.browser.jar().header(&self.url, site, self.navigates && safe)
    }

    fn usual_headers(&self, site: Relation, chain: &[Url]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut add = |name: &'static str, text: &str| drop(headers.insert(name, value(text)));
        add("sec-fetch-site", site.as_str());
        if self.navigates {
            add("sec-fetch-mode", "navigate");
            add("sec-fetch-dest", "document");
            add("sec-fetch-user", "?1");
            add("upgrade-insecure-requests", "1");
            add("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        } else {
            add("sec-fetch-mode", "cors");
            add("sec-fetch-dest", "empty");
            add("accept", "application/json");
        }
        if self.body.is_some() {
            add("content-type", "application/x-www-form-urlencoded");
        }
        let Some(initiator) = &self.initiator else { return headers };
        if let Some(referer) = initiator.referer(&self.url) {
            add("referer", &referer);
        }
        if !matches!(self.method, Method::GET | Method::HEAD) {
            add("origin", &initiator.origin(chain));
        }
        headers
    }

    /// What becomes of method and body: 307 and 308 keep them, the others do not.
    fn redirect(&mut self, status: u16) {
        let becomes_get =
            status == 303 || (matches!(status, 301 | 302) && self.method == Method::POST);
        if becomes_get && self.method != Method::HEAD {
            self.method = Method::GET;
            self.body = None;
        }
    }
}

/// Where a response redirects to.
fn next(url: &Url, response: &Response) -> Option<Url> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION).filter(|_| redirects)?.to_str().ok()?;
    Some(url.join(location).unwrap_or_else(|error| panic!("location {location:?}: {error}")))
}

fn value(text: &str) -> HeaderValue {
    text.parse().unwrap_or_else(|error| panic!("{text:?} as a header: {error}"))
}

#[cfg(test)]
mod tests;
