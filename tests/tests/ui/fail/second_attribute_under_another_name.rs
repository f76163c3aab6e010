use oauth_runtime::requires_scopes as needs;
use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
#[needs("calendar.readonly", marker = Week)]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
