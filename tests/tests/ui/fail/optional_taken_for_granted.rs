use oauth_runtime::{Covers, Token, requires_scopes, scope};

#[requires_scopes("drive.file", optional("contacts.readonly"))]
async fn share(token: Token) {
    look_up(&token);
}

fn look_up(_: &Token<impl Covers<scope::ContactsReadonly>>) {}

fn main() {
    let _ = share;
}
