//! The demo as a library, so that its test runs the very same app.

pub mod demo;
