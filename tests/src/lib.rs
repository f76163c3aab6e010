//! What the test suites share.

mod ui;

pub use ui::{SKIPPED, ui_compiler_matches};
