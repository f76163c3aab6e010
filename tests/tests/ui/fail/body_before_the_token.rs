use axum::Form;
use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn save(Form(report): Form<String>, token: Token) {
    drop((report, token));
}

fn main() {}
