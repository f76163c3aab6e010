use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
fn save(token: Token) {
    drop(token);
}

fn main() {}
