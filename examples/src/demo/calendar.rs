//! This week in the user's calendar.

use jiff::civil::{Date, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use oauth_runtime::{Covers, Error, Token, scope};
use serde::Deserialize;

/// An event as Calendar lists it.
#[derive(Deserialize)]
pub(crate) struct Event {
    #[serde(default)]
    summary: String,
    start: Moment,
    end: Moment,
}

/// A moment, with the offset of the calendar; or a day, for events that last all day.
#[derive(Deserialize)]
struct Moment {
    #[serde(rename = "dateTime")]
    date_time: Option<String>,
    date: Option<String>,
}

#[derive(Deserialize)]
struct Events {
    items: Vec<Event>,
    #[serde(default, rename = "timeZone")]
    time_zone: String,
}

/// Monday to Sunday, as the calendar counts the days.
pub(crate) struct Week {
    pub(crate) monday: Date,
    pub(crate) today: Date,
    pub(crate) time_zone: String,
    /// The days on which something is, in their order.
    pub(crate) days: Vec<Day>,
}

pub(crate) struct Day {
    pub(crate) date: Date,
    pub(crate) events: Vec<Event>,
}

impl Moment {
    fn pieces(&self) -> Option<Pieces<'_>> {
        Pieces::parse(self.date_time.as_ref().or(self.date.as_ref())?).ok()
    }

    fn time(&self) -> Option<Time> {
        self.date_time.as_ref().and_then(|_| self.pieces()?.time())
    }
}

impl Event {
    pub(crate) fn summary(&self) -> &str {
        if self.summary.is_empty() { "Busy" } else { &self.summary }
    }

    pub(crate) fn date(&self) -> Option<Date> {
        self.start.pieces().map(|pieces| pieces.date())
    }

    pub(crate) fn hours(&self) -> String {
        let shown = |time: Time| time.strftime("%H:%M").to_string();
        match (self.start.time().map(shown), self.end.time().map(shown)) {
            (Some(start), Some(end)) if start != end => format!("{start} – {end}"),
            (Some(start), _) => start,
            (None, _) => "all day".to_owned(),
        }
    }
}

/// The events of the week, in the calendar's own time.
pub(crate) async fn week(
    token: &Token<impl Covers<scope::CalendarEventsReadonly>>,
) -> Result<Week, Error> {
    let now = Timestamp::now();
    // A day more on both sides: where the week begins depends on the calendar's time zone,
    // which comes with the answer.
    let monday = monday_of(Offset::UTC.to_datetime(now).date());
    let (from, to) = (monday.saturating_sub(1.day()), monday.saturating_add(8.days()));
    let query = format!("timeMin={from}T00:00:00Z&timeMax={to}T00:00:00Z");
    events(token, &query).await.map(|events| Week::new(events, now))
}

/// The next event, or the one that goes on now.
pub(crate) async fn next(
    token: &Token<impl Covers<scope::CalendarEventsReadonly>>,
) -> Result<Option<Event>, Error> {
    let query = format!("timeMin={}&maxResults=1", Timestamp::now());
    events(token, &query).await.map(|events| events.items.into_iter().next())
}

async fn events(
    token: &Token<impl Covers<scope::CalendarEventsReadonly>>,
    query: &str,
) -> Result<Events, Error> {
    let client = token.client();
    let path = "/calendar/v3/calendars/primary/events?singleEvents=true&orderBy=startTime";
    client.get(&client.url("calendar", &format!("{path}&{query}"))).await
}

impl Week {
    fn new(Events { items, time_zone }: Events, now: Timestamp) -> Self {
        let offset = items.iter().find_map(|event| event.start.pieces()?.to_numeric_offset());
        let today = offset.unwrap_or(Offset::UTC).to_datetime(now).date();
        let monday = monday_of(today);
        let mut days: Vec<Day> = Vec::new();
        for event in items {
            match (event.date(), days.last_mut()) {
                (Some(date), Some(day)) if day.date == date => day.events.push(event),
                (Some(date), _) => days.push(Day { date, events: vec![event] }),
                (None, _) => {}
            }
        }
        let mut week = Self { monday, today, time_zone, days };
        let sunday = week.sunday();
        week.days.retain(|day| (monday..=sunday).contains(&day.date));
        week
    }

    /// What the week is called as a note.
    pub(crate) fn title(&self) -> String {
        format!("Week of {}", self.monday)
    }

    /// A line for each event, under its day.
    pub(crate) fn text(&self) -> String {
        let events = |day: &Day| {
            let line = |event: &Event| format!("  {}  {}\n", event.hours(), event.summary());
            day.events.iter().map(line).collect::<String>()
        };
        let day = |day: &Day| format!("{}\n{}", day.date.strftime("%A, %-d %B"), events(day));
        let text: String = self.days.iter().map(day).collect();
        if text.is_empty() { "A free week.\n".to_owned() } else { text }
    }

    pub(crate) fn sunday(&self) -> Date {
        self.monday.saturating_add(6.days())
    }
}

fn monday_of(date: Date) -> Date {
    date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn week(now: &str, starts: &[&str]) -> Week {
        let field = |text: &str| if text.contains('T') { "dateTime" } else { "date" };
        let item = |start: &&str| json!({ "start": { field(start): start }, "end": {} });
        let items: Vec<_> = starts.iter().map(item).collect();
        let events = json!({ "timeZone": "Pacific/Auckland", "items": items });
        Week::new(serde_json::from_value(events).unwrap(), now.parse().unwrap())
    }

    #[test]
    fn the_week_is_that_of_the_calendar_and_not_of_greenwich() {
        let starts = [
            "2026-03-08T23:00:00+13:00",
            "2026-03-09T00:30:00+13:00",
            "2026-03-09",
            "2026-03-15T23:59:00+13:00",
            "2026-03-16T08:00:00+13:00",
        ];
        let week = week("2026-03-08T12:00:00Z", &starts);
        assert_eq!((week.monday.to_string().as_str(), week.today), ("2026-03-09", week.monday));
        let days: Vec<_> =
            week.days.iter().map(|day| (day.date.to_string(), day.events.len())).collect();
        assert_eq!(days, [("2026-03-09".to_owned(), 2), ("2026-03-15".to_owned(), 1)]);
    }

    #[test]
    fn hours_are_short_and_a_whole_day_says_so() {
        let event = |start, end| -> Event {
            serde_json::from_value(json!({ "start": start, "end": end })).unwrap()
        };
        let at = |time| json!({ "dateTime": format!("2026-03-09T{time}:00+01:00") });
        assert_eq!(event(at("09:30"), at("10:00")).hours(), "09:30 – 10:00");
        assert_eq!(event(at("09:30"), at("09:30")).hours(), "09:30");
        let day = event(json!({ "date": "2026-03-09" }), json!({ "date": "2026-03-10" }));
        assert_eq!((day.hours().as_str(), day.summary()), ("all day", "Busy"));
    }
}
