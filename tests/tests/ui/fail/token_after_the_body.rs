use axum::{Form, routing::post};
use oauth_runtime::{OAuth, Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn save(Form(name): Form<String>, token: Token) -> String {
    drop(token);
    name
}

fn main() {
    let _ = post::<_, _, OAuth>(save);
}
