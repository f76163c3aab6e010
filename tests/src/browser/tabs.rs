//! Tabs: one profile, several pages.

use thirtyfour::WindowHandle;

use super::{WebBrowser, said};

/// So many questions to the driver take several seconds.
const ATTEMPTS: usize = 3_000;

/// A tab; it stays open until the browser ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab(WindowHandle);

impl WebBrowser {
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

    /// Waits until there are so many tabs and windows, which come in no order.
    ///
    /// # Panics
    /// If there are not within some seconds.
    pub async fn tabs(&self, count: usize) -> Vec<Tab> {
        for _ in 0..ATTEMPTS {
            let windows = said(self.driver().windows().await, "the windows");
            if windows.len() == count {
                return windows.into_iter().map(Tab).collect();
            }
        }
        panic!("there are not {count} windows")
    }

    /// Goes to another tab.
    pub async fn show(&self, tab: &Tab) {
        said(self.driver().switch_to_window(tab.0.clone()).await, "another tab");
        self.resize().await;
    }
}
