//! A calendar with a plausible week in it.

use std::time::Duration;

use serde_json::{Value, json};

use super::civil::{DAY, monday, parse};
use super::fields::Fields;
use crate::clock::Timestamp;

/// One entry: its id, its text, the weekday (0 is Monday), and its minutes of the day.
struct Sample(&'static str, &'static str, u64, u64, u64);

const STAND_UP: Sample = Sample("standup", "Team stand-up", 0, 570, 585);
const WEEKDAYS: u64 = 5;
const SINGLE: [Sample; 5] = [
    Sample("planning", "Planning", 0, 600, 690),
    Sample("dentist", "Dentist", 1, 900, 945),
    Sample("lunch", "Lunch with Bob", 2, 750, 810),
    Sample("review", "Design review", 3, 840, 900),
    Sample("concert", "Concert", 5, 1200, 1350),
];

/// An event, or a series of them.
struct Event {
    id: String,
    series: Option<&'static str>,
    summary: &'static str,
    start: Timestamp,
    end: Timestamp,
    repeats: bool,
}

impl Event {
    fn new(week: Timestamp, sample: &Sample, day: u64) -> Self {
        let Sample(id, summary, _, from, to) = *sample;
        let at = |minutes| week + Duration::from_secs(day * DAY + minutes * 60);
        Self {
            id: id.to_owned(),
            series: None,
            summary,
            start: at(from),
            end: at(to),
            repeats: false,
        }
    }

    fn to_json(&self) -> Value {
        let mut json = json!({
            "kind": "calendar#event", "id": self.id, "status": "confirmed",
            "summary": self.summary, "eventType": "default",
            "start": { "dateTime": self.start.to_string(), "timeZone": "UTC" },
            "end": { "dateTime": self.end.to_string(), "timeZone": "UTC" },
        });
        if let Some(series) = self.series {
            json["recurringEventId"] = series.into();
        }
        if self.repeats {
            json["recurrence"] = json!([format!("RRULE:FREQ=DAILY;COUNT={WEEKDAYS}")]);
        }
        json
    }
}

/// The list of events (`events.list`), or the name of the parameter that is wrong.
pub(crate) fn list(now: Timestamp, owner: &str, query: &Fields) -> Result<Value, &'static str> {
    let single = flag(query, "singleEvents")?;
    let (from, until) = (moment(query, "timeMin")?, moment(query, "timeMax")?);
    let most = count(query)?;
    let mut events = events(monday(now), single);
    events.retain(|event| from.is_none_or(|from| event.end > from));
    events.retain(|event| until.is_none_or(|until| event.start < until));
    match query.get("orderBy") {
        Some("startTime") if single => events.sort_by_key(|event| event.start),
        Some("updated") | None => {}
        Some(_) => return Err("orderBy"),
    }
    let items: Vec<_> = events.iter().take(most).map(Event::to_json).collect();
    Ok(json!({
        "kind": "calendar#events", "summary": owner, "timeZone": "UTC",
        "accessRole": "owner", "updated": monday(now).to_string(), "items": items,
    }))
}

fn events(week: Timestamp, single: bool) -> Vec<Event> {
    let mut events: Vec<_> =
        SINGLE.iter().map(|sample| Event::new(week, sample, sample.2)).collect();
    if single {
        events.extend((0..WEEKDAYS).map(|day| instance(week, day)));
    } else {
        events.push(Event { repeats: true, ..Event::new(week, &STAND_UP, STAND_UP.2) });
    }
    events
}

fn instance(week: Timestamp, day: u64) -> Event {
    let event = Event::new(week, &STAND_UP, day);
    Event { id: format!("{}_{day}", event.id), series: Some(STAND_UP.0), ..event }
}

fn flag(query: &Fields, name: &'static str) -> Result<bool, &'static str> {
    match query.get(name) {
        Some("true") => Ok(true),
        Some("false") | None => Ok(false),
        Some(_) => Err(name),
    }
}

fn moment(query: &Fields, name: &'static str) -> Result<Option<Timestamp>, &'static str> {
    query.get(name).map(|text| parse(text).ok_or(name)).transpose()
}

fn count(query: &Fields) -> Result<usize, &'static str> {
    let Some(text) = query.get("maxResults") else { return Ok(250) };
    text.parse().ok().filter(|count| (1..=2500).contains(count)).ok_or("maxResults")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(query: &str) -> Result<Vec<String>, &'static str> {
        let now = parse("2023-11-15T12:00:00Z").unwrap();
        let list = list(now, "ada@example.com", &Fields::parse(query.as_bytes()))?;
        let items = list["items"].as_array().unwrap();
        Ok(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn a_series_is_one_event_unless_single_ones_are_asked_for() {
        assert_eq!(ids("").unwrap().len(), SINGLE.len() + 1);
        assert_eq!(ids("singleEvents=true").unwrap().len(), SINGLE.len() + 5);
    }

    #[test]
    fn the_window_is_that_of_google_ending_after_its_start_and_starting_before_its_end() {
        let wednesday = "singleEvents=true&orderBy=startTime\
            &timeMin=2023-11-15T00:00:00Z&timeMax=2023-11-16T00:00:00Z";
        assert_eq!(ids(wednesday).unwrap(), ["standup_2", "lunch"]);
        let touching =
            "timeMin=2023-11-14T15:45:00Z&timeMax=2023-11-15T12:30:00Z&singleEvents=true";
        assert_eq!(ids(touching).unwrap(), ["standup_2"]);
    }

    #[test]
    fn wrong_parameters_are_named() {
        let table = [
            ("orderBy=startTime", "orderBy"),
            ("timeMin=yesterday", "timeMin"),
            ("timeMax=2023-11-15", "timeMax"),
            ("singleEvents=yes", "singleEvents"),
            ("maxResults=0", "maxResults"),
        ];
        for (query, name) in table {
            assert_eq!(ids(query), Err(name), "{query}");
        }
    }
}
