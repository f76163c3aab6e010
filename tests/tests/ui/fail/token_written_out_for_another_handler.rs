use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn save(token: Token<list>) {
    drop(token);
}

fn main() {}
