use oauth_runtime::{Token, requires_scopes};

#[requires_scopes(any("drive.file"))]
async fn save(token: Token) {
    let _ = token.access_token();
}

fn main() {}
