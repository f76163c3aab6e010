use axum::{Router, routing::get};
use oauth_runtime::{Token, User, requires_scopes};

#[derive(Clone)]
struct AppState;

async fn home(_: Option<User>) {}
#[requires_scopes("drive.file")]
async fn notes(_: Token) {}

fn main() {
    let app = Router::new().route("/", get(home)).route("/notes", get(notes));
    let _: Router = app.with_state(AppState);
}
