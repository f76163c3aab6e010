//! Tabs of one profile, and a second profile in the same browser.

use serde_json::{Value, json};
use thirtyfour::WindowHandle;

use super::{Chromium, said};

/// A tab; it stays open until the browser ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab(WindowHandle);

impl Chromium {
    /// The tab that the browser shows.
    pub async fn tab(&self) -> Tab {
        Tab(said(self.driver().window().await, "the tab"))
    }

    /// Opens another tab beside this one and shows it.
    pub async fn open_tab(&self) -> Tab {
        let tab = Tab(said(self.driver().new_tab().await, "a new tab"));
        self.show(&tab).await;
        tab
    }

    /// Opens a tab that shares neither cookies nor cache with the others, and shows it.
    pub async fn open_profile(&self) -> Tab {
        let before = said(self.driver().windows().await, "the tabs");
        let profile = self.tool("Target.createBrowserContext", json!({})).await;
        let id = &profile["browserContextId"];
        let target = json!({ "url": "about:blank", "browserContextId": id, "newWindow": true });
        self.tool("Target.createTarget", target).await;
        let after = said(self.driver().windows().await, "the tabs");
        let new = after.into_iter().find(|tab| !before.contains(tab));
        let tab = Tab(new.expect("the new profile has a tab"));
        self.show(&tab).await;
        tab
    }

    /// Goes to another tab.
    pub async fn show(&self, tab: &Tab) {
        said(self.driver().switch_to_window(tab.0.clone()).await, "another tab");
        self.resize().await;
    }

    async fn tool(&self, name: &str, parameters: Value) -> Value {
        said(self.driver().cdp().send_raw(name, parameters).await, name)
    }
}
