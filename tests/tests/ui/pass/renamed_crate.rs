//! The runtime under another name.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

extern crate oauth_runtime as login;

mod auth {
    pub(crate) use login::*;
}

use login::{Token, requires_scopes, scope_set};

#[requires_scopes("drive.file", crate = login)]
async fn named(token: Token) -> String {
    format!("{token:?}")
}

#[requires_scopes("drive.file", crate = crate::auth)]
async fn pathed(token: crate::auth::Token) -> String {
    format!("{token:?}")
}

scope_set!(Backup(crate = login) = "drive.file");

fn main() {
    let _ = (named, pathed, |token: Token<Backup>| token);
}
