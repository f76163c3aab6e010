use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file", why = "")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
