//! How a browser looks at pages, and what it is told when it starts.

use std::path::Path;

use serde_json::json;
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use thirtyfour::{Capabilities, ChromiumLikeCapabilities};

use super::Engine;
use crate::{CHROMIUM, FIREFOX, find_program};

/// Nothing but the pages under test: no graphics, no first run, no talk with the network. The
/// last one holds it: every name but that of this machine leads nowhere.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
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
    /// What the browser is set to, as a language tag: it asks for pages in this language.
    pub language: &'static str,
}

impl Looks {
    /// A telephone in the dark.
    pub fn phone() -> Self {
        Self { width: 390, height: 800, dark: true, ..Self::default() }
    }
}

impl Default for Looks {
    fn default() -> Self {
        Self { width: 1280, height: 800, dark: false, language: "en-US" }
    }
}

/// What the engine is told when it starts. Only Chromium can look in every way: the other ones
/// are as they come.
pub(super) fn capabilities(
    engine: Engine,
    looks: Looks,
    profile: &Path,
) -> WebDriverResult<Capabilities> {
    match engine {
        Engine::Chromium => chromium(looks, profile),
        Engine::Firefox => firefox(looks),
        Engine::WebKit => Ok(Capabilities::new()),
    }
}

fn firefox(looks: Looks) -> WebDriverResult<Capabilities> {
    let mut capabilities = Capabilities::new();
    capabilities.set("browserName", "firefox")?;
    let mut options = json!({
        "args": ["-headless"],
        "prefs": { "intl.accept_languages": looks.language },
    });
    if let Some(program) = find_program(FIREFOX) {
        options["binary"] = json!(program);
    }
    capabilities.set("moz:firefoxOptions", options)?;
    Ok(capabilities)
}

fn chromium(looks: Looks, profile: &Path) -> WebDriverResult<Capabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    if let Some(program) = find_program(CHROMIUM) {
        capabilities.set_binary(&program.to_string_lossy())?;
    }
    for flag in FLAGS {
        capabilities.add_arg(flag)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    capabilities.add_arg(&format!("--window-size={},{}", looks.width, looks.height))?;
    capabilities.add_arg(&format!("--lang={}", looks.language))?;
    if looks.dark {
        capabilities.add_arg("--force-dark-mode")?;
    }
    capabilities.set_logging_prefs("browser", LoggingPrefsLogLevel::All)?;
    capabilities.set_logging_prefs("performance", LoggingPrefsLogLevel::All)?;
    let network_alone = json!({ "enableNetwork": true, "enablePage": false });
    capabilities.add_experimental_option("perfLoggingPrefs", network_alone)?;
    // 4: the pages listed, where the page for new tabs would cost a second.
    let preferences = json!({
        "intl.accept_languages": looks.language,
        "session.restore_on_startup": 4,
        "session.startup_urls": ["about:blank"],
    });
    capabilities.add_experimental_option("prefs", preferences)?;
    Ok(capabilities.into())
}
