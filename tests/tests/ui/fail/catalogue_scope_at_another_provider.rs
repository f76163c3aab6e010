use oauth_runtime::{Token, requires_scopes, scope};

#[requires_scopes(scope::DriveFile, provider = "github")]
async fn handler(token: Token) {
    drop(token);
}

fn main() {}
