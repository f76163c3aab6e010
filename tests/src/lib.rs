//! What the test suites share.
//!
//! Tests that need more than Rust sit behind a feature of this crate, each in modules that have
//! the feature's name (`browser::…`): `cargo verify` turns the feature on and picks them by it.

#[cfg(feature = "browser")]
pub mod browser;
pub mod catalogue;
mod ui;

pub use ui::{SKIPPED, ui_compiler_matches};

/// The names under which Chromium is installed.
pub const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// The program that drives it.
pub const CHROMEDRIVER: &str = "chromedriver";

/// The examples of the README, as anybody would copy them.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
