//! Dates as the APIs write them (RFC 3339), read back, and the days of a week.

use crate::clock::Timestamp;

pub(crate) const DAY: u64 = 86_400;

/// Monday, midnight, of the week that `moment` lies in.
pub(crate) fn monday(moment: Timestamp) -> Timestamp {
    let days = moment.unix_seconds() / DAY;
    // The epoch was a Thursday.
    Timestamp::from_unix_seconds(days.saturating_sub((days + 3) % 7) * DAY)
}

/// Reads a date and time with an offset; fractions of a second are dropped.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.strip_prefix(['T', 't'])?.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let local = days(year, month, day)? * DAY + hour * 3600 + minute * 60 + second;
    let seconds = i64::try_from(local).ok()? - offset(without_fraction(rest)?)?;
    u64::try_from(seconds).ok().map(Timestamp::from_unix_seconds)
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let number =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?;
    let parts: Option<Vec<u64>> = text.split(separator).map(number).collect();
    parts?.try_into().ok()
}

fn without_fraction(text: &str) -> Option<&str> {
    let Some(fraction) = text.strip_prefix('.') else { return Some(text) };
    let rest = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
    (rest.len() < fraction.len()).then_some(rest)
}

fn offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    let number = |part: &str| part.parse::<u8>().ok().filter(|_| part.len() == 2);
    Some(sign * (i64::from(number(hours)?) * 3600 + i64::from(number(minutes)?) * 60))
}

/// Days from the epoch to a date of the Gregorian calendar; years begin in March here, so
/// that the leap day is their last.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    (year * 365 + year / 4 - year / 100 + year / 400 + day_of_year).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_and_read_back() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (seconds, text) in table {
            let moment = Timestamp::from_unix_seconds(seconds);
            assert_eq!(moment.to_string(), text);
            assert_eq!(parse(text), Some(moment), "{text}");
        }
    }

    #[test]
    fn offsets_and_fractions_are_understood() {
        let moment = Some(Timestamp::from_unix_seconds(1_700_000_000));
        for text in
            ["2023-11-14T23:13:20+01:00", "2023-11-14T22:13:20.999Z", "2023-11-14t16:43:20-05:30"]
        {
            assert_eq!(parse(text), moment, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let bad = [
            "",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-13-01T00:00:00Z",
            "2023-11-14T24:00:00Z",
            "2023-11-14T22:13:20.Z",
            "+023-11-14T22:13:20Z",
            "2023-11-14T22:13:20+1:00",
            "1969-12-31T23:59:59Z",
        ];
        for text in bad {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_week_begins_on_monday() {
        let monday_of = |text| monday(parse(text).unwrap()).to_string();
        assert_eq!(monday_of("2023-11-14T22:13:20Z"), "2023-11-13T00:00:00Z");
        assert_eq!(monday_of("2023-11-13T00:00:00Z"), "2023-11-13T00:00:00Z");
        assert_eq!(monday_of("2023-11-19T23:59:59Z"), "2023-11-13T00:00:00Z");
    }
}
