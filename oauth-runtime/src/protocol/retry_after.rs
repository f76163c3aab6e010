//! `Retry-After`, [RFC 9110 §10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).

use std::time::Duration;

use crate::clock::Timestamp;

/// The longest wait that a provider can impose.
const CAP: Duration = Duration::from_secs(60);

/// Seconds up to 1970, counted as below.
const EPOCH: u64 = 719_469 * 86_400;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How long to wait, at most a minute; `None` for what cannot be read or has passed.
///
/// A date is measured against the response's own `Date`, so that no clock has to agree.
pub(crate) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    stated_wait(value, date).map(|wait| wait.min(CAP))
}

/// The same without a cap, for a wait that is told and not waited.
pub(crate) fn stated_wait(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    let seconds = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        value.parse().unwrap_or(u64::MAX)
    } else {
        let seconds = |text| http_date(text).map(Timestamp::unix_seconds);
        seconds(value)?.checked_sub(seconds(date?)?)?
    };
    Some(Duration::from_secs(seconds))
}

/// An IMF-fixdate, the one form that a server may send; none before 1970.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    let (_, rest) = text.trim().split_once(", ")?;
    let fields: Vec<&str> = rest.split([' ', ':']).collect();
    let [day, month, year, hour, minute, second, "GMT"] = fields[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)?;
    let number = |text: &str, digits, max| {
        let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u64>().ok())?.filter(|number| *number <= max)
    };
    let days = days(number(year, 4, 9999)?, u64::try_from(month).ok()?, number(day, 2, 31)?);
    let clock = number(hour, 2, 23)? * 3600 + number(minute, 2, 59)? * 60 + number(second, 2, 60)?;
    let seconds = (days * 86400 + clock).checked_sub(EPOCH)?;
    Some(Timestamp::from_unix_seconds(seconds))
}

/// Days up to a date, counted in years that begin in March, so that a leap day comes last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month < 2 { year.saturating_sub(1) } else { year };
    let since_march = (month + 10) % 12;
    year * 365 + year / 4 - year / 100 + year / 400 + (since_march * 153 + 2) / 5 + day
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{retry_after, stated_wait};

    #[test]
    fn a_wait_is_read_in_seconds_or_as_a_date_and_capped() {
        let date = Some("Sun, 29 Feb 2032 23:59:50 GMT");
        for (value, seconds) in [
            ("0", Some(0)),
            (" 7 ", Some(7)),
            ("61", Some(60)),
            ("99999999999999999999999999", Some(60)),
            ("-1", None),
            ("1.5", None),
            ("+1", None),
            ("soon", None),
            ("", None),
            ("Sun, 29 Feb 2032 23:59:55 GMT", Some(5)),
            ("Mon, 01 Mar 2032 00:00:20 GMT", Some(30)),
            ("Tue, 01 Mar 2033 00:00:20 GMT", Some(60)),
            ("Sun, 29 Feb 2032 23:59:40 GMT", None),
            ("Sun, 29 Foo 2032 23:59:55 GMT", None),
            ("Sun, 29 Feb 2032 23:59:55 CET", None),
            ("Sun, 99 Feb 2032 23:59:55 GMT", None),
            ("Sun, 29 Feb +032 23:59:55 GMT", None),
        ] {
            assert_eq!(retry_after(value, date), seconds.map(Duration::from_secs), "{value:?}");
        }
        assert_eq!(retry_after("Sun, 29 Feb 2032 23:59:55 GMT", None), None);
        for (value, seconds) in [("7", 7), ("3600", 3600), ("Mon, 01 Mar 2032 00:01:50 GMT", 120)] {
            assert_eq!(stated_wait(value, date), Some(Duration::from_secs(seconds)), "{value:?}");
        }
        let year_end = Some("Wed, 31 Dec 2031 23:59:59 GMT");
        assert_eq!(
            retry_after("Thu, 01 Jan 2032 00:00:01 GMT", year_end),
            Some(Duration::from_secs(2))
        );
    }
}
