use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.fil")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
