//! A real browser without a screen: Chromium, Firefox or `WebKit`, and the program that drives it.
//! Both are gone when dropped.

mod driver;
mod engine;
mod looks;
mod record;
mod tabs;

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use engine::Engine;
pub use looks::Looks;
pub use record::Request;
pub use tabs::Tab;
pub use thirtyfour;

use driver::{Driver, Profile, Session};
use thirtyfour::TypingData;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::extensions::query::ElementQuery;
use thirtyfour::prelude::*;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::target;

const PATIENCE: Duration = Duration::from_secs(20);
const INTERVAL: Duration = Duration::from_millis(25);
/// How often a page may be lost before that is a failure.
const LOSSES: usize = 3;

/// How many tests have a browser at a time. A second one stands beside the first, on the same
/// turn, so that tests never wait for each other in a ring.
static BROWSERS: Semaphore = Semaphore::const_new(4);

/// One browser with a profile of its own.
#[derive(Debug)]
pub struct WebBrowser {
    pub engine: Engine,
    // In the order in which they have to go: the session, its driver, the files.
    session: Session,
    _driver: Driver,
    _profile: Profile,
    looks: Looks,
    _turn: Option<SemaphorePermit<'static>>,
}

impl WebBrowser {
    /// Starts Chromium of the usual size in light colours.
    pub async fn start() -> Self {
        Self::with(Looks::default()).await
    }

    /// Starts Chromium that looks at pages in this way.
    pub async fn with(looks: Looks) -> Self {
        let turn = said(BROWSERS.acquire().await, "a turn");
        Self::begin(Engine::Chromium, looks, Some(turn)).await
    }

    /// Starts a browser of this engine.
    pub async fn of(engine: Engine) -> Self {
        let turn = said(BROWSERS.acquire().await, "a turn");
        Self::begin(engine, Looks::default(), Some(turn)).await
    }

    /// Starts another browser beside this one, which knows nothing of it.
    pub async fn beside(&self) -> Self {
        Self::begin(self.engine, self.looks, None).await
    }

    async fn begin(engine: Engine, looks: Looks, turn: Option<SemaphorePermit<'static>>) -> Self {
        let profile = Profile::new();
        let mut driver = Driver::start(engine, &profile.0);
        let capabilities = said(looks::capabilities(engine, looks, &profile.0), "the flags");
        let session = said(WebDriver::new(driver.url(), capabilities).await, "a session");
        driver.session = Some(session.session_id().to_string());
        let session = Session(Some(session));
        let browser =
            Self { engine, session, _driver: driver, _profile: profile, looks, _turn: turn };
        browser.resize().await;
        browser
    }

    /// Gives pages their size: Chromium's window itself is never narrower than 500 pixels.
    async fn resize(&self) {
        let (width, height) = (self.looks.width, self.looks.height);
        let resized = if self.engine == Engine::Chromium {
            let tools = self.driver().cdp();
            tools.emulation().set_device_metrics_override(width, height, 1.0, false).await
        } else {
            self.driver().set_window_rect(0, 0, width, height).await
        };
        said(resized, "the size of the window");
    }

    /// The whole of what a driver can do, for what this type has no word for.
    pub fn driver(&self) -> &WebDriver {
        self.session.0.as_ref().expect("the session lives until the drop")
    }

    /// Opens the address and waits until the page is loaded.
    pub async fn goto(&self, url: impl AsRef<str>) {
        said(self.driver().goto(url.as_ref()).await, url.as_ref());
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        said(self.driver().refresh().await, "a reload");
    }

    /// Presses the back button.
    pub async fn back(&self) {
        said(self.driver().back().await, "the way back");
    }

    /// Presses the forward button.
    pub async fn forward(&self) {
        said(self.driver().forward().await, "the way forward");
    }

    /// Where the browser is.
    pub async fn url(&self) -> String {
        said(self.driver().current_url().await, "the address").into()
    }

    /// The first such element, as soon as it can be seen and holds this text.
    pub async fn wait_for_text(&self, css: &str, text: &str) {
        let wanted = text.to_owned();
        let holds = move |element: WebElement| {
            let wanted = wanted.clone();
            async move { Ok(element.text().await.is_ok_and(|text| text.contains(&wanted))) }
        };
        let query = self.query(css);
        let found = query.and_displayed().with_filter(holds).first().await;
        self.found(&format!("{text:?} in {css}"), found).await;
    }

    /// Waits until the browser is where `there` says.
    pub async fn arrive(&self, what: &str, there: impl Fn(&str) -> bool + Send + Sync + 'static) {
        let there = Arc::new(there);
        let arrived = move |page: WebElement| {
            let there = there.clone();
            async move { Ok(page.handle().current_url().await.is_ok_and(|url| there(url.as_str()))) }
        };
        let query = self.query("html");
        let found = query.with_filter(arrived).first().await;
        self.found(what, found).await;
    }

    /// Clicks the first such element once it can be clicked. One that went with its page, which
    /// gave way to the next one meanwhile, is looked for again.
    pub async fn click(&self, css: &str) {
        let mut losses = 0;
        loop {
            let query = self.query(css);
            let found = query.and_clickable().first().await;
            // WebKit loses the page for a moment when it gives way to the next one.
            let lost = |error: &WebDriverError| {
                matches!(error.as_inner(), WebDriverErrorInner::NoSuchFrame(_))
            };
            if losses < LOSSES && found.as_ref().is_err_and(lost) {
                losses += 1;
                continue;
            }
            let clicked = self.found(css, found).await.click().await;
            let stale = |error: &WebDriverError| {
                matches!(error.as_inner(), WebDriverErrorInner::StaleElementReference(_))
            };
            if !clicked.as_ref().is_err_and(stale) {
                return said(clicked, css);
            }
        }
    }

    /// Replaces what the field holds.
    pub async fn type_into(&self, css: &str, text: &str) {
        let field = self.wait_for(css).await;
        said(field.clear().await, css);
        // WebKit ends a line by the key alone.
        let keys = text.replace('\n', "\u{e007}");
        said(field.send_keys(keys).await, css);
    }

    /// Presses keys where the keyboard is.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        let chain = self.driver().action_chain().send_keys(keys);
        said(chain.perform().await, "a key");
    }

    /// What a reader sees of the first such element.
    pub async fn text(&self, css: &str) -> String {
        said(self.wait_for(css).await.text().await, css)
    }

    /// What a reader sees of every such element that is there now.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in said(self.driver().find_all(By::Css(css)).await, css) {
            texts.push(said(element.text().await, css));
        }
        texts
    }

    /// The first such element, as soon as it can be seen.
    pub async fn wait_for(&self, css: &str) -> WebElement {
        let query = self.query(css);
        let found = query.and_displayed().first().await;
        self.found(css, found).await
    }

    /// Runs a script, `return …`, and gives its result as text.
    pub async fn script(&self, script: &str) -> String {
        let result = said(self.driver().execute(script, Vec::new()).await, script);
        let value = result.json();
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    /// Keeps a picture of the window as `target/screenshots/{name}.png` and says where.
    pub async fn screenshot(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = screenshots().join(name).with_extension("png");
        let folder = path.parent().expect("a picture lies in a folder");
        said(fs::create_dir_all(folder), "the folder of pictures");
        said(self.driver().screenshot(&path).await, "a picture");
        path
    }

    /// A search that goes on while a page gives way to the next one under its hands.
    fn query(&self, css: &str) -> ElementQuery {
        let query = self.driver().query(By::Css(css.to_owned()));
        query.wait(PATIENCE, INTERVAL).ignore_errors(true)
    }

    /// The element, or a failure that shows the page.
    async fn found(&self, what: &str, found: WebDriverResult<WebElement>) -> WebElement {
        match found {
            Ok(element) => element,
            Err(error) => {
                let (url, source) = (self.url().await, self.driver().source().await);
                panic!("no {what} at {url}: {error}\n{}", source.unwrap_or_default())
            }
        }
    }
}

fn said<T, E: Display>(result: Result<T, E>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}

fn screenshots() -> PathBuf {
    target().join("screenshots")
}

#[cfg(test)]
mod tests;
