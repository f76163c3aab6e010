use oauth_runtime::OAuth;
use oauth_runtime::routing::{Router, get};

async fn notes() -> &'static str {
    "whose notes?"
}

fn app(oauth: OAuth) -> axum::Router {
    Router::new().route("/notes", get(notes)).with_state(oauth)
}

fn main() {
    let _ = app;
}
