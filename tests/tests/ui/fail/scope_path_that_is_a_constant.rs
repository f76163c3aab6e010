use oauth_runtime::{Token, requires_scopes};

const NOTES: &str = "drive.file";

#[requires_scopes(NOTES)]
async fn save(token: Token) {
    let _ = token.access_token();
}

fn main() {
    let _ = NOTES;
}
