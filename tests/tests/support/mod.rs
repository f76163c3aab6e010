//! What the flow tests stand on: an app, a fake Google, and a browser without a screen.

mod app;
mod browser;
mod fleet;
mod folder;
mod html;
mod log;
mod ours;
mod outside;

pub use app::{App, router};
pub use browser::{Browser, Page, query};
pub use fleet::Fleet;
pub use folder::Folder;
pub use log::Log;
pub use outside::{Running, cargo};

/// F1: return paths that lead off the origin, or would to a careless reader.
pub const ELSEWHERE: [&str; 19] = [
    "",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil",
    "/%09/evil",
    "/%2f%2fevil",
    "/%5cevil",
    "///evil",
    "/..//evil",
    "/.//evil",
    "/a/..//evil",
    "https:evil",
    "https://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "%00//evil",
    " //evil",
    "/a\r\nx: y",
    "evil",
];
