use oauth_runtime::{Requirement, Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn save<save: Requirement>(token: Token) {
    drop(token);
}

#[requires_scopes("drive.file", marker = Scopes)]
async fn list<Scopes: Requirement>() {}

#[requires_scopes("drive.file")]
async fn many<const many: usize>(token: Token) {
    drop(token);
}

fn main() {}
