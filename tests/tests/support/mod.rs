//! What the flow tests stand on: an app, a fake Google, and a browser without a screen.

mod app;
mod browser;
mod html;

pub use app::App;
#[cfg(feature = "servers")]
pub use browser::query;
pub use browser::{Browser, Page};
