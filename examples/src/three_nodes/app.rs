//! The app: as every other, and it says which node answers.

use askama::Template;
use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use oauth_runtime::{Error, OAuth, Token, User, requires_scopes};

use crate::demo::drive::{self, Note};

/// Who answers.
#[derive(Clone)]
struct Node(String);

#[derive(Template)]
#[template(path = "three_nodes.html")]
struct Page {
    node: Node,
    process: u32,
    person: Option<String>,
    /// `None` on the first page, which needs nothing.
    notes: Option<Vec<Note>>,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        match self.render() {
            Ok(html) => Html(html).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

pub(super) fn router(oauth: &OAuth, name: &str) -> Router {
    let node = Node(name.to_owned());
    Router::new()
        .route("/", get(home))
        .route("/notes", get(notes))
        .merge(oauth.routes())
        .layer(from_fn_with_state(node, say_who))
        .with_state(oauth.clone())
}

/// Every answer says whose it is, also those of the library.
async fn say_who(State(node): State<Node>, mut request: Request, next: Next) -> Response {
    let name = HeaderValue::from_str(&node.0);
    request.extensions_mut().insert(node);
    let mut response = next.run(request).await;
    if let Ok(name) = name {
        response.headers_mut().insert("x-served-by", name);
    }
    response
}

async fn home(Extension(node): Extension<Node>, user: Option<User>) -> Page {
    let person = user.as_ref().map(label);
    Page { node, process: std::process::id(), person, notes: None }
}

#[requires_scopes("drive.file", why = "show the notes in your Drive")]
async fn notes(Extension(node): Extension<Node>, user: User, token: Token) -> Result<Page, Error> {
    let notes = Some(drive::list(&token).await?);
    Ok(Page { node, process: std::process::id(), person: Some(label(&user)), notes })
}

fn label(user: &User) -> String {
    user.email().unwrap_or(user.subject()).to_owned()
}
