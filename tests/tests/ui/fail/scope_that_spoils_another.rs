use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("gmail.readonly", "gmail.metadata")]
async fn mail(token: Token) {
    let _ = token.access_token();
}

fn main() {}
