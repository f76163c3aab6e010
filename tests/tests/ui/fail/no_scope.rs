use oauth_runtime::{Token, requires_scopes};

#[requires_scopes]
async fn list(token: Token) {
    drop(token);
}

#[requires_scopes(why = "save your report to your Drive")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
