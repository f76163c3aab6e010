//! Session rows: made at sign-in, found by the cookie's own bytes, rotated, ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::returns::Returns;
#[cfg(test)]
use super::sealed_cookie::decode;
use super::sealed_cookie::encode;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::keys::random;
use crate::store::{Entries, Entry, Expected};

/// Where an account's row lies: a keyed hash of issuer, client and subject.
pub(crate) type AccountKey = [u8; 16];
/// What a flow, a link or a kept form is bound to: the lineage of a session, which stays the
/// same while its id rotates, or the key of an owner.
pub(crate) type Binding = [u8; 16];
/// The value of the cookie: 32 random bytes and the account key, as 64 letters. It is looked up as
/// it comes, since decoding it would cost as much as all the rest.
type SessionId = [u8; 64];

/// For how long a replaced id still works, for requests that were already under way.
const ROTATION_GRACE: Duration = Duration::from_secs(30);

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    /// Without a request.
    pub(crate) idle: Duration,
    /// At all.
    pub(crate) absolute: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        let days = |n: u64| Duration::from_secs(n * 86_400);
        Self { idle: days(14), absolute: days(90) }
    }
}

/// What all ids of one session have in common, whichever of them a request carries.
#[derive(Debug, Default)]
struct Shared {
    ended: AtomicBool,
    returns: Returns,
}

/// One signed-in browser.
#[derive(Debug)]
pub(crate) struct SessionRow {
    pub(crate) account: AccountKey,
    pub(crate) lineage: Binding,
    /// The account's epoch at sign-in; a later one means "signed out everywhere".
    pub(crate) epoch: u32,
    created: Timestamp,
    /// In Unix milliseconds. Written at most once in a tenth of the idle time.
    last_seen: AtomicU64,
    shared: Arc<Shared>,
}

/// A session as a request found it.
#[derive(Clone)]
pub(crate) struct Session {
    id: SessionId,
    pub(crate) entry: Arc<Entry<SessionRow>>,
}

impl Session {
    pub(crate) fn row(&self) -> &SessionRow {
        &self.entry.value
    }

    /// Remembers that an authorization for these scopes came back.
    pub(crate) fn note_return(&self, scopes: u64, now: Timestamp) {
        self.row().shared.returns.note(scopes, now);
    }

    /// Whether one came back a moment ago, so that another round would hardly help.
    pub(crate) fn returned_lately(&self, scopes: u64, now: Timestamp) -> bool {
        self.row().shared.returns.lately(scopes, now)
    }
}

/// New ids that are tried. Two that are alike would mean a broken source of randomness.
const ATTEMPTS: usize = 3;

/// All sessions of the app.
pub(crate) struct Sessions {
    entries: Entries<64, SessionRow>,
    lifetimes: Lifetimes,
}

impl Sessions {
    pub(crate) fn new(lifetimes: Lifetimes) -> Self {
        Self { entries: Entries::new(), lifetimes }
    }

    pub(crate) fn absolute(&self) -> Duration {
        self.lifetimes.absolute
    }

    /// The session that a cookie names, if it is alive. One lookup, no allocation.
    #[inline]
    pub(crate) fn find(&self, cookie: &[u8], now: Timestamp) -> Option<Session> {
        let id: &SessionId = cookie.try_into().ok()?;
        let entry = self.entries.peek(id, now)?;
        let row = &entry.value;
        let seen = Timestamp::from_unix_millis(row.last_seen.load(Ordering::Relaxed));
        let idle = now.since(seen);
        let ended = row.shared.ended.load(Ordering::Relaxed);
        if ended || idle >= self.lifetimes.idle {
            return None;
        }
        if idle >= self.lifetimes.idle / 10 {
            row.last_seen.store(now.unix_millis(), Ordering::Relaxed);
        }
        Some(Session { id: *id, entry })
    }

    /// Whether a session that was found before has neither ended nor run out since.
    ///
    /// What holds it open counts as use: nobody is idle who listens.
    pub(crate) fn is_alive(&self, session: &Session, now: Timestamp) -> bool {
        let row = session.row();
        let alive = !row.shared.ended.load(Ordering::Relaxed)
            && now < row.created + self.lifetimes.absolute;
        if alive {
            row.last_seen.fetch_max(now.unix_millis(), Ordering::Relaxed);
        }
        alive
    }

    /// A new session; its cookie value and its row.
    pub(crate) fn create(
        &self,
        account: AccountKey,
        epoch: u32,
        now: Timestamp,
    ) -> Result<(String, Session), Error> {
        let row = SessionRow {
            account,
            lineage: random()?,
            epoch,
            created: now,
            last_seen: AtomicU64::new(now.unix_millis()),
            shared: Arc::default(),
        };
        self.insert(row, now)
    }

    /// A new id for the same session. The old one serves what is under way, then dies.
    ///
    /// # Errors
    /// `callback_invalid` if the session was ended meanwhile: nothing brings it back.
    pub(crate) fn rotate(&self, old: &Session, now: Timestamp) -> Result<(String, Session), Error> {
        let SessionRow { account, lineage, epoch, created, ref shared, .. } = *old.row();
        if shared.ended.load(Ordering::Relaxed) {
            return Err(Error::new(Code::CallbackInvalid, "the session was ended meanwhile"));
        }
        let row = || SessionRow {
            account,
            lineage,
            epoch,
            created,
            last_seen: AtomicU64::new(now.unix_millis()),
            shared: shared.clone(),
        };
        let new = self.insert(row(), now)?;
        // A conflict means that the old id was rotated or ended meanwhile: nothing is left to do.
        let ends_at = (now + ROTATION_GRACE).min(old.entry.ends_at);
        let expected = Expected::Version(old.entry.version);
        drop(self.entries.put(old.id, row(), expected, ends_at, now));
        Ok(new)
    }

    /// Ends the session at once, under every id that it has or is just getting.
    pub(crate) fn end(&self, session: &Session) {
        session.row().shared.ended.store(true, Ordering::Relaxed);
        self.entries.delete(&session.id);
    }

    fn insert(&self, row: SessionRow, now: Timestamp) -> Result<(String, Session), Error> {
        self.insert_under(random, row, now)
    }

    /// An id that is in use is somebody's: another one is tried, and none is ever taken over.
    fn insert_under(
        &self,
        mut next: impl FnMut() -> Result<[u8; 32], Error>,
        row: SessionRow,
        now: Timestamp,
    ) -> Result<(String, Session), Error> {
        let account = row.account;
        let mut new = || named(&next()?, &account);
        let (mut cookie, mut id) = new()?;
        for _ in 0..ATTEMPTS {
            if self.entries.peek(&id, now).is_none() {
                break;
            }
            (cookie, id) = new()?;
        }
        let ends_at = row.created + self.lifetimes.absolute;
        let entry = self.entries.put(id, row, Expected::Absent, ends_at, now);
        let entry = entry.map_err(|_| Error::new(Code::Internal, "a session id exists already"))?;
        Ok((cookie, Session { id, entry }))
    }
}

/// The cookie's value as text, and as the key that it is.
fn named(random: &[u8; 32], account: &AccountKey) -> Result<(String, SessionId), Error> {
    let cookie = encode(&[random.as_slice(), account].concat());
    let id = cookie.as_bytes().try_into();
    let id = id.map_err(|_| Error::new(Code::Internal, "a session id has another length"))?;
    Ok((cookie, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const ACCOUNT: AccountKey = [9; 16];

    fn days(n: u64) -> Duration {
        Duration::from_secs(n * 86_400)
    }

    fn sessions() -> Sessions {
        Sessions::new(Lifetimes::default())
    }

    #[test]
    fn a_session_is_found_by_its_whole_cookie() {
        let sessions = sessions();
        let (cookie, _) = sessions.create(ACCOUNT, 0, NOW).unwrap();
        assert!(sessions.find(cookie.as_bytes(), NOW).is_some());
        assert_eq!(cookie.len(), 64);
        for place in 0..64 {
            let other = if cookie.as_bytes()[place] == b'A' { "B" } else { "A" };
            let mut changed = cookie.clone();
            changed.replace_range(place..=place, other);
            assert!(sessions.find(changed.as_bytes(), NOW).is_none(), "letter {place}");
        }
        assert!(sessions.find(&cookie.as_bytes()[..63], NOW).is_none());
        assert!(sessions.find(b"", NOW).is_none());
    }

    /// E14: an id that exists is neither taken over nor the end of the sign-in.
    #[test]
    fn a_new_session_never_takes_over_another() {
        let sessions = sessions();
        let (cookie, first) = sessions.create(ACCOUNT, 0, NOW).unwrap();
        let row = || SessionRow {
            account: ACCOUNT,
            lineage: [1; 16],
            epoch: 0,
            created: NOW,
            last_seen: AtomicU64::new(0),
            shared: Arc::default(),
        };
        let mut taken = [0; 32];
        let bytes = decode::<48>(cookie.as_bytes()).unwrap();
        taken.copy_from_slice(&bytes[..32]);
        let mut ids = [taken, [7; 32]].into_iter();
        let (_, second) = sessions.insert_under(|| Ok(ids.next().unwrap()), row(), NOW).unwrap();
        assert_eq!(second.id, named(&[7; 32], &ACCOUNT).unwrap().1);
        assert!(sessions.insert_under(|| Ok(taken), row(), NOW).is_err(), "no other id comes");
        let found = sessions.find(cookie.as_bytes(), NOW).unwrap();
        assert_eq!(found.row().lineage, first.row().lineage);
    }

    /// E13: idle and absolute ends are never overrun.
    #[test]
    fn a_session_ends_when_unused_and_at_last_in_any_case() {
        let sessions = sessions();
        let (cookie, _) = sessions.create(ACCOUNT, 0, NOW).unwrap();
        let find = |after| sessions.find(cookie.as_bytes(), NOW + after).is_some();
        assert!(find(days(13)));
        assert!(find(days(26)), "the visit on day 13 counts");
        assert!(!find(days(40)), "unused for 14 days");
        let (cookie, _) = sessions.create(ACCOUNT, 0, NOW).unwrap();
        for day in (0..90).step_by(7) {
            assert!(sessions.find(cookie.as_bytes(), NOW + days(day)).is_some(), "day {day}");
        }
        assert!(sessions.find(cookie.as_bytes(), NOW + days(90)).is_none());
    }

    /// E2: after a rotation the old id serves for thirty seconds.
    #[test]
    fn a_rotated_id_lives_on_for_a_moment_only() {
        let sessions = sessions();
        let (old, session) = sessions.create(ACCOUNT, 3, NOW).unwrap();
        let (new, rotated) = sessions.rotate(&session, NOW).unwrap();
        assert_ne!(old, new);
        assert_eq!(session.row().lineage, rotated.row().lineage);
        assert_eq!(rotated.row().epoch, 3);
        let seconds = |n| NOW + Duration::from_secs(n);
        assert!(sessions.find(old.as_bytes(), seconds(29)).is_some());
        assert!(sessions.find(old.as_bytes(), seconds(30)).is_none());
        assert!(sessions.find(new.as_bytes(), seconds(30)).is_some());
    }

    /// E10: an ended session is dead at once.
    #[test]
    fn an_ended_session_is_gone() {
        let sessions = sessions();
        let (cookie, session) = sessions.create(ACCOUNT, 0, NOW).unwrap();
        sessions.end(&session);
        assert!(sessions.find(cookie.as_bytes(), NOW).is_none());
    }

    /// E2, E10: no other id of the session outlives it, and none is made after its end.
    #[test]
    fn an_ended_session_is_gone_under_all_its_ids() {
        let sessions = sessions();
        let (old, session) = sessions.create(ACCOUNT, 0, NOW).unwrap();
        let (new, rotated) = sessions.rotate(&session, NOW).unwrap();
        let (twin, _) = sessions.rotate(&session, NOW).unwrap();
        sessions.end(&rotated);
        for cookie in [old, new, twin] {
            assert!(sessions.find(cookie.as_bytes(), NOW).is_none());
        }
        assert!(sessions.rotate(&session, NOW).is_err());
    }

    #[test]
    fn a_return_is_remembered_for_ten_minutes_across_ids() {
        let sessions = sessions();
        let (_, session) = sessions.create(ACCOUNT, 0, NOW).unwrap();
        session.note_return(7, NOW);
        let (_, rotated) = sessions.rotate(&session, NOW).unwrap();
        let after = |minutes: u64| NOW + Duration::from_secs(minutes * 60);
        assert!(rotated.returned_lately(7, after(9)));
        assert!(!rotated.returned_lately(8, after(9)));
        assert!(!rotated.returned_lately(7, after(10)));
        (0..20).for_each(|scopes| rotated.note_return(scopes, after(1)));
        assert!(session.returned_lately(19, after(2)) && !session.returned_lately(1, after(2)));
    }
}
