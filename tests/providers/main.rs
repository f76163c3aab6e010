//! Apps with several providers. They are a program of their own: `build` refuses handlers whose
//! provider an app lacks, and all handlers of a program are one list.

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "most of it is for the other program")]
mod support;

mod alone;
mod attacks;
mod github;
mod jobs;
mod ladder;
mod linking;
mod world;
