use oauth_runtime::{Token, requires_scopes, scope};

scope!(DriveFile = "https://api.example.com/auth/files");

#[requires_scopes(DriveFile)]
async fn save(token: Token) {
    let _ = token.access_token();
}

fn main() {
    let _ = save;
}
