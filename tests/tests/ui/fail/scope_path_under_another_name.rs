use oauth_runtime::scope::DriveFile as Notes;
use oauth_runtime::{Token, requires_scopes};

#[requires_scopes(Notes)]
async fn save(token: Token) {
    let _ = token.access_token();
}

fn main() {
    let _ = save;
}
