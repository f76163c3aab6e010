//! `cargo run --bin drive`: a list of files, an upload and a deletion, each with what can go
//! wrong handled by `?`.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path};
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use oauth_examples::demo::Failure;
use oauth_runtime::{Covers, Error, OAuth, Token, requires_scopes, scope};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
struct File {
    id: String,
    name: String,
}

#[derive(Deserialize, Serialize)]
struct Note {
    name: String,
    text: String,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = "<!doctype html><html lang=en><meta charset=utf-8><title>Files</title>
<h1>Files</h1>
<ul>{% for file in files %}
<li>{{ file.name }}
<form method=post action=/files/{{ file.id }}/delete><button>Delete</button></form>
{% endfor %}</ul>
<form method=post action=/files>
<label>Name <input name=name required></label>
<label>Text <textarea name=text required></textarea></label>
<button>Save</button></form>"
)]
struct Files {
    files: Vec<File>,
}

#[requires_scopes("drive.file", why = "list the files that you made here")]
async fn files(token: Token) -> Result<Html<String>, Error> {
    let client = token.client();
    let pages = client.pages(&client.url("drive", "/drive/v3/files?pageSize=100"));
    // As many as the page shows, however many there are.
    let files = pages.items("files", 500).await?;
    Ok(Html(Files { files }.render().unwrap_or_default()))
}

/// Whoever has not granted the scope yet gets his form back after he has, and sends it by a click.
#[requires_scopes("drive.file", why = "save your note to your Drive")]
async fn save(token: Token, Form(note): Form<Note>) -> Result<Redirect, Error> {
    upload(&token, &note).await?;
    Ok(Redirect::to("/files"))
}

/// An upload that goes on where it was, if the line breaks.
async fn upload(to: &Token<impl Covers<scope::DriveFile>>, note: &Note) -> Result<File, Error> {
    let client = to.client();
    let url = client.url("drive", "/upload/drive/v3/files?uploadType=resumable");
    let upload =
        client.resumable_upload(&url, "text/plain").with_metadata(&json!({ "name": note.name }));
    upload.send(note.text.as_bytes()).await
}

#[requires_scopes("drive.file", why = "delete the file from your Drive")]
async fn delete(token: Token, Path(id): Path<String>) -> Result<Redirect, Error> {
    let client = token.client();
    let mut url = client.url("drive", "/drive/v3/files/");
    url.extend(id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    match client.delete(&url).await {
        // Somebody else was faster: it is gone all the same.
        Err(error) if error.api_status().is_some_and(|status| status == 404) => {}
        other => other?,
    }
    Ok(Redirect::to("/files"))
}

/// The app.
pub fn app(oauth: &OAuth) -> Router {
    Router::new()
        .route("/", get(async || Redirect::to("/files")))
        .route("/files", get(files).post(save))
        .route("/files/{id}/delete", post(delete))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    oauth_examples::serve(|_, oauth| Ok(app(&oauth))).await
}
