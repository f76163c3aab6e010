use oauth_runtime::{Token, requires_scopes, scope};

#[requires_scopes(scope::DriveFil)]
async fn save(token: Token) {
    let _ = token.access_token();
}

fn main() {}
