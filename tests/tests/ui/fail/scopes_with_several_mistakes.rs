use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("Drive_File", "calender", "gmail", "", why = " ", reason = "saving")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
