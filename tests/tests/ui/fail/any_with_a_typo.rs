use oauth_runtime::{Token, requires_scopes};

#[requires_scopes(any("calendar.events", "calendar.readonyl"))]
async fn week(token: Token) {
    let _ = token.access_token();
}

fn main() {}
