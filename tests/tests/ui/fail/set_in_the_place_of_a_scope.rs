use oauth_runtime::{Token, requires_scopes, scope_set};

scope_set!(Backup = "drive.file", "drive.appdata");

#[requires_scopes(Backup)]
async fn save(token: Token) {
    let _ = token.access_token();
}

fn main() {
    let _ = save;
}
