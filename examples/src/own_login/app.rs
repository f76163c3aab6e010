//! The routes: the app's own login, and pages that need a linked account.

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use oauth_runtime::{Error, OAuth, Owner, Token, User, requires_scopes};
use serde::Deserialize;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use super::pages::{Home, Login, Notes, Page};
use super::users::{log_in, log_out, logged_in, name_of, name_owner};
use crate::demo::drive;

/// The whole app. Its session cookie is `SameSite=Strict`, which is what tower-sessions sets
/// unless told otherwise.
pub fn router(oauth: &OAuth) -> Router {
    // Not only over https, since this app runs on localhost.
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
    let own_forms = Router::new()
        .route("/login", get(login_form).post(login))
        .route("/logout", post(logout))
        .route("/unlink", post(unlink))
        // A form of another site signs no user in or out. The cookie being `SameSite=Strict` does not
        // see to that: a login needs none.
        .layer(oauth.cross_origin_protection());
    Router::new()
        .route("/", get(home))
        .route("/notes", get(notes).post(save))
        .merge(own_forms)
        .merge(oauth.routes())
        // Around the library's routes too: they have to know who is logged in.
        .layer(from_fn(name_owner))
        .layer(sessions)
        .with_state(oauth.clone())
}

async fn home(session: Session, user: Option<User>) -> Result<Page<Home>, Failed> {
    let name = logged_in(&session).await?.as_deref().and_then(name_of);
    Ok(Page(Home::new(name, user.as_ref())))
}

#[derive(Deserialize)]
struct Return {
    #[serde(default)]
    return_to: String,
}

async fn login_form(Query(query): Query<Return>) -> Page<Login> {
    Page(Login::new(query.return_to))
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    #[serde(default)]
    return_to: String,
}

async fn login(
    State(oauth): State<OAuth>,
    session: Session,
    Form(form): Form<Credentials>,
) -> Result<Redirect, Failed> {
    if name_of(&form.user).is_none() {
        return Ok(Redirect::to("/login"));
    }
    log_in(&session, &form.user).await?;
    // Anybody can write a link to the login page: only a path of this app is gone on to.
    Ok(Redirect::to(&oauth.return_path(&form.return_to)))
}

async fn logout(session: Session) -> Result<Redirect, Failed> {
    log_out(&session).await?;
    Ok(Redirect::to("/"))
}

async fn unlink(
    State(oauth): State<OAuth>,
    Extension(owner): Extension<Owner>,
) -> Result<Redirect, Error> {
    oauth.unlink(&owner).await?;
    Ok(Redirect::to("/"))
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

/// The app's own session store failed.
pub(crate) struct Failed(tower_sessions::session::Error);

impl From<tower_sessions::session::Error> for Failed {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        eprintln!("the session store failed: {}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
