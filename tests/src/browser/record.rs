//! What the browser noted while it showed pages.

use serde_json::Value;

use super::{Engine, WebBrowser, said};

impl WebBrowser {
    /// What the console complained of since it was last asked: scripts and styles that fail or
    /// are refused, answers that are errors. Only Chromium tells.
    pub async fn complaints(&self) -> Vec<String> {
        if self.engine != Engine::Chromium {
            return Vec::new();
        }
        let entries = said(self.driver().get_log("browser").await, "the console");
        let serious = entries.into_iter().filter(|entry| entry.level == "SEVERE");
        serious.map(|entry| entry.message).collect()
    }

    /// Everything that was asked for since the last time, redirects one by one. Only Chromium
    /// tells.
    pub async fn requests(&self) -> Vec<Request> {
        if self.engine != Engine::Chromium {
            return Vec::new();
        }
        let entries = said(self.driver().get_log("performance").await, "the record");
        entries.iter().filter_map(|entry| Request::parse(&entry.message)).collect()
    }
}

/// Something that the browser asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The whole address.
    pub url: String,
    /// Whether a page was asked for, and not something that a page consists of.
    pub for_page: bool,
}

impl Request {
    /// Reads a `Network.requestWillBeSent`.
    fn parse(entry: &str) -> Option<Self> {
        let entry: Value = serde_json::from_str(entry).ok()?;
        let message = &entry["message"];
        let sent = message["method"] == "Network.requestWillBeSent";
        let parameters = sent.then_some(&message["params"])?;
        let url = parameters["request"]["url"].as_str()?.to_owned();
        Some(Self { url, for_page: parameters["type"] == "Document" })
    }
}
