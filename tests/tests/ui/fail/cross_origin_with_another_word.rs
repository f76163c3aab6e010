//! The option has one word.

use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file", cross_origin = "deny")]
async fn partner(token: Token) {
    drop(token);
}

fn main() {}
