//! Session rows: made at sign-in, found by the cookie's own letters, rotated, ended.
//!
//! One row is one session, whichever of its ids a request carries. So its end is the end of all
//! of them, and a callback that is under way brings none of them back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::returns::Returns;
use super::row::{AccountKey, Id, Named, Number, Session, SessionRow, named};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::keys::random;
use crate::store::{Entry, Expected, Table, Unwritten, Vault};

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

/// New ids that are tried. Two that are alike would mean a broken source of randomness.
const ATTEMPTS: usize = 3;

/// All sessions of the app.
pub(crate) struct Sessions {
    pub(crate) table: Arc<Table<20, SessionRow>>,
    lifetimes: Lifetimes,
    /// Whatever is written in the background.
    tasks: TaskTracker,
}

impl Sessions {
    pub(crate) fn new(
        vault: Option<&Arc<Vault>>,
        lifetimes: Lifetimes,
        tasks: TaskTracker,
    ) -> Self {
        Self { table: Arc::new(Table::new(vault)), lifetimes, tasks }
    }

    pub(crate) fn absolute(&self) -> Duration {
        self.lifetimes.absolute
    }

    /// The session that a cookie names, if it is known here and alive. One lookup, no allocation.
    #[inline]
    pub(crate) fn peek(&self, named: Named<'_>, now: Timestamp) -> Option<Session> {
        let entry = self.table.peek(named.number, now)?;
        self.admit(named, entry, now)
    }

    /// The session, if its row is alive and has this id.
    #[inline]
    pub(crate) fn admit(
        &self,
        named: Named<'_>,
        entry: Arc<Entry<SessionRow>>,
        now: Timestamp,
    ) -> Option<Session> {
        let row = &entry.value;
        let idle = now.since(row.last_seen());
        if idle >= self.lifetimes.idle || !row.has(named.secret, now) {
            return None;
        }
        if idle >= self.lifetimes.idle / 10 {
            self.see(*named.number, row, now);
        }
        Some(Session { number: *named.number, secret: named.secret.try_into().ok()?, entry })
    }

    /// Remembers that the session was used; in a store, when there is time.
    #[cold]
    fn see(&self, number: Number, row: &SessionRow, now: Timestamp) {
        row.last_seen.fetch_max(now.unix_millis(), Ordering::Relaxed);
        if !self.table.is_stored() {
            return;
        }
        let (table, absolute) = (self.table.clone(), self.lifetimes.absolute);
        self.tasks.spawn(async move {
            let seen = |row: Option<&SessionRow>| {
                Ok::<_, Error>(row.map(|row| (row.seen(now), row.created + absolute)))
            };
            if let Err(error) = table.change(&number, now, seen).await {
                tracing::warn!(code = error.code(), "the use of a session was not noted");
            }
        });
    }

    /// The session as it is now, unless it has ended or run out since it was found.
    ///
    /// What holds it open counts as use: nobody is idle who listens.
    pub(crate) async fn again(
        &self,
        session: &Session,
        now: Timestamp,
    ) -> Result<Option<Session>, Error> {
        let Some(entry) = self.table.get(&session.number, now).await?.entry else {
            return Ok(None);
        };
        if now.since(entry.value.last_seen()) >= self.lifetimes.idle / 10 {
            self.see(session.number, &entry.value, now);
        }
        Ok(Some(Session { entry, ..*session }))
    }

    /// A new session; its cookie value and its row.
    pub(crate) async fn create(
        &self,
        account: AccountKey,
        epoch: u32,
        now: Timestamp,
    ) -> Result<(String, Session), Error> {
        self.create_under(random::<32>, account, epoch, now).await
    }

    /// A number that is in use is somebody's: another one is tried, and none is taken over.
    async fn create_under(
        &self,
        mut next: impl FnMut() -> Result<[u8; 32], Error>,
        account: AccountKey,
        epoch: u32,
        now: Timestamp,
    ) -> Result<(String, Session), Error> {
        let ends_at = now + self.lifetimes.absolute;
        let lineage = random()?;
        for _ in 0..ATTEMPTS {
            let (cookie, number, secret) = named(&next()?, &account)?;
            let row = SessionRow {
                account,
                lineage,
                epoch,
                created: now,
                last_seen: AtomicU64::new(now.unix_millis()),
                ids: [Id { secret, ends_at }].into(),
                returns: Returns::default(),
            };
            match self.table.put(number, row, Expected::Absent, ends_at, now).await {
                Ok(entry) => return Ok((cookie, Session { number, secret, entry })),
                Err(Unwritten::Changed) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(Error::new(Code::Internal, "a session id exists already"))
    }

    /// A new id for the same session. The old one serves what is under way, then dies.
    ///
    /// # Errors
    /// `callback_invalid` if the session was ended meanwhile: nothing brings it back.
    pub(crate) async fn rotate(
        &self,
        old: &Session,
        now: Timestamp,
    ) -> Result<(String, Session), Error> {
        let (new, account) = (random::<32>()?, &old.row().account);
        let (_, _, secret) = named(&new, account)?;
        let cookie = [&old.number[..], &secret].concat();
        let cookie = String::from_utf8(cookie)
            .map_err(|_| Error::new(Code::Internal, "a session id is not text"))?;
        let ends_at = old.row().created + self.lifetimes.absolute;
        let entry = self
            .change(old, now, |row| Some(row.rotated(&old.secret, Id { secret, ends_at }, now)));
        let entry = entry
            .await?
            .ok_or_else(|| Error::new(Code::CallbackInvalid, "the session was ended meanwhile"))?;
        Ok((cookie, Session { number: old.number, secret, entry }))
    }

    /// Remembers that an authorization for these scopes came back.
    pub(crate) async fn note_return(
        &self,
        session: &Session,
        scopes: u64,
        now: Timestamp,
    ) -> Result<(), Error> {
        let noted = |row: &SessionRow| {
            Some(row.with(row.ids.clone(), row.returns.noting(scopes, now), now))
        };
        self.change(session, now, noted).await.map(drop)
    }

    /// Ends the session at once, under every id that it has or is just getting.
    pub(crate) async fn end(&self, number: &Number, now: Timestamp) -> Result<(), Error> {
        self.table.delete(number, now).await.map(drop)
    }

    async fn change(
        &self,
        session: &Session,
        now: Timestamp,
        change: impl Fn(&SessionRow) -> Option<SessionRow>,
    ) -> Result<Option<Arc<Entry<SessionRow>>>, Error> {
        let changed = |row: Option<&SessionRow>| {
            let row = row.and_then(&change);
            Ok(row.map(|row| {
                let ends_at = row.created + self.lifetimes.absolute;
                (row, ends_at)
            }))
        };
        self.table.change(&session.number, now, changed).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::IDS;
    use super::super::sealed_cookie::decode;
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const ACCOUNT: AccountKey = [9; 16];

    fn days(n: u64) -> Duration {
        Duration::from_secs(n * 86_400)
    }

    fn sessions() -> Sessions {
        Sessions::new(None, Lifetimes::default(), TaskTracker::new())
    }

    fn find(sessions: &Sessions, cookie: &str, now: Timestamp) -> Option<Session> {
        sessions.peek(Named::parse(cookie.as_bytes())?, now)
    }

    #[tokio::test]
    async fn a_session_is_found_by_its_whole_cookie() {
        let sessions = sessions();
        let (cookie, _) = sessions.create(ACCOUNT, 0, NOW).await.unwrap();
        assert!(find(&sessions, &cookie, NOW).is_some());
        assert_eq!(cookie.len(), 64);
        assert_eq!(Named::parse(cookie.as_bytes()).unwrap().account(), Some(ACCOUNT));
        for place in 0..64 {
            let other = if cookie.as_bytes()[place] == b'A' { "B" } else { "A" };
            let mut changed = cookie.clone();
            changed.replace_range(place..=place, other);
            assert!(find(&sessions, &changed, NOW).is_none(), "letter {place}");
        }
        assert!(find(&sessions, &cookie[..63], NOW).is_none());
        assert!(find(&sessions, "", NOW).is_none());
    }

    /// E14: an id that exists is neither taken over nor the end of the sign-in.
    #[tokio::test]
    async fn a_new_session_never_takes_over_another() {
        let sessions = sessions();
        let (cookie, first) = sessions.create(ACCOUNT, 0, NOW).await.unwrap();
        let taken: [u8; 48] = decode(cookie.as_bytes()).unwrap();
        let taken: [u8; 32] = *taken.first_chunk().unwrap();
        let mut ids = [taken, [7; 32]].into_iter();
        let next = || Ok(ids.next().unwrap());
        let (_, second) = sessions.create_under(next, ACCOUNT, 0, NOW).await.unwrap();
        assert_eq!(second.secret, named(&[7; 32], &ACCOUNT).unwrap().2);
        let other = sessions.create_under(|| Ok(taken), ACCOUNT, 0, NOW).await;
        assert!(other.is_err(), "no other id comes");
        let found = find(&sessions, &cookie, NOW).unwrap();
        assert_eq!(found.row().lineage, first.row().lineage);
    }

    /// E13: idle and absolute ends are never overrun.
    #[tokio::test]
    async fn a_session_ends_when_unused_and_at_last_in_any_case() {
        let sessions = sessions();
        let (cookie, _) = sessions.create(ACCOUNT, 0, NOW).await.unwrap();
        let is_found = |after| find(&sessions, &cookie, NOW + after).is_some();
        assert!(is_found(days(13)));
        assert!(is_found(days(26)), "the visit on day 13 counts");
        assert!(!is_found(days(40)), "unused for 14 days");
        let (cookie, _) = sessions.create(ACCOUNT, 0, NOW).await.unwrap();
        for day in (0..90).step_by(7) {
            assert!(find(&sessions, &cookie, NOW + days(day)).is_some(), "day {day}");
        }
        assert!(find(&sessions, &cookie, NOW + days(90)).is_none());
    }

    /// E2: after a rotation the old id serves for thirty seconds.
    #[tokio::test]
    async fn a_rotated_id_lives_on_for_a_moment_only() {
        let sessions = sessions();
        let (old, session) = sessions.create(ACCOUNT, 3, NOW).await.unwrap();
        let (new, rotated) = sessions.rotate(&session, NOW).await.unwrap();
        assert_ne!(old, new);
        assert_eq!(session.row().lineage, rotated.row().lineage);
        assert_eq!(rotated.row().epoch, 3);
        let seconds = |n| NOW + Duration::from_secs(n);
        assert!(find(&sessions, &old, seconds(29)).is_some());
        assert!(find(&sessions, &old, seconds(30)).is_none());
        assert!(find(&sessions, &new, seconds(30)).is_some());
        let late = sessions.rotate(&session, seconds(29)).await.unwrap();
        assert!(find(&sessions, &old, seconds(30)).is_none(), "a second rotation adds no time");
        assert!(find(&sessions, &late.0, seconds(90)).is_some());
    }

    /// Two tabs that finish side by side: whichever cookie the browser keeps is good.
    #[tokio::test]
    async fn tabs_that_rotate_side_by_side_each_have_a_good_id() {
        let sessions = sessions();
        let (_, session) = sessions.create(ACCOUNT, 0, NOW).await.unwrap();
        let one = sessions.rotate(&session, NOW).await.unwrap();
        let two = sessions.rotate(&session, NOW).await.unwrap();
        for cookie in [one.0, two.0] {
            assert!(find(&sessions, &cookie, NOW + days(1)).is_some());
        }
        for _ in 0..20 {
            sessions.rotate(&session, NOW).await.unwrap();
        }
        let found = sessions.again(&session, NOW).await.unwrap().unwrap();
        assert_eq!(found.row().ids.len(), IDS);
    }

    /// E2, E10: an ended session is dead at once under all its ids, and gets no other.
    #[tokio::test]
    async fn an_ended_session_is_gone_under_all_its_ids() {
        let sessions = sessions();
        let (old, session) = sessions.create(ACCOUNT, 0, NOW).await.unwrap();
        let (new, rotated) = sessions.rotate(&session, NOW).await.unwrap();
        let (twin, _) = sessions.rotate(&session, NOW).await.unwrap();
        sessions.end(rotated.number(), NOW).await.unwrap();
        for cookie in [old, new, twin] {
            assert!(find(&sessions, &cookie, NOW).is_none());
        }
        let error = sessions.rotate(&session, NOW).await.err().unwrap();
        assert_eq!(error.code(), "callback_invalid");
        assert!(sessions.again(&session, NOW).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_return_is_remembered_across_ids() {
        let sessions = sessions();
        let (_, session) = sessions.create(ACCOUNT, 0, NOW).await.unwrap();
        sessions.note_return(&session, 7, NOW).await.unwrap();
        assert!(!session.returned_lately(7, NOW), "the request began before");
        let (_, rotated) = sessions.rotate(&session, NOW).await.unwrap();
        assert!(rotated.returned_lately(7, NOW) && !rotated.returned_lately(8, NOW));
    }
}
