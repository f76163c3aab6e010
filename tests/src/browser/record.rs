//! What the browser noted while it showed pages.

use serde_json::Value;

use super::{Chromium, said};

impl Chromium {
    /// What the console complained of since it was last asked: scripts and styles that fail or
    /// are refused, answers that are errors.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = said(self.driver().get_log("browser").await, "the console");
        let serious = entries.into_iter().filter(|entry| entry.level == "SEVERE");
        serious.map(|entry| entry.message).collect()
    }

    /// Every address that was asked for since the last time, redirects one by one.
    pub async fn requests(&self) -> Vec<String> {
        let entries = said(self.driver().get_log("performance").await, "the record");
        entries.iter().filter_map(|entry| requested(&entry.message)).collect()
    }
}

/// The address of a `Network.requestWillBeSent`.
fn requested(entry: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(entry).ok()?;
    let message = &entry["message"];
    let sent = message["method"] == "Network.requestWillBeSent";
    let url = message["params"]["request"]["url"].as_str().filter(|_| sent)?;
    Some(url.to_owned())
}
