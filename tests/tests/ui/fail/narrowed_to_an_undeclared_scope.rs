use oauth_runtime::{Token, requires_scopes, scope};

#[requires_scopes("drive.file")]
async fn share(token: Token) {
    let _ = token.narrow::<scope::ContactsReadonly>();
}

fn main() {
    let _ = share;
}
