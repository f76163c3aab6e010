//! What the test suites share.
//!
//! Tests that need more than Rust sit behind a feature of this crate, each in modules that have
//! the feature's name (`browser::…`): `cargo verify` turns the feature on and picks them by it.

#[cfg(feature = "browser")]
pub mod browser;
pub mod catalogue;
mod programs;
#[cfg(feature = "databases")]
pub mod databases;
mod ui;

use std::env;
use std::path::{Path, PathBuf};

pub use programs::{find_program, geckodriver, tools};
pub use ui::{SKIPPED, ui_compiler_matches};

/// The names under which Chromium is installed.
pub const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// The program that drives it.
pub const CHROMEDRIVER: &str = "chromedriver";

/// The names under which Firefox is installed.
pub const FIREFOX: &[&str] = &["firefox-esr", "firefox"];

/// The program that drives `WebKit`, and the screen in memory that it needs.
pub const WEBKIT_DRIVER: &str = "WebKitWebDriver";
pub const XVFB: &str = "Xvfb";

/// The programs of `PostgreSQL`.
pub const INITDB: &str = "initdb";
pub const POSTGRES: &str = "postgres";

/// The names of Redis and of what speaks like it.
pub const REDIS: &[&str] = &["redis-server", "valkey-server"];

/// The root of the workspace. Cargo says at run time where this package lies: what the compiler
/// was told no longer holds when a checkout has moved and its target folder has not.
pub fn root() -> PathBuf {
    let package =
        env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).join("..")
}

/// Cargo's target folder, wherever it is.
pub fn target() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(target.unwrap_or_else(|| "target".into()))
}

/// The examples of the README, as anybody would copy them.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The macros in a crate of another edition.
#[cfg(doctest)]
#[doc = include_str!("edition_2021.md")]
pub struct Edition2021;
