use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("repo:status")]
async fn status(token: Token) {
    drop(token);
}

fn main() {}
