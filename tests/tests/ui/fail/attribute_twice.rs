use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
#[requires_scopes("calendar.readonly")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
