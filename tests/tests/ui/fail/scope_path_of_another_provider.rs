use oauth_runtime::{Token, requires_scopes, scope};

scope!(pub Repo(provider = "github") = "repo");

#[requires_scopes("drive.file", Repo)]
async fn handler(token: Token) {
    drop(token);
}

fn main() {}
