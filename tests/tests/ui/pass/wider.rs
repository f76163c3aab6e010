//! A scope beside one that it covers, said to be meant; and what a helper may count on.
#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]
#![allow(clippy::unused_async)]

use oauth_runtime::{Covers, Token, requires_scopes, scope, scope_set};

#[requires_scopes("calendar", "calendar.readonly", allow(wider))]
async fn week(token: Token) -> String {
    read(&token).await
}

scope_set!(Week(allow(wider)) = "calendar", "calendar.readonly");

async fn read(token: &Token<impl Covers<scope::CalendarEventsReadonly>>) -> String {
    format!("{token:?}")
}

async fn read_by_set(token: Token<Week>) -> String {
    read(&token).await
}

fn main() {
    let _ = (week, read_by_set);
}
