//! What the demo shows.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use oauth_runtime::User;

use super::calendar::Event;
use super::drive::Note;

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

/// Who is signed in, as every page shows it at its top.
pub(crate) struct Person {
    email: String,
}

impl Person {
    fn new(user: &User) -> Self {
        Self { email: user.email().unwrap_or(user.subject()).to_owned() }
    }
}

#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct Home {
    person: Option<Person>,
    granted: Vec<String>,
}

impl Home {
    pub(crate) fn new(user: Option<&User>) -> Self {
        let granted = user.map(|user| user.scopes().names().map(str::to_owned).collect());
        Self { person: user.map(Person::new), granted: granted.unwrap_or_default() }
    }
}

#[derive(Template)]
#[template(path = "notes.html")]
pub(crate) struct Notes {
    person: Option<Person>,
    notes: Vec<Note>,
}

impl Notes {
    pub(crate) fn new(user: &User, notes: Vec<Note>) -> Self {
        Self { person: Some(Person::new(user)), notes }
    }
}

#[derive(Template)]
#[template(path = "week.html")]
pub(crate) struct Week {
    person: Option<Person>,
    events: Vec<Event>,
}

impl Week {
    pub(crate) fn new(user: &User, events: Vec<Event>) -> Self {
        Self { person: Some(Person::new(user)), events }
    }
}
