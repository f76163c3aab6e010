use oauth_runtime::routing::{Router, get, public};

fn app() -> axum::Router {
    Router::new().route("/", get(public(async || "home"))).with_state(())
}

fn main() {
    let _ = app;
}
