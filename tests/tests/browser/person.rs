//! Somebody in front of a browser: what people do with the pages, and what they see there.
//!
//! Whatever is looked at is also checked for what nobody sees: no console error, and no request
//! that leaves this machine.

use std::sync::Mutex;

use oauth_tests::browser::{Engine, Looks, Tab, WebBrowser};
use url::{Host, Url};

/// A person at an app.
pub(super) struct Person {
    pub(super) chromium: WebBrowser,
    pub(super) looks: Looks,
    origin: String,
    /// Every page that the browser asked for, the first one first.
    pages: Mutex<Vec<String>>,
}

impl Person {
    pub(super) async fn at(origin: &str) -> Self {
        Self::with(Looks::default(), origin).await
    }

    pub(super) async fn with(looks: Looks, origin: &str) -> Self {
        let chromium = WebBrowser::with(looks).await;
        Self { chromium, looks, origin: origin.to_owned(), pages: Mutex::default() }
    }

    pub(super) async fn of(engine: Engine, origin: &str) -> Self {
        let (chromium, looks) = (WebBrowser::of(engine).await, Looks::default());
        Self { chromium, looks, origin: origin.to_owned(), pages: Mutex::default() }
    }

    /// Somebody else at the same app, in a browser of their own.
    pub(super) async fn somebody_else(&self) -> Self {
        let chromium = self.chromium.beside().await;
        Self { chromium, pages: Mutex::default(), origin: self.origin.clone(), looks: self.looks }
    }

    /// Goes to a page of the app, or to a whole address.
    pub(super) async fn opens(&self, target: &str) {
        let url = if target.starts_with('/') { self.url(target) } else { target.to_owned() };
        self.chromium.goto(url).await;
    }

    pub(super) async fn clicks(&self, css: &str) {
        self.chromium.click(css).await;
    }

    pub(super) async fn reloads(&self) {
        self.chromium.reload().await;
    }

    pub(super) async fn goes_back(&self) {
        self.chromium.back().await;
    }

    /// The first way on that a page of ours offers.
    pub(super) async fn goes_on(&self) {
        self.clicks("main nav a.main").await;
    }

    /// The second one.
    pub(super) async fn goes_the_other_way(&self) {
        self.clicks("main nav a.main + a").await;
    }

    pub(super) async fn opens_a_tab(&self, target: &str) -> Tab {
        let tab = self.chromium.open_tab().await;
        self.opens(target).await;
        tab
    }

    pub(super) async fn turns_to(&self, tab: &Tab) {
        self.chromium.show(tab).await;
    }

    /// Picks an account from the provider's list.
    pub(super) async fn chooses(&self, email: &str) {
        self.clicks(&format!("button[value='{email}']")).await;
    }

    /// Asks the provider for its list of accounts, as Google's own switch does on a consent page.
    pub(super) async fn wants_another_account(&self) {
        self.chromium.wait_for("button[value='continue']").await;
        let mut url = Url::parse(&self.chromium.url().await).unwrap();
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        url.query_pairs_mut().clear().extend_pairs(pairs.iter().filter(|p| p.0 != "login_hint"));
        self.opens(url.as_str()).await;
    }

    /// The scopes on the consent page, by their short names.
    pub(super) async fn is_asked_for(&self, scopes: &[&str]) {
        let asked = self.scopes_on_the_page().await;
        let mut asked: Vec<_> = asked.iter().map(|name| short(name)).collect();
        let mut scopes = scopes.to_owned();
        asked.sort_unstable();
        scopes.sort_unstable();
        assert_eq!(asked, scopes);
        self.sees_nothing_odd().await;
    }

    /// Ticks these and no other, and continues.
    pub(super) async fn grants(&self, scopes: &[&str]) {
        for scope in self.scopes_on_the_page().await {
            let wrong = if scopes.contains(&short(&scope)) { ":not(:checked)" } else { ":checked" };
            let css = format!("input[type='checkbox'][value='{scope}']{wrong}");
            if !self.chromium.texts(&css).await.is_empty() {
                self.clicks(&css).await;
            }
        }
        self.clicks("button[value='continue']").await;
    }

    async fn scopes_on_the_page(&self) -> Vec<String> {
        self.chromium.wait_for("button[value='continue']").await;
        let names = "return [...document.querySelectorAll('input[type=checkbox]')]                     .map(box => box.value).join(' ')";
        self.chromium.script(names).await.split_whitespace().map(str::to_owned).collect()
    }

    pub(super) async fn cancels(&self) {
        self.clicks("button[value='cancel']").await;
    }

    /// Signs in by the link at the top of the page, and grants no more than that takes.
    pub(super) async fn signs_in_as(&self, email: &str) {
        self.opens("/").await;
        self.clicks("header a[href^='/oauth/sign-in']").await;
        self.chooses(email).await;
        let next = "button[value='continue'], header form[action^='/oauth/sign-out'] button";
        self.chromium.wait_for(next).await;
        if !self.chromium.texts("button[value='continue']").await.is_empty() {
            self.clicks("button[value='continue']").await;
        }
        self.arrives_at("/").await;
        self.is_signed_in_as(email).await;
    }

    pub(super) async fn signs_out(&self) {
        self.clicks("header form[action^='/oauth/sign-out'] button").await;
        self.chromium.wait_for("header a[href^='/oauth/sign-in']").await;
        self.sees_nothing_odd().await;
    }

    pub(super) async fn writes(&self, title: &str, text: &str) {
        self.chromium.type_into("#title", title).await;
        self.chromium.type_into("#text", text).await;
    }

    /// Sends the form that was kept.
    pub(super) async fn sends(&self) {
        self.chromium.arrive("the kept form", |at| at.contains("/oauth/continue?")).await;
        self.sees_nothing_odd().await;
        self.clicks("main form button").await;
    }

    /// Writes a note on the page of notes, and finds it in the list.
    pub(super) async fn saves(&self, title: &str) {
        self.writes(title, "a line").await;
        self.clicks("main form button").await;
        self.reads_of(title).await;
    }

    /// Waits for a note in the list.
    pub(super) async fn reads_of(&self, title: &str) {
        self.chromium.wait_for_text("#notes", title).await;
        self.sees_nothing_odd().await;
    }

    /// The names in the list of notes.
    pub(super) async fn notes(&self) -> Vec<String> {
        self.chromium.wait_for("#title").await;
        let items = self.chromium.texts("#notes > li").await;
        items.iter().map(|item| item.lines().next().unwrap_or_default().to_owned()).collect()
    }

    /// Ends at this page of the app, which is shown in full.
    pub(super) async fn arrives_at(&self, target: &str) {
        let url = self.url(target);
        // A note that was just saved is told in the query of its page.
        let saved = format!("{url}?saved=");
        self.chromium.arrive(target, move |at| at == url || at.starts_with(&saved)).await;
        self.sees_nothing_odd().await;
        self.was_answered(200, &format!("at {target}")).await;
    }

    /// Is on a page of the provider, which waits for an answer.
    pub(super) async fn is_at_the_provider(&self) {
        let origin = self.url("/");
        self.chromium.arrive("a page elsewhere", move |at| !at.starts_with(&origin)).await;
        self.chromium.wait_for("main form button").await;
        self.sees_nothing_odd().await;
    }

    pub(super) async fn is_signed_in_as(&self, email: &str) {
        self.chromium.wait_for_text("header", email).await;
    }

    /// A page of ours with this status: one heading, and a way on. Says what it reads.
    pub(super) async fn is_told(&self, status: u16) -> String {
        self.chromium.wait_for("main nav a.main").await;
        assert_eq!(self.chromium.texts("main h1").await.len(), 1);
        assert!(self.chromium.url().await.starts_with(&self.origin));
        let text = self.chromium.text("main").await;
        self.was_answered(status, &text).await;
        self.sees_nothing_odd().await;
        text
    }

    /// The whole address under which the provider last sent the browser back.
    pub(super) async fn last_callback(&self) -> String {
        self.sees_nothing_odd().await;
        let callback = self.url("/oauth/callback?");
        let pages = self.pages.lock().unwrap();
        pages.iter().rfind(|url| url.starts_with(&callback)).unwrap().clone()
    }

    /// What the page's scripts, styles and requests did while nobody looked.
    pub(super) async fn sees_nothing_odd(&self) {
        let complaints = self.chromium.complaints().await;
        let requests = self.chromium.requests().await;
        let strange: Vec<_> = requests.iter().filter(|request| !is_local(&request.url)).collect();
        assert!(strange.is_empty(), "asked elsewhere: {strange:?}");
        let mut pages = self.pages.lock().unwrap();
        pages.extend(requests.into_iter().filter(|r| r.for_page).map(|r| r.url));
        let odd: Vec<_> = complaints.iter().filter(|line| !is_expected(line, &pages)).collect();
        assert!(odd.is_empty(), "{odd:#?}");
    }

    /// The status of the page, which `WebKit` does not tell.
    async fn was_answered(&self, status: u16, what: &str) {
        let script = "return performance.getEntriesByType('navigation')[0].responseStatus ?? ''";
        let told = self.chromium.script(script).await;
        let untold = self.chromium.engine == Engine::WebKit && told.is_empty();
        assert!(untold || told == status.to_string(), "{told}, not {status}: {what}");
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

/// A page of ours is an error to the console by its status alone, and so is the refusal that a
/// script gets; and browsers ask by themselves for an icon that nobody promised.
fn is_expected(complaint: &str, pages: &[String]) -> bool {
    let (url, text) = complaint.split_once(" - ").unwrap_or_default();
    let known = ["/favicon.ico", "/week/note"].iter().any(|end| url.ends_with(end));
    let fits = known || pages.iter().any(|page| page == url);
    fits && text.contains("the server responded with a status of")
}

fn short(scope: &str) -> &str {
    scope.rsplit('/').next().unwrap_or(scope)
}

fn is_local(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => matches!(url.scheme(), "data" | "about" | "blob" | "chrome"),
    }
}
