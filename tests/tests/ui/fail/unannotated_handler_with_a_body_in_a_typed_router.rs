use axum::Json;
use oauth_runtime::OAuth;
use oauth_runtime::routing::{Router, get, public};

async fn save(Json(text): Json<String>) -> String {
    text
}

fn app(oauth: OAuth) -> axum::Router {
    Router::new().route("/notes", get(public(async || "read me")).post(save)).with_state(oauth)
}

fn main() {
    let _ = app;
}
