use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn copy(from: Token, to: Token) {
    drop((from, to));
}

fn main() {}
