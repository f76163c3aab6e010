use oauth_runtime::{Covers, MayHold, Requirement, Token, requires_scopes, scope};

#[requires_scopes("drive.file")]
async fn save(token: Token) {
    delete_all(&token);
}

impl Covers<scope::Drive> for save {}

impl MayHold<scope::Tasks> for save {}

struct Nothing;

impl Requirement for Nothing {}

fn delete_all(token: &Token<impl Covers<scope::Drive>>) {
    let _ = token;
}

fn main() {}
