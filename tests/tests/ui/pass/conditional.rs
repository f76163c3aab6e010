//! Handlers that exist under a condition.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use oauth_runtime::{Token, requires_scopes, scope_set};

#[cfg(test)]
#[requires_scopes("drive.file")]
async fn save(token: Token) -> u8 {
    format!("{token:?}").len() as u8
}

#[cfg(not(test))]
#[requires_scopes("drive.appdata")]
async fn save(token: Token) -> String {
    format!("{token:?}")
}

#[requires_scopes("drive.file")]
#[cfg(test)]
async fn never(_: Token) {}

#[requires_scopes("drive.file")]
#[cfg_attr(all(), cfg(not(test)))]
async fn never() {}

scope_set!(#[cfg(test)] Backup = "drive.file");
scope_set!(#[cfg(not(test))] Backup = "drive.appdata");

fn main() {
    let _ = (save, never);
    assert_eq!(save::SCOPES, Backup::SCOPES);
}
