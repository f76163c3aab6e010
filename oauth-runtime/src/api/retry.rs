//! When a request is sent again, and after how long.

use std::time::Duration;

use crate::error::{Code, Error};

/// How often a request is sent again unless it says otherwise.
pub(super) const RETRIES: u32 = 3;
/// The first wait; each one after it is twice as long.
const FIRST: Duration = Duration::from_millis(500);
/// Nobody who waits for a page is kept longer than this by one wait.
const LONGEST: Duration = Duration::from_secs(8);

/// How long to wait before the same request is sent again; `None` to let the error be.
///
/// A request that was refused for its number was not carried out, so that any may be repeated.
/// Where nobody knows what became of it, only one that does no harm twice (RFC 9110 §9.2.2).
pub(super) fn wait(error: &Error, done: u32, harmless: bool, jitter: u8) -> Option<Duration> {
    let repeatable = match error.kind() {
        Code::ApiRateLimited => true,
        Code::ApiUnavailable | Code::ProviderUnavailable | Code::ProviderTimeout => harmless,
        _ => false,
    };
    let length = FIRST.saturating_mul(1 << done.min(4));
    // Up to half as long again, so that those who failed together do not come back together.
    let own = length + length / 2 * u32::from(jitter) / 255;
    let wait = error.retry_after().map_or(own, |asked| asked.max(own));
    (repeatable && wait <= LONGEST).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(code: Code, asked: Option<u64>, done: u32, harmless: bool) -> Option<f64> {
        let error = Error::new(code, "no").with_retry_after(asked.map(Duration::from_secs));
        wait(&error, done, harmless, 0).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn what_may_have_been_carried_out_is_repeated_only_where_that_is_harmless() {
        for (code, harmless, other) in [
            (Code::ApiRateLimited, Some(0.5), Some(0.5)),
            (Code::ApiUnavailable, Some(0.5), None),
            (Code::ProviderUnavailable, Some(0.5), None),
            (Code::ProviderTimeout, Some(0.5), None),
            (Code::Api, None, None),
            (Code::ConsentRequired, None, None),
            (Code::ApiDisabled, None, None),
            (Code::InvalidGrant, None, None),
        ] {
            assert_eq!(seconds(code, None, 0, true), harmless, "{code:?}");
            assert_eq!(seconds(code, None, 0, false), other, "{code:?}");
        }
    }

    #[test]
    fn waits_double_and_a_long_one_that_was_asked_for_is_left_to_the_caller() {
        let limited = |asked, done| seconds(Code::ApiRateLimited, asked, done, true);
        assert_eq!([0, 1, 2].map(|done| limited(None, done)), [Some(0.5), Some(1.0), Some(2.0)]);
        assert_eq!(limited(Some(3), 0), Some(3.0));
        assert_eq!(limited(Some(0), 1), Some(1.0));
        assert_eq!(limited(Some(9), 0), None);
        assert_eq!(limited(None, 40), Some(8.0));
        let error = Error::new(Code::ApiRateLimited, "no");
        assert_eq!(wait(&error, 0, true, 255), Some(Duration::from_millis(750)));
    }
}
