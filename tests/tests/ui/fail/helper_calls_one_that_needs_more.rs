use oauth_runtime::{Covers, Token, scope};

async fn copy(token: &Token<impl Covers<scope::DriveReadonly>>) {
    upload(token).await;
}

async fn upload(_: &Token<impl Covers<scope::DriveFile>>) {}

fn main() {}
