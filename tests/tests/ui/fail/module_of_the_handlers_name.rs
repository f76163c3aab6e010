use oauth_runtime::{Token, requires_scopes};

mod notes {}

#[requires_scopes("drive.file")]
async fn notes(token: Token) {
    drop(token);
}

fn main() {
    let _ = notes;
}
