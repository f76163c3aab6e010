//! A router that takes annotated handlers, public ones, and routers of axum's own.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::extract::{FromRef, Path, State};
use axum::{Form, Json};
use oauth_runtime::routing::{Router, any, get, post, public};
use oauth_runtime::{OAuth, Token, User, requires_scopes, scope};

#[derive(Clone, FromRef)]
struct App {
    oauth: OAuth,
    name: String,
}

async fn home(State(name): State<String>) -> String {
    name
}

#[requires_scopes("drive.file", why = "keep your notes")]
async fn notes(token: Token) -> String {
    format!("{token:?}")
}

#[requires_scopes("drive.file", why = "save your note")]
async fn save(Path(id): Path<u32>, token: Token, Form(text): Form<String>) -> String {
    format!("{id} {token:?} {text}")
}

#[requires_scopes("calendar.readonly")]
async fn week() -> Json<u8> {
    Json(7)
}

async fn agenda(token: Token<scope::CalendarReadonly>) -> String {
    format!("{token:?}")
}

async fn me(user: User, State(name): State<String>) -> String {
    format!("{name} {:?}", user.email())
}

fn inner() -> Router<App> {
    Router::new().route("/week", get(week)).route("/agenda", any(agenda))
}

fn app(state: App) -> axum::Router {
    Router::new()
        .route("/", get(public(home)).head(public(async || ())))
        .route("/me", get(me))
        .route("/notes", get(notes))
        .route("/notes/{id}", post(save).delete(public(async |Path(id): Path<u32>| id.to_string())))
        .nest("/calendar", inner())
        .nest("/files", axum::Router::new().route("/", axum::routing::get(async || "files")))
        .merge(state.oauth.routes())
        .fallback(public(async || "nothing here"))
        .with_state(state)
}

fn main() {
    let _ = app;
}
