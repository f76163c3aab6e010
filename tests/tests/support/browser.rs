//! A browser without a screen: cookies, redirects, forms, and the headers of a real one.

use std::collections::BTreeMap;

use http::{HeaderMap, Method, header};
use url::Url;

use super::html::{self, Form};
use super::ours;

const MAX_HOPS: usize = 20;

/// One person's browser. Cookies are kept by host, as browsers do: ports share them.
pub struct Browser {
    http: reqwest::Client,
    pub cookies: BTreeMap<String, String>,
    /// What it sends as `Accept-Language`.
    pub languages: &'static str,
    /// Every address that was asked for, the first one first.
    pub hops: Vec<Url>,
    /// Whether the app has pages of its own in the place of the library's, with its own policy.
    pub own_pages: bool,
}

/// What came back.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> Url {
        self.url.join(self.header("location")).unwrap()
    }

    pub fn query(&self, name: &str) -> Option<String> {
        query(&self.location(), name)
    }

    pub fn link(&self, text: &str) -> Url {
        let href = html::link(&self.body, text);
        let href = href.unwrap_or_else(|| panic!("no link {text:?} in {}", self.body));
        self.url.join(&href).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// Whether it is a page of the fake on which this person has something to say.
    pub fn asks(&self, email: &str) -> bool {
        self.form_with("account", email).is_some()
            || self.form_with("decision", "continue").is_some()
    }

    fn form_with(&self, button: &str, value: &str) -> Option<Form> {
        let has = |form: &Form| form.buttons.iter().any(|(n, v)| n == button && v == value);
        html::forms(&self.body).into_iter().find(has)
    }
}

pub fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|pair| pair.0 == name).map(|pair| pair.1.into_owned())
}

impl Browser {
    pub fn new() -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            http: http.build().unwrap(),
            cookies: BTreeMap::new(),
            languages: "en",
            hops: Vec::new(),
            own_pages: false,
        }
    }

    /// The same person's browser a second time, as another tab finds it now.
    pub fn tab(&self) -> Self {
        Self {
            http: self.http.clone(),
            cookies: self.cookies.clone(),
            languages: self.languages,
            hops: Vec::new(),
            own_pages: false,
        }
    }

    /// Goes to a page and does not follow where it sends.
    pub async fn go(&mut self, url: impl AsRef<str>) -> Page {
        let headers = [
            ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "none"),
        ];
        self.send(Method::GET, url.as_ref(), &headers, None).await
    }

    /// Goes to a page and wherever it sends, to the end.
    pub async fn follow(&mut self, url: impl AsRef<str>) -> Page {
        let page = self.go(url).await;
        self.arrive(page).await
    }

    pub async fn arrive(&mut self, mut page: Page) -> Page {
        for _ in 0..MAX_HOPS {
            if !page.headers.contains_key("location") {
                return page;
            }
            page = self.go(page.location()).await;
        }
        panic!("a redirect loop: {:?}", self.hops);
    }

    /// A script of the app's own page asks.
    pub async fn fetch(&mut self, url: impl AsRef<str>, more: &[(&str, &str)]) -> Page {
        let mut headers = vec![
            ("accept", "application/json"),
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
        ];
        headers.extend(more);
        self.send(Method::GET, url.as_ref(), &headers, None).await
    }

    /// A form that a page at `origin` sends.
    pub async fn post(
        &mut self,
        url: impl AsRef<str>,
        fields: &[(&str, &str)],
        site: &str,
        more: &[(&str, &str)],
    ) -> Page {
        let mut headers = vec![
            ("accept", "text/html"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", site),
        ];
        headers.extend(more);
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut page = self.send(Method::POST, url.as_ref(), &headers, Some(body.clone())).await;
        // 307: the same once more, elsewhere (RFC 9110 §15.4.8).
        while page.status == 307 {
            let to = page.location();
            page = self.send(Method::POST, to.as_str(), &headers, Some(body.clone())).await;
        }
        page
    }

    /// Presses the button of the one form on the page, which has no name.
    pub async fn send_form(&mut self, page: &Page) -> Page {
        let form = &html::forms(&page.body)[0];
        let fields: Vec<_> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let action = page.url.join(&form.action).unwrap();
        let origin = page.url.origin().ascii_serialization();
        self.post(action, &fields, "same-origin", &[("origin", &origin)]).await
    }

    /// Chooses an account on the fake's page.
    pub async fn choose(&mut self, page: &Page, email: &str) -> Page {
        let form = page.form_with("account", email);
        let form = form.unwrap_or_else(|| panic!("no account {email} in {}", page.body));
        self.press(page, &form, ("account", email), |_| true).await
    }

    /// Grants what is named short, and nothing else that is asked.
    pub async fn grant(&mut self, page: &Page, scopes: &[&str]) -> Page {
        let form = page.form_with("decision", "continue");
        let form = form.unwrap_or_else(|| panic!("no consent to give in {}", page.body));
        let ticked = |name: &str| scopes.iter().any(|scope| name.ends_with(&format!("/{scope}")));
        self.press(page, &form, ("decision", "continue"), ticked).await
    }

    pub async fn cancel(&mut self, page: &Page) -> Page {
        let form = page.form_with("decision", "cancel");
        let form = form.unwrap_or_else(|| panic!("nothing to cancel in {}", page.body));
        self.press(page, &form, ("decision", "cancel"), |_| false).await
    }

    /// Goes to a page, signs in as `email` where that is asked, and grants `scopes`.
    pub async fn authorize(&mut self, url: impl AsRef<str>, email: &str, scopes: &[&str]) -> Page {
        let page = self.consent_page(url, email).await;
        let page = if page.form_with("decision", "continue").is_some() {
            self.grant(&page, scopes).await
        } else {
            page
        };
        self.arrive(page).await
    }

    /// Goes to a page and through everything that is asked, up to the callback, which is not
    /// loaded yet.
    pub async fn return_address(
        &mut self,
        url: impl AsRef<str>,
        email: &str,
        scopes: &[&str],
    ) -> Url {
        let mut page = self.go(url).await;
        loop {
            page = if page.asks(email) {
                self.answer(page, email, scopes).await
            } else if !page.headers.contains_key("location") {
                panic!("nothing is asked at {}: {}", page.url, page.body);
            } else if page.location().path() == "/oauth/callback" {
                return page.location();
            } else {
                self.go(page.location()).await
            }
        }
    }

    /// Answers what the fake's page asks.
    pub async fn answer(&mut self, page: Page, email: &str, scopes: &[&str]) -> Page {
        match page.form_with("account", email) {
            Some(_) => self.choose(&page, email).await,
            None => self.grant(&page, scopes).await,
        }
    }

    /// Goes to a page and as far as the consent, if any is asked.
    pub async fn consent_page(&mut self, url: impl AsRef<str>, email: &str) -> Page {
        let page = self.follow(url).await;
        if page.form_with("account", email).is_none() {
            return page;
        }
        let page = self.choose(&page, email).await;
        self.arrive(page).await
    }

    async fn press(
        &mut self,
        page: &Page,
        form: &Form,
        button: (&str, &str),
        ticked: impl Fn(&str) -> bool,
    ) -> Page {
        let fields = form.fields.iter().chain(form.checkboxes.iter().filter(|b| ticked(&b.1)));
        let mut fields: Vec<_> = fields.map(|(n, v)| (n.as_str(), v.as_str())).collect();
        fields.push(button);
        let url = page.url.join(&form.action).unwrap();
        self.post(&url, &fields, "same-origin", &[]).await
    }

    pub async fn send(
        &mut self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Page {
        self.hops.push(url.parse().unwrap());
        let request = self.http.request(method, url);
        let mut request = request.header(header::ACCEPT_LANGUAGE, self.languages);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        if let Some(body) = body {
            request =
                request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let url = response.url().clone();
        let page = Page { status, url, headers, body: response.text().await.unwrap() };
        page.set_cookies().iter().for_each(|line| self.keep(line));
        ours::check(&page, &self.cookies, self.own_pages);
        page
    }

    fn keep(&mut self, line: &str) {
        let (name, rest) = line.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        if line.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
