use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file", why = reason, marker = "Save", allow(narrower), crate = "login")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
