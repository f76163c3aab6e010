use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file", why = "save your report", why = "find it again")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
