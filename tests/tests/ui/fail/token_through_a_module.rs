mod auth {
    pub(crate) use oauth_runtime::Token;
}

#[oauth_runtime::requires_scopes("drive.file")]
async fn save(token: auth::Token) {
    drop(token);
}

fn main() {}
