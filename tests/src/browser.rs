//! A real browser: headless Chromium, driven by chromedriver, both gone when dropped.

use std::env;
use std::fmt::Display;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub use thirtyfour;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};

use crate::{CHROMEDRIVER, CHROMIUM, root};

const PATIENCE: Duration = Duration::from_secs(15);
const INTERVAL: Duration = Duration::from_millis(25);

/// Nothing but the pages under test: no graphics, no first run, no talk with the network.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// How the browser looks at a page.
#[derive(Clone, Copy, Debug)]
pub struct Looks {
    /// The width of the window in CSS pixels.
    pub width: u32,
    /// The height of the window in CSS pixels.
    pub height: u32,
    /// Whether pages see `prefers-color-scheme: dark`.
    pub dark: bool,
}

impl Default for Looks {
    fn default() -> Self {
        Self { width: 1280, height: 800, dark: false }
    }
}

/// One browser with a profile of its own.
#[derive(Debug)]
pub struct Chromium {
    // In the order in which they have to go: the session, its driver, the files.
    session: Session,
    _driver: Driver,
    _profile: Profile,
}

impl Chromium {
    /// Starts a browser of the usual size in light colours.
    pub async fn start() -> Self {
        Self::with(Looks::default()).await
    }

    /// Starts a browser that looks at pages in this way.
    pub async fn with(looks: Looks) -> Self {
        let profile = Profile::new();
        let driver = Driver::start();
        let capabilities = capabilities(looks, &profile.0);
        let session = WebDriver::new(driver.url(), said(capabilities, "the flags")).await;
        let session = Session(Some(said(session, "a session of Chromium")));
        let browser = Self { session, _driver: driver, _profile: profile };
        browser.resize(looks).await;
        browser
    }

    /// Gives pages their size: the window itself is never narrower than 500 pixels.
    async fn resize(&self, looks: Looks) {
        let (width, height) = (looks.width, looks.height);
        let tools = self.driver().cdp();
        let resized =
            tools.emulation().set_device_metrics_override(width, height, 1.0, false).await;
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

    /// Where the browser is.
    pub async fn url(&self) -> String {
        said(self.driver().current_url().await, "the address").into()
    }

    /// Clicks the first such element once it can be clicked.
    pub async fn click(&self, css: &str) {
        let query = self.driver().query(By::Css(css)).wait(PATIENCE, INTERVAL);
        let found = query.and_clickable().first().await;
        let element = self.found(css, found).await;
        said(element.click().await, css);
    }

    /// Replaces what the field holds.
    pub async fn type_into(&self, css: &str, text: &str) {
        let field = self.wait_for(css).await;
        said(field.clear().await, css);
        said(field.send_keys(text).await, css);
    }

    /// What a reader sees of the first such element.
    pub async fn text(&self, css: &str) -> String {
        said(self.wait_for(css).await.text().await, css)
    }

    /// The first such element, as soon as it can be seen.
    pub async fn wait_for(&self, css: &str) -> WebElement {
        let query = self.driver().query(By::Css(css)).wait(PATIENCE, INTERVAL);
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

    /// The element, or a failure that shows the page.
    async fn found(&self, css: &str, found: WebDriverResult<WebElement>) -> WebElement {
        match found {
            Ok(element) => element,
            Err(error) => {
                let (url, source) = (self.url().await, self.driver().source().await);
                panic!("no {css:?} at {url}: {error}\n{}", source.unwrap_or_default())
            }
        }
    }
}

fn said<T, E: Display>(result: Result<T, E>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}

fn capabilities(looks: Looks, profile: &Path) -> WebDriverResult<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    if let Some(program) = CHROMIUM.iter().find_map(|name| find(name)) {
        capabilities.set_binary(&program.to_string_lossy())?;
    }
    for flag in FLAGS {
        capabilities.add_arg(flag)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    capabilities.add_arg(&format!("--window-size={},{}", looks.width, looks.height))?;
    if looks.dark {
        capabilities.add_arg("--force-dark-mode")?;
    }
    Ok(capabilities)
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// `target/screenshots`, wherever cargo's target folder is.
fn screenshots() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(target.unwrap_or_else(|| "target".into())).join("screenshots")
}

/// A session that is left to the driver's own end: the client would block the executor on it.
#[derive(Debug)]
struct Session(Option<WebDriver>);

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            drop(session.leak());
        }
    }
}

/// The chromedriver that was started here, on a port of the system's choice.
#[derive(Debug)]
struct Driver {
    process: Child,
    port: u16,
    /// Held open, so that the driver can write its log.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    fn start() -> Self {
        let mut command = Command::new(CHROMEDRIVER);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = said(command.spawn(), CHROMEDRIVER);
        let mut output = BufReader::new(process.stdout.take().expect("its output is piped"));
        let port = announced_port(&mut output).unwrap_or_else(|| {
            drop(process.kill());
            panic!("{CHROMEDRIVER} named no port")
        });
        Self { process, port, _output: output }
    }

    fn url(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Asks the driver to end its browsers and itself: killed, it would leave them behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.shut_down());
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// `ChromeDriver was started successfully on port 39085.`
fn announced_port(output: &mut impl BufRead) -> Option<u16> {
    let mut lines = output.lines().map_while(Result::ok);
    let port = |line: String| {
        line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
    };
    lines.find_map(port)
}

/// A folder for one browser's files, removed with it.
#[derive(Debug)]
struct Profile(PathBuf);

impl Profile {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("oauth-tests-chromium-{}-{number}", std::process::id());
        let folder = env::temp_dir().join(name);
        said(fs::create_dir_all(&folder), "a profile");
        Self(folder)
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[cfg(test)]
mod tests;
