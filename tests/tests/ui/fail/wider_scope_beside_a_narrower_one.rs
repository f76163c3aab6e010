use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("calendar.events.readonly", "calendar")]
async fn week(token: Token) {
    drop(token);
}

fn main() {}
