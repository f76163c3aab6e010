use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn save(token: Token) {
    drop(token);
}

#[requires_scopes("drive.file")]
async fn save_twice(token: Token) {
    save(token.clone()).await;
    save(token).await;
}

fn main() {}
