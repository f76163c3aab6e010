//! One of several scopes, optional ones, and scopes by the path of their type.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use axum::{Router, routing::get};
use oauth_runtime::{Covers, OAuth, Token, requires_scopes, scope, scope_set};

/// Scopes of the app's own.
pub mod own {
    oauth_runtime::scope!(
        /// What an accountant reads.
        #[derive(Debug)]
        pub Invoices = "https://api.example.com/auth/invoices"
    );
}

scope_set!(Agenda(any("calendar.events", "calendar.readonly"), why = "show your week") = "tasks");

#[requires_scopes(scope::DriveFile, own::Invoices, optional("contacts.readonly", scope::Tasks))]
async fn share(token: Token) -> String {
    let contacts = token.optional::<scope::ContactsReadonly>();
    let invoices: Token<own::Invoices> = token.narrow();
    format!("{contacts:?} {invoices:?} {}", upload(&token))
}

fn upload(token: &Token<impl Covers<scope::DriveFile> + Covers<own::Invoices>>) -> String {
    format!("{token:?}")
}

#[requires_scopes(any("calendar.events", scope::CalendarReadonly))]
async fn week(token: Token) -> String {
    let writes: Option<Token<scope::CalendarEvents>> = token.optional();
    format!("{writes:?} {}", reads(&token))
}

fn reads(token: &Token<impl Covers<scope::CalendarEventsReadonly>>) -> String {
    format!("{token:?}")
}

async fn agenda(token: Token<Agenda>) -> String {
    format!("{:?} {}", token.optional::<scope::CalendarEvents>(), reads(&token))
}

fn app(oauth: OAuth) -> Router {
    Router::new()
        .route("/share", get(share))
        .route("/week", get(week))
        .route("/agenda", get(agenda))
        .with_state(oauth)
}

fn main() {
    let _ = app;
    let asked: Vec<_> = week::SCOPES.iter().map(|name| name.rsplit('/').next()).collect();
    assert_eq!(asked, [Some("calendar.events")]);
    assert_eq!(share::SCOPES[1], "https://api.example.com/auth/invoices");
}
