use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("email", "userinfo.email")]
async fn greet(token: Token) {
    drop(token);
}

fn main() {}
