//! How many short-lived rows may be there for callers who are not signed in, for users, and for
//! one user.
//!
//! None of these rows is ever given up before its end, so that new ones are refused where a share
//! is full. Callers who are not signed in have a share of their own: whatever they do, it takes
//! nothing from the share of users. Each node counts the rows that it made.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::key_map::KeyMap;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::telemetry::refused_for_room;

/// Rows are counted by when they end, in steps of so many milliseconds.
const STEP: u64 = 10_000;
/// Steps of ten minutes, and a few; those that are over are forgotten when there are more.
const STEPS: usize = 64;
/// A share that is full is told in the log, and not again for so long.
const TOLD_EVERY: Duration = Duration::from_secs(600);
/// The longest wait that is asked for where a share is full.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Users of whom rows are counted, before those without any are forgotten.
const SWEEP_FROM: usize = 64;

/// A user of the app: the key of the account that signed in, or of the app's own user.
pub(crate) type UserKey = [u8; 16];

/// How many rows there may be at the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caps {
    /// For all callers who are not signed in.
    pub(crate) strangers: usize,
    /// For all users.
    pub(crate) users: usize,
    /// For one of them.
    pub(crate) user: usize,
}

/// Whose share is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    Strangers,
    Users,
    /// What one user may have.
    User,
}

impl Share {
    /// The label of the metric.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Strangers => "strangers",
            Self::Users => "users",
            Self::User => "user",
        }
    }
}

/// There is no room for another row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Full {
    pub(crate) share: Share,
    /// When there will be some again.
    pub(crate) wait: Duration,
}

impl From<Full> for Error {
    fn from(full: Full) -> Self {
        let text = match full.share {
            Share::Strangers => "too many callers who are not signed in came back at once",
            Share::Users => "too many users came back at once",
            Share::User => "this user came back too often in a few minutes",
        };
        Self::new(Code::TooManyPending, text).with_retry_after(Some(full.wait))
    }
}

/// The shares of one kind of rows.
pub(crate) struct Shares {
    /// What the rows are called in the log and in the metric.
    rows: &'static str,
    caps: Caps,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    strangers: Count,
    users: Count,
    each: KeyMap<16, Count>,
    /// When each of the three was last told to be full.
    told: [Option<Timestamp>; 3],
}

impl Shares {
    pub(crate) fn new(rows: &'static str, caps: Caps) -> Self {
        Self { rows, caps, counted: Mutex::default() }
    }

    /// Counts a row that is made for this user, or for a caller who is not signed in.
    ///
    /// # Errors
    /// If there is no room: then the row must not be made.
    pub(crate) fn admit(
        &self,
        user: Option<&UserKey>,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Full> {
        let mut counted = self.counted();
        let Err((share, wait)) = counted.admit(self.caps, user, ends_at, now) else {
            return Ok(());
        };
        let place = share as usize;
        let is_news = counted.told[place].is_none_or(|told| now.since(told) >= TOLD_EVERY);
        if is_news {
            counted.told[place] = Some(now);
        }
        drop(counted);
        self.tell(share, is_news);
        Err(Full { share, wait: wait.clamp(Duration::from_secs(1), LONGEST_WAIT) })
    }

    /// A row that was counted was not made, or is gone before its end.
    pub(crate) fn release(&self, user: Option<&UserKey>, ends_at: Timestamp) {
        let mut counted = self.counted();
        match user {
            None => counted.strangers.remove(ends_at),
            Some(user) => {
                counted.users.remove(ends_at);
                if let Some(count) = counted.each.get_mut(user) {
                    count.remove(ends_at);
                }
            }
        }
    }

    fn tell(&self, share: Share, is_news: bool) {
        let (rows, cap) = match share {
            Share::Strangers => (self.rows, self.caps.strangers),
            Share::Users => (self.rows, self.caps.users),
            Share::User => (self.rows, self.caps.user),
        };
        refused_for_room(rows, share.as_str());
        if !is_news {
            return;
        }
        let (share, code) = (share.as_str(), Code::TooManyPending.as_str());
        let text = "a share is full: callers of this share are refused until rows of it end, \
                    callers of the other shares are not";
        tracing::warn!(code, rows, share, cap, "{text}");
    }

    // No code of ours panics while it holds the lock, so a poisoned one is still whole.
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn admit(
        &mut self,
        caps: Caps,
        user: Option<&UserKey>,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), (Share, Duration)> {
        let Some(user) = user else {
            let room = self.strangers.has_room(caps.strangers, now);
            room.map_err(|wait| (Share::Strangers, wait))?;
            self.strangers.add(ends_at, now);
            return Ok(());
        };
        if let Some(count) = self.each.get_mut(user) {
            count.has_room(caps.user, now).map_err(|wait| (Share::User, wait))?;
        }
        self.users.has_room(caps.users, now).map_err(|wait| (Share::Users, wait))?;
        self.users.add(ends_at, now);
        self.count_of(user, now).add(ends_at, now);
        Ok(())
    }

    /// Those of whom nothing is counted any longer are forgotten as the map grows.
    fn count_of(&mut self, user: &UserKey, now: Timestamp) -> &mut Count {
        let is_full = self.each.len() >= SWEEP_FROM && self.each.len() == self.each.capacity();
        if is_full && !self.each.contains_key(user) {
            self.each.retain(|_, count| count.is_live(now));
            // As many again fit before the next time, so that it costs O(1) a row.
            self.each.reserve(self.each.len().max(SWEEP_FROM));
        }
        self.each.entry(*user).or_default()
    }
}

/// How many rows end when.
#[derive(Default)]
struct Count {
    ends: Vec<(u64, usize)>,
    total: usize,
}

impl Count {
    /// Whether there are fewer than `cap` rows; if not, how long until some of them end.
    fn has_room(&mut self, cap: usize, now: Timestamp) -> Result<(), Duration> {
        if self.total < cap || self.forget_ended(now) < cap {
            return Ok(());
        }
        let next = self.ends.iter().map(|(step, _)| *step).min().unwrap_or_default();
        Err(Timestamp::from_unix_millis(next.saturating_mul(STEP)).since(now))
    }

    fn is_live(&mut self, now: Timestamp) -> bool {
        self.forget_ended(now) > 0
    }

    fn forget_ended(&mut self, now: Timestamp) -> usize {
        let now = now.unix_millis();
        self.ends.retain(|(step, _)| step.saturating_mul(STEP) > now);
        self.total = self.ends.iter().map(|(_, rows)| rows).sum();
        self.total
    }

    fn add(&mut self, ends_at: Timestamp, now: Timestamp) {
        let step = step_of(ends_at);
        if let Some((_, rows)) = self.ends.iter_mut().find(|(known, _)| *known == step) {
            *rows += 1;
        } else {
            if self.ends.len() >= STEPS {
                self.forget_ended(now);
            }
            self.ends.push((step, 1));
        }
        self.total += 1;
    }

    fn remove(&mut self, ends_at: Timestamp) {
        let step = step_of(ends_at);
        let rows = self.ends.iter_mut().find(|(known, rows)| *known == step && *rows > 0);
        if let Some((_, rows)) = rows {
            *rows -= 1;
            self.total = self.total.saturating_sub(1);
        }
    }
}

/// The step in which all rows that end now have ended.
fn step_of(ends_at: Timestamp) -> u64 {
    ends_at.unix_millis().div_ceil(STEP)
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shares").field("rows", &self.rows).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const CAPS: Caps = Caps { strangers: 3, users: 5, user: 2 };
    const ADA: Option<&UserKey> = Some(&[1; 16]);

    fn after(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    /// The share that refused a row, if one did.
    fn made(shares: &Shares, user: Option<&UserKey>, now: Timestamp) -> Option<Share> {
        shares.admit(user, now + Duration::from_secs(600), now).err().map(|full| full.share)
    }

    #[test]
    fn each_share_is_full_by_itself_and_one_user_fills_none() {
        let shares = Shares::new("rows", CAPS);
        let mut refused = (0..10).map(|_| made(&shares, None, NOW)).collect::<Vec<_>>();
        assert_eq!(refused.split_off(3), [Some(Share::Strangers); 7]);
        assert_eq!(refused, [None; 3]);
        assert_eq!([(); 3].map(|()| made(&shares, ADA, NOW)), [None, None, Some(Share::User)]);
        let others: Vec<_> = (2..6).map(|user| made(&shares, Some(&[user; 16]), NOW)).collect();
        assert_eq!(others, [None, None, None, Some(Share::Users)]);
    }

    #[test]
    fn there_is_room_again_when_rows_end_or_are_given_back() {
        let shares = Shares::new("rows", CAPS);
        for second in [0, 100, 200] {
            assert_eq!(made(&shares, None, after(second)), None);
        }
        let full = shares.admit(None, after(1_190), after(590)).unwrap_err();
        assert_eq!(full.wait, Duration::from_secs(10), "until the first of them ends");
        let full = shares.admit(None, after(800), after(200)).unwrap_err();
        assert_eq!(full.wait, LONGEST_WAIT);
        assert_eq!(made(&shares, None, after(600)), None);
        assert_eq!(made(&shares, None, after(600)), Some(Share::Strangers));
        shares.release(None, after(700));
        shares.release(None, after(700));
        shares.release(None, after(9_999));
        assert_eq!(made(&shares, None, after(600)), None, "one was given back, and once");
        assert_eq!(made(&shares, None, after(600)), Some(Share::Strangers));
    }

    /// Weeks of rows leave nothing behind, and a row costs no more for them.
    #[test]
    fn what_is_counted_is_forgotten_when_it_has_ended() {
        let shares = Shares::new("rows", Caps { strangers: 9_999, users: 9_999, user: 99 });
        for number in 0_u64..20_000 {
            let user = std::array::from_fn(|i| number.to_le_bytes().get(i).copied().unwrap_or(7));
            assert_eq!(made(&shares, Some(&user), after(number * 7)), None);
            assert_eq!(made(&shares, ADA, after(number * 7)), None);
            assert_eq!(made(&shares, None, after(number * 7)), None);
        }
        let counted = shares.counted();
        for count in [&counted.strangers, &counted.users, &counted.each[&[1; 16]]] {
            assert!(count.ends.len() <= STEPS, "{} steps", count.ends.len());
        }
        assert!(counted.each.len() < 1_000, "{} users", counted.each.len());
    }
}
