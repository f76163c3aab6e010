use axum::{Form, debug_handler};
use oauth_runtime::{Token, requires_scopes};

#[requires_scopes("drive.file")]
#[debug_handler(state = oauth_runtime::OAuth)]
async fn save(Form(name): Form<String>, token: Token) -> String {
    drop(token);
    name
}

fn main() {}
