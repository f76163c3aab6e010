use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file", reason = "save your report to your Drive")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
