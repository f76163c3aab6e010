use oauth_runtime::{Covers, Token, requires_scopes, scope};

#[requires_scopes(any("calendar.events", "calendar.readonly"))]
async fn week(token: Token) {
    plan(&token);
}

fn plan(_: &Token<impl Covers<scope::CalendarEvents>>) {}

fn main() {
    let _ = week;
}
