use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn save(token: Option<Token>) {
    if let Some(token) = token {
        let _ = token.access_token();
    }
}

fn main() {}
