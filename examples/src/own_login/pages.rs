//! What the app shows.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use oauth_runtime::User;

use super::users::USERS;
use crate::demo::drive::Note;

/// A template as a response.
pub(crate) struct Page<T>(pub(crate) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

fn label(user: &User) -> String {
    user.email().unwrap_or(user.subject()).to_owned()
}

#[derive(Template)]
#[template(path = "own_login_home.html")]
pub(crate) struct Home {
    name: Option<&'static str>,
    linked: Option<String>,
}

impl Home {
    pub(crate) fn new(name: Option<&'static str>, user: Option<&User>) -> Self {
        Self { name, linked: user.map(label) }
    }
}

#[derive(Template)]
#[template(path = "own_login_form.html")]
pub(crate) struct Login {
    return_to: String,
    users: [(&'static str, &'static str); USERS.len()],
}

impl Login {
    pub(crate) fn new(return_to: String) -> Self {
        Self { return_to, users: USERS }
    }
}

#[derive(Template)]
#[template(path = "own_login_notes.html")]
pub(crate) struct Notes {
    linked: String,
    notes: Vec<Note>,
}

impl Notes {
    pub(crate) fn new(user: &User, notes: Vec<Note>) -> Self {
        Self { linked: label(user), notes }
    }
}
