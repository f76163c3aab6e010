use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("photoslibrary.readonly")]
async fn photos(token: Token) {
    let _ = token.access_token();
}

fn main() {}
