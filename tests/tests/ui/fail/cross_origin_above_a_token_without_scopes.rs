//! The attribute opens the handler to other origins, and its token has no scopes.

use oauth_runtime::{Token, requires_scopes};

#[requires_scopes(cross_origin = "allow")]
async fn partner(token: Token) {
    drop(token);
}

fn main() {}
