//! The routes of the demo. Each handler says what it needs; nothing else asks for anything.

use axum::extract::Form;
use axum::response::Redirect;
use axum::routing::get;
use axum::{Json, Router};
use oauth_runtime::{Error, OAuth, Token, User, requires_scopes};
use serde::Deserialize;

use super::calendar::{self, Event};
use super::drive::{self, Note};
use super::pages::{Home, Notes, Page, Week};

pub(crate) fn router(oauth: &OAuth) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/notes", get(notes).post(save))
        .route("/week", get(week))
        .route("/api/notes", get(notes_json))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

async fn home(user: Option<User>) -> Page<Home> {
    Page(Home::new(user.as_ref()))
}

#[requires_scopes("drive.file", why = "show the notes that this app keeps in your Drive")]
async fn notes(token: Token) -> Result<Page<Notes>, Error> {
    let notes = drive::list(&token).await?;
    Ok(Page(Notes::new(&token.user(), notes)))
}

#[derive(Deserialize)]
struct NewNote {
    title: String,
    text: String,
}

#[requires_scopes("drive.file", why = "save this note to your Drive")]
async fn save(token: Token, Form(note): Form<NewNote>) -> Result<Redirect, Error> {
    drive::save(&token, &note.title, &note.text).await?;
    Ok(Redirect::to("/notes"))
}

#[requires_scopes("calendar.events.readonly", why = "show what is in your calendar this week")]
async fn week(token: Token) -> Result<Page<Week>, Error> {
    let events: Vec<Event> = calendar::week(&token).await?;
    Ok(Page(Week::new(&token.user(), events)))
}

#[requires_scopes("drive.file")]
async fn notes_json(token: Token) -> Result<Json<Vec<Note>>, Error> {
    drive::list(&token).await.map(Json)
}
