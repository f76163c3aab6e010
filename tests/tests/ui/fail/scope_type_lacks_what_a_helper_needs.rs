use oauth_runtime::{Covers, Token, scope};

async fn back_up(token: Token<scope::DriveReadonly>) {
    upload(&token).await;
}

async fn upload(_: &Token<impl Covers<scope::DriveFile>>) {}

fn main() {
    let _ = back_up;
}
