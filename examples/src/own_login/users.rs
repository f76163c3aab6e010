//! Who may use the app, and who is logged in.
//!
//! This stands for a login of your own, with passwords or whatever it has: here a name is
//! enough, so that nobody takes it for one.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use oauth_runtime::Owner;
use tower_sessions::Session;
use tower_sessions::session::Error;

use super::app::Failed;

/// The made-up users: an id that never changes, and a name.
pub(crate) const USERS: [(&str, &str); 2] = [("1", "Ada"), ("2", "Bob")];
const USER: &str = "user";

/// The name that goes with an id.
pub(crate) fn name_of(id: &str) -> Option<&'static str> {
    USERS.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// The id of whoever is logged in.
pub(crate) async fn logged_in(session: &Session) -> Result<Option<String>, Error> {
    session.get(USER).await
}

/// A new id for the session, so that nobody who knew the old one is logged in too.
pub(crate) async fn log_in(session: &Session, id: &str) -> Result<(), Error> {
    session.cycle_id().await?;
    session.insert(USER, id).await
}

pub(crate) async fn log_out(session: &Session) -> Result<(), Error> {
    session.flush().await
}

/// Tells the library who is logged in: all that it has to know of the app's own login.
pub(crate) async fn name_owner(
    session: Session,
    mut request: Request,
    next: Next,
) -> Result<Response, Failed> {
    if let Some(owner) = logged_in(&session).await?.and_then(Owner::new) {
        request.extensions_mut().insert(owner);
    }
    Ok(next.run(request).await)
}
