use oauth_runtime::{Token, scope};

#[derive(serde::Serialize)]
struct Page {
    token: Token<scope::DriveFile>,
}

fn main() {}
