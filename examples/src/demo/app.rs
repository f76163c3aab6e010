//! The routes of the demo. Each handler says what it needs; nothing else asks for anything.

use axum::Json;
use axum::extract::{Form, FromRef, Query, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Redirect, Response};
use oauth_runtime::routing::{Router, get, post, public};
use oauth_runtime::{Error, OAuth, Token, User, requires_scopes, scope};
use serde::Deserialize;

use super::draft::Draft;
use super::drive::{self, Note};
use super::frame::{self, Page, Site};
use super::pages::{Access, Home, Next, NotFound, Notes, ThisWeek};
use super::wire::{self, Wire};
use super::{calendar, files};

/// The state of the router. The extractors look for an `OAuth` in it, and find this one.
#[derive(Clone)]
pub(crate) struct App {
    oauth: OAuth,
    wire: Wire,
    site: Site,
}

impl FromRef<App> for OAuth {
    fn from_ref(app: &App) -> Self {
        app.oauth.clone()
    }
}

impl FromRef<App> for Wire {
    fn from_ref(app: &App) -> Self {
        app.wire.clone()
    }
}

impl FromRef<App> for Site {
    fn from_ref(app: &App) -> Self {
        app.site
    }
}

/// A route without scopes says that it is `public`, or it does not compile.
pub(crate) fn router(oauth: &OAuth, site: Site) -> axum::Router {
    let app = App { oauth: oauth.clone(), wire: Wire::default(), site };
    Router::new()
        .route("/", get(public(home)))
        .route("/notes", get(notes).post(save))
        .route("/week", get(week))
        .route("/week/note", post(keep_week))
        .route(files::WEEK_SCRIPT, get(public(files::week_js)))
        .route("/access", get(public(access)))
        .route("/api/notes", get(notes_json))
        .route("/style.css", get(public(files::style)))
        .route(files::LOGO, get(public(files::logo)))
        .fallback(public(not_found))
        .merge(oauth.routes())
        .layer(from_fn_with_state(app.clone(), frame::draw))
        .layer(from_fn_with_state(app.clone(), wire::watch))
        .with_state(app)
}

/// `Option` asks nobody for anything: the page shows more to whoever granted more.
async fn home(user: Option<User>, calendar: Option<Token<scope::CalendarEventsReadonly>>) -> Page {
    let next = match &calendar {
        None => Next::NotGranted,
        // A calendar that cannot be read is no reason to keep the rest of the page back.
        Some(token) => calendar::next(token).await.map_or(Next::Unreadable, Next::Granted),
    };
    Page::new(&Home::new(user.as_ref(), next))
}

/// Which note was just saved, so that the page can say so.
#[derive(Deserialize)]
struct Saved {
    saved: Option<String>,
}

#[requires_scopes("drive.file", why = "show the notes that this app keeps in your Drive")]
async fn notes(token: Token, Query(query): Query<Saved>) -> Result<Page, Error> {
    let notes = drive::list(&token).await?;
    Ok(Page::new(&Notes::new(notes).after_saving(query.saved.as_deref())))
}

#[requires_scopes("drive.file", why = "save this note to your Drive")]
async fn save(token: Token, Form(draft): Form<Draft>) -> Result<Response, Error> {
    if draft.has_problems() {
        let notes = drive::list(&token).await?;
        let page = Page::new(&Notes::new(notes).with_draft(draft));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let note = drive::save(&token, draft.title(), draft.text()).await?;
    Ok(Redirect::to(&format!("/notes?saved={}", note.id)).into_response())
}

#[requires_scopes("calendar.events.readonly", why = "show what is in your calendar this week")]
async fn week(token: Token) -> Result<Page, Error> {
    let week = calendar::week(&token).await?;
    Ok(Page::new(&ThisWeek::new(week)))
}

/// Asked by the script of the page, or by its form where no script runs.
#[requires_scopes("calendar.events.readonly", "drive.file", why = "keep this week as a note")]
async fn keep_week(token: Token, headers: HeaderMap) -> Result<Response, Error> {
    let week = calendar::week(&token).await?;
    let note = drive::save(&token, &week.title(), &week.text()).await?;
    if headers.get(ACCEPT).is_some_and(|accept| accept == "application/json") {
        return Ok(Json(note).into_response());
    }
    Ok(Redirect::to(&format!("/notes?saved={}", note.id)).into_response())
}

/// A script gets a problem document where a page would be sent to the provider.
#[requires_scopes("drive.file")]
async fn notes_json(token: Token) -> Result<Json<Vec<Note>>, Error> {
    drive::list(&token).await.map(Json)
}

async fn access(State(site): State<Site>, user: Option<User>) -> Page {
    Page::new(&Access::new(site, user.as_ref()))
}

async fn not_found() -> (StatusCode, Page) {
    (StatusCode::NOT_FOUND, Page::new(&NotFound))
}
