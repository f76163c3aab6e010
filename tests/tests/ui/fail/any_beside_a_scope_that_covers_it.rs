use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("calendar", any("calendar.readonly", "drive.file"))]
async fn week(token: Token) {
    let _ = token.access_token();
}

fn main() {}
