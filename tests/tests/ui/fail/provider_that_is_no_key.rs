use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("repo", provider = "Git Hub")]
async fn handler(token: Token) {
    drop(token);
}

fn main() {}
