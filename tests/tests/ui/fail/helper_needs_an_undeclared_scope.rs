use oauth_runtime::{Covers, Token, requires_scopes, scope};

#[requires_scopes("calendar.readonly")]
async fn save(token: Token) {
    upload(&token).await;
}

async fn upload(_: &Token<impl Covers<scope::DriveFile>>) {}

fn main() {
    let _ = save;
}
