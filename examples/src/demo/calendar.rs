//! The coming week in the user's calendar.

use jiff::{SignedDuration, Timestamp};
use oauth_runtime::{Covers, Error, Token, scope};
use serde::Deserialize;

/// An event as Calendar lists it.
#[derive(Deserialize)]
pub(crate) struct Event {
    #[serde(default)]
    pub(crate) summary: String,
    pub(crate) start: Start,
}

/// A moment, or a day for events that last all day.
#[derive(Deserialize)]
pub(crate) struct Start {
    #[serde(rename = "dateTime")]
    date_time: Option<String>,
    date: Option<String>,
}

impl Start {
    pub(crate) fn shown(&self) -> String {
        let text = self.date_time.as_ref().or(self.date.as_ref()).map_or("", String::as_str);
        text.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
    }
}

#[derive(Deserialize)]
struct Events {
    items: Vec<Event>,
}

pub(crate) async fn week(
    token: &Token<impl Covers<scope::CalendarEventsReadonly>>,
) -> Result<Vec<Event>, Error> {
    let client = token.client();
    let from = Timestamp::now();
    let to = from + SignedDuration::from_hours(7 * 24);
    let path = format!(
        "/calendar/v3/calendars/primary/events?singleEvents=true&orderBy=startTime\
         &timeMin={from}&timeMax={to}"
    );
    client.get(&client.url("calendar", &path)).await.map(|events: Events| events.items)
}
