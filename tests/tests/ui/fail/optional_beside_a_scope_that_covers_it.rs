use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("contacts", optional("contacts.readonly"))]
async fn share(token: Token) {
    let _ = token.access_token();
}

fn main() {}
