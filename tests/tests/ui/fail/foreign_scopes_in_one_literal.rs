use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("repo gist", provider = "github")]
async fn handler(token: Token) {
    drop(token);
}

fn main() {}
