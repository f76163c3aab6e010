use oauth_runtime::requires_scopes;

#[requires_scopes("drive.file")]
async fn save(token: Token) {
    drop(token);
}

fn main() {}
