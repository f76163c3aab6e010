use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file", "https://www.googleapis.com/auth/drive.file")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
