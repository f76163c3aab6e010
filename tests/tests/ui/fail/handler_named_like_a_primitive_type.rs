use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn str(token: Token) -> &'static str {
    drop(token);
    "saved"
}

fn main() {}
