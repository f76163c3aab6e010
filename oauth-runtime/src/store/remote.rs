//! What stores on other machines share: a careful look at their URL, and an end to every wait.

use std::time::Duration;

use crate::clock::{Clock as _, SystemClock};
use crate::error::Error;

/// `None` if it takes longer.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = SystemClock.sleep(limit) => None,
    }
}

/// The error about a URL, of which nothing can be shown: any part of it may be the password.
pub(super) fn malformed(product: &str) -> Error {
    let help = "in user and password, percent-encode all but letters and digits; behind a `?`, look \
                at each parameter";
    Error::store_unusable(format!("the URL of the store ({product}) is malformed"), help)
}

/// Refuses a URL whose password would be read as a host, a port or a database.
///
/// That happens where it holds a `/`, `?` or `#` as it is; names of databases are shown.
pub(super) fn check_url(product: &str, url: &str) -> Result<(), Error> {
    let rest = url.split_once("://").map(|(_, rest)| rest);
    let rest = rest.ok_or_else(|| malformed(product))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if rest[end..].contains('@') { Err(malformed(product)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::check_url;

    #[test]
    fn a_password_that_would_be_read_as_something_else_is_refused_unseen() {
        for (url, fits) in [
            ("postgres://app:fake@db.example:5432/app", true),
            ("postgres://app:f%2Fke@db.example/app?sslmode=require", true),
            ("redis://db.example", true),
            ("redis+unix:///run/redis.sock", true),
            ("postgres://app:12/fake@db.example/app", false),
            ("postgres://app:12#fake@db.example/app", false),
            ("postgres://app:12?fake@db.example/app", false),
            ("app:fake@db.example", false),
        ] {
            let checked = check_url("X", url);
            assert_eq!(checked.is_ok(), fits, "{url}");
            let shown = checked.err().map(|error| format!("{error:?}")).unwrap_or_default();
            assert!(!shown.contains("fake"), "{shown}");
        }
    }
}
