//! Time as a dependency: the only file that reads or waits for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// A moment, in milliseconds since the Unix epoch. Its arithmetic saturates.
///
/// ```
/// use oauth_runtime::Timestamp;
/// use std::time::Duration;
/// let start = Timestamp::from_unix_seconds(1_700_000_000);
/// let end = start + Duration::from_secs(60);
/// assert_eq!(end.since(start), Duration::from_secs(60));
/// assert_eq!(start.since(end), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The latest moment that can be named; it stands for "never ends".
    pub const MAX: Self = Self(u64::MAX);

    /// The moment `seconds` after the Unix epoch.
    pub const fn from_unix_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The moment `millis` milliseconds after the Unix epoch.
    pub const fn from_unix_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Whole seconds since the Unix epoch.
    pub const fn unix_seconds(self) -> u64 {
        self.0 / 1000
    }

    /// Milliseconds since the Unix epoch.
    pub const fn unix_millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// As RFC 3339 writes it, in UTC and whole seconds: `2023-11-14T22:13:20Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.unix_seconds();
        let (year, month, day) = date(seconds / DAY);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

const DAY: u64 = 86_400;

/// Year, month and day of the Gregorian calendar, so many days after the epoch. Years begin in
/// March here, so that the leap day is their last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    (era * 400 + year + u64::from(month <= 2), month, day)
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A wait that [`Clock::sleep`] returns.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the library takes the time from: the system's, or a test's [`ManualClock`].
///
/// ```
/// use std::time::Duration;
/// use oauth_runtime::{Clock, Sleep, SystemClock, Timestamp};
///
/// /// A machine whose clock is a minute slow.
/// #[derive(Debug)]
/// struct Late;
///
/// impl Clock for Late {
///     fn now(&self) -> Timestamp {
///         SystemClock.now() + Duration::from_secs(60)
///     }
///
///     fn sleep(&self, duration: Duration) -> Sleep {
///         SystemClock.sleep(duration)
///     }
/// }
/// assert!(Late.now() > SystemClock.now());
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Waits for `duration` by this clock.
    fn sleep(&self, duration: Duration) -> Sleep;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        (**self).sleep(duration)
    }
}

/// The system's own clock.
///
/// ```
/// use oauth_runtime::{Clock as _, SystemClock, Timestamp};
/// assert!(SystemClock.now() > Timestamp::from_unix_seconds(1_700_000_000));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp(millis(since.unwrap_or_default()))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that waits")]
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until it is told to move, so that tests never wait.
///
/// Clones show the same time.
///
/// ```
/// use oauth_runtime::{Clock, ManualClock, Timestamp};
/// use std::time::Duration;
/// let clock = ManualClock::at(Timestamp::from_unix_seconds(1_700_000_000));
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now(), Timestamp::from_unix_seconds(1_700_003_600));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    time: watch::Sender<Timestamp>,
    /// When the waits end that somebody is in.
    ends: Arc<Mutex<Vec<Timestamp>>>,
}

/// Somebody who waits; no longer once this is dropped.
struct Waiting {
    end: Timestamp,
    ends: Arc<Mutex<Vec<Timestamp>>>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { time: watch::Sender::new(now), ends: Arc::default() }
    }

    /// Moves the time on and wakes whoever waited for it.
    pub fn advance(&self, duration: Duration) {
        self.time.send_modify(|now| *now = *now + duration);
    }

    /// Sets the time, also backwards.
    pub fn set(&self, now: Timestamp) {
        self.time.send_replace(now);
    }

    /// When the shortest wait ends that somebody is in by this clock, such as that of a request
    /// which is to be repeated; `None` if nobody waits. Setting the clock to it lets go on
    /// whatever waits for it.
    pub fn next_end(&self) -> Option<Timestamp> {
        lock(&self.ends).iter().min().copied()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.time.borrow()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let end = self.now() + duration;
        let mut time = self.time.subscribe();
        let waiting = Waiting { end, ends: self.ends.clone() };
        lock(&self.ends).push(end);
        Box::pin(async move {
            // An error means that every handle of the clock is gone: nothing can wake the wait.
            drop(time.wait_for(|now| *now >= end).await);
            drop(waiting);
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut ends = lock(&self.ends);
        if let Some(at) = ends.iter().position(|end| *end == self.end) {
            ends.swap_remove(at);
        }
    }
}

fn lock(ends: &Mutex<Vec<Timestamp>>) -> MutexGuard<'_, Vec<Timestamp>> {
    ends.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX + Duration::from_secs(1), Timestamp::MAX);
        assert_eq!(Timestamp(5) - Duration::MAX, Timestamp(0));
        assert_eq!(Timestamp::from_unix_seconds(u64::MAX), Timestamp::MAX);
    }

    #[tokio::test]
    async fn a_manual_sleep_ends_when_the_time_has_come() {
        let clock = ManualClock::at(Timestamp(0));
        let sleep = tokio::spawn(clock.sleep(Duration::from_secs(2)));
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
        assert!(!sleep.is_finished());
        assert_eq!(clock.next_end(), Some(Timestamp(2000)));
        drop(clock.sleep(Duration::from_millis(1)));
        assert_eq!(clock.next_end(), Some(Timestamp(2000)), "nobody waits for it any longer");
        clock.advance(Duration::from_secs(1));
        sleep.await.unwrap();
        assert_eq!(clock.next_end(), None);
    }
}
