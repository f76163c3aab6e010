//! One refresh at a time for each account on all nodes: a lease in the store, a look at what is
//! there by now, the call, and the writing of what it brought.

use std::sync::Arc;
use std::time::Duration;

use tracing::{Instrument as _, debug, error, warn};

use super::circuit::Heard;
use super::flights::Row;
use super::renewal::Renewal;
use super::trouble::{LAST_PAUSE, LAST_PAUSE_OF_REFUSAL, Pause, Trouble};
use super::{AccountRow, Accounts, Freshness, TokenSet};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::keys::random;
use crate::protocol::{Reason, Refused, TokenError, TokenResponse};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::session::AccountKey;
use crate::store::Entry;
use crate::telemetry::{Act, Action, AuditKind};

/// For how long a node may work on one refresh: longer than the provider may take to answer, and
/// the store to keep the answer. A node that dies meanwhile blocks the others no longer than that.
const LEASE: Duration = Duration::from_secs(15);
/// The first pause after a write that failed, which doubles, and the last.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_millis(1600);
/// How often a node looks whether another has finished.
const LOOK: Duration = Duration::from_millis(50);

impl Accounts {
    /// One refresh, by this node or by another that was faster.
    pub(super) async fn refresh(
        self: &Arc<Self>,
        key: &AccountKey,
        after: Option<Pause>,
    ) -> Result<Row, Failure> {
        let (holder, begun) = (u64::from_le_bytes(random()?), self.clock().now());
        loop {
            let now = self.clock().now();
            if self.table.lease(key, holder, now + LEASE, now).await? {
                let refreshed = self.refresh_alone(key, after, holder).await;
                self.table.release(key, holder).await;
                return refreshed;
            }
            let row = self.table.get_anew(key, now).await?.entry.ok_or_else(gone)?;
            if let Some(known) = self.known(row, now) {
                return known;
            }
            if now.since(begun) > LEASE {
                let text = "another node has been refreshing the token for too long";
                return Err(Error::new(Code::ProviderUnavailable, text).into());
            }
            self.clock().sleep(LOOK).await;
        }
    }

    /// From the row as the store has it now to the row as it is then. The new lifetime counts
    /// from now, as it does at the provider at the latest.
    async fn refresh_alone(
        self: &Arc<Self>,
        key: &AccountKey,
        after: Option<Pause>,
        holder: u64,
    ) -> Result<Row, Failure> {
        let now = self.clock().now();
        let mut row = self.table.get_anew(key, now).await?.entry.ok_or_else(gone)?;
        if let Some(renewal) = self.flights.take_unkept(key) {
            row = self.keep(key, &row, renewal, holder).await?;
        }
        if let Some(known) = self.known(row.clone(), now) {
            return known;
        }
        let tokens = row.value.tokens.as_ref().ok_or_else(gone)?;
        let token = tokens.refresh_token(now).ok_or_else(gone)?;
        let error = match self.ask(key, token, &row).await {
            Ok(response) => {
                if let Err(error) = self.check_identity(&response, &row) {
                    return Err(self.mixed_up(key, &row, &response, error).await);
                }
                let ([jitter], before) = (random()?, row.clone());
                let renewal = Renewal { before, response, jitter, asked_at: now };
                return Ok(self.keep(key, &row, renewal, holder).await?);
            }
            Err(TokenError::Refused(refused)) if refused.reason == Reason::Over => {
                return self.refused(key, token, refused).await;
            }
            Err(error) => error,
        };
        Err(self.failed(key, tokens, after, error).await)
    }

    async fn ask(
        &self,
        key: &AccountKey,
        token: &Secret,
        row: &Row,
    ) -> Result<TokenResponse, TokenError> {
        let client = self.providers.vouching(row.value.identity.issuer())?;
        let act = Act::begin(Action::Refresh, client.provider().key(), self.clock().now());
        let response = client.refresh(*key, token).instrument(act.span()).await;
        let outcome = response.as_ref().map_or_else(|e| e.code().as_str(), |_| "refreshed");
        act.end(outcome, self.clock().now());
        response
    }

    /// Says with the tokens, to all nodes, that they could not be renewed just now.
    async fn failed(
        &self,
        key: &AccountKey,
        tried: &TokenSet,
        after: Option<Pause>,
        error: TokenError,
    ) -> Failure {
        let (now, [jitter]) = (self.clock().now(), random().unwrap_or_default());
        let heard = Heard::of(&error);
        let (of_client, longest) = match &error {
            TokenError::Refused(Refused { reason, .. }) => {
                (*reason == Reason::Client, LAST_PAUSE_OF_REFUSAL)
            }
            TokenError::ClientRefused(_) => (true, LAST_PAUSE),
            _ => (false, LAST_PAUSE),
        };
        let (error, before) = (Error::from(error), tried.trouble.as_deref());
        let last = before.map(|trouble| trouble.pause).or(after);
        let pause = Pause::after(last, (error.retry_after(), longest), jitter, now);
        if error.kind() == Code::InvalidGrant {
            warn!(code = error.code(), error = %error.text(), "a refresh was refused");
        }
        if let Some(trouble) = Trouble::after(before, &error, of_client, pause) {
            let noted = self.change(key, |row| {
                let row = row.filter(|row| row.tokens.as_ref().is_some_and(|t| t.is_same(tried)));
                Ok::<_, Error>(row.map(|row| AccountRow {
                    tokens: Some(tried.with_trouble(trouble).into()),
                    ..row.clone()
                }))
            });
            if let Err(error) = noted.await {
                debug!(code = error.code(), "other nodes do not know of a refresh that failed");
            }
        }
        Failure { error, pause: Some(pause), heard }
    }

    /// Writes what the provider answered, again for some seconds if the store fails: the old
    /// refresh token may be worthless already. If it still fails, whoever waits gets the token,
    /// and the answer is kept here until the next refresh.
    async fn keep(
        self: &Arc<Self>,
        key: &AccountKey,
        row: &Row,
        renewal: Renewal,
        holder: u64,
    ) -> Result<Row, Error> {
        let mut pause = FIRST_RETRY;
        loop {
            match self.write(key, &renewal).await {
                Ok(saved) => {
                    debug!(outcome = "refreshed", "access token refreshed");
                    let saved = saved.filter(|row| row.value.tokens.is_some());
                    if let Some(saved) = &saved {
                        if renewal.response.refresh_token.is_some() {
                            self.name_tokens(key, &saved.value).await;
                        }
                        self.tell(AuditKind::Refreshed, &saved.value, ScopeSet::default);
                    }
                    if let (None, Some(token)) = (&saved, &renewal.response.refresh_token) {
                        self.revoke_late(key, renewal.before.value.id().issuer(), token).await;
                    }
                    return saved.ok_or_else(gone);
                }
                Err(_) if pause <= LAST_RETRY => {
                    self.clock().sleep(pause).await;
                    self.hold(key, holder).await;
                }
                Err(failure) => {
                    error!(code = failure.code(), "a refreshed token is kept in memory only");
                    let merged = renewal.apply(&row.value);
                    let merged = merged.unwrap_or_else(|| row.value.clone());
                    let entry = Entry::new(merged, row.version, row.ends_at, renewal.asked_at);
                    self.flights.put_unkept(*key, renewal);
                    return Ok(Arc::new(entry));
                }
            }
            pause *= 2;
        }
    }

    /// Keeps the lease for as long as it takes once more: no other node is to send the old refresh
    /// token while the answer to it is on its way into the store.
    async fn hold(&self, key: &AccountKey, holder: u64) {
        let now = self.clock().now();
        if let Err(error) = self.table.lease(key, holder, now + LEASE, now).await {
            debug!(code = error.code(), "the lease of a refresh could not be kept");
        }
    }

    async fn write(&self, key: &AccountKey, renewal: &Renewal) -> Result<Option<Row>, Error> {
        self.change(key, |row| Ok(row.and_then(|row| renewal.apply(row)))).await
    }

    /// What the row itself says to a caller who wants its tokens renewed, if it says anything.
    fn known(&self, row: Row, now: Timestamp) -> Option<Result<Row, Failure>> {
        if row.value.freshness(now) == Freshness::Fresh {
            return Some(Ok(row));
        }
        let served_at = self.served_at(&row.value);
        let trouble = row.value.tokens.as_ref()?.trouble(served_at, now)?;
        let (error, pause) = (trouble.error(now), Some(trouble.pause));
        Some(Err(Failure { error, pause, heard: Heard::Nothing }))
    }

    /// Blanks exactly the tokens that were refused. Newer ones stand and are used.
    async fn refused(
        &self,
        key: &AccountKey,
        token: &Secret,
        refused: Refused,
    ) -> Result<Row, Failure> {
        let now = self.clock().now();
        let row = self.change(key, |row| {
            let row = row.filter(|row| holds(row, token));
            Ok::<_, Error>(row.map(|row| row.without_refused(token, now)))
        });
        let row = row.await?;
        if let Some(row) = row.as_ref().filter(|row| row.value.is_without_refused(token)) {
            self.tell(AuditKind::AccessLost, &row.value, ScopeSet::default);
        }
        match row {
            Some(row) if row.value.freshness(now) != Freshness::Expired => Ok(row),
            _ => {
                let error = Error::from(TokenError::Refused(refused));
                warn!(outcome = "invalid_grant", error = %error.text(), "a refresh was refused");
                Err(Failure { error, pause: None, heard: Heard::Answer })
            }
        }
    }
}

pub(super) fn holds(row: &AccountRow, token: &Secret) -> bool {
    let held = row.tokens.as_ref().and_then(|tokens| tokens.refresh.as_ref());
    held.is_some_and(|held| held.is(token.expose().as_bytes()))
}

fn gone() -> Error {
    Error::new(Code::InvalidGrant, "there is no refresh token: the user has to authorize again")
}

/// Why there are no new tokens, and for how long nobody tries again.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) pause: Option<Pause>,
    pub(super) heard: Heard,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, pause: None, heard: Heard::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use serde_json::{Value, json};
    use tokio::task::JoinSet;
    use tokio_util::task::TaskTracker;

    use super::super::flights::{AT_ONCE, Board, Flight};
    use super::super::single_flight::Landing;
    use super::super::trouble::FIRST_PAUSE;
    use super::*;
    use crate::clock::{Clock, ManualClock};
    use crate::http::HttpClient;
    use crate::http::testing::{End, Server, answer};
    use crate::protocol::testing::rs256;
    use crate::protocol::{AccountId, Identity, Words};
    use crate::provider::{ClientCredentials, Provider};
    use crate::scope::ScopeSet;
    use crate::store::Index;
    use crate::tokens::{Authorized, Disconnection, ProviderId, Providers};
    use tokio::sync::watch;

    const HOUR: Duration = Duration::from_secs(3600);
    const MOMENT: Duration = Duration::from_millis(1);

    /// One account at a provider on loopback that answers its token endpoint by a script, and
    /// otherwise with `ya29.new`.
    struct World {
        server: Server,
        script: Arc<Mutex<VecDeque<Vec<u8>>>>,
        keys_down: Arc<AtomicBool>,
        accounts: Arc<Accounts>,
        clock: ManualClock,
        key: AccountKey,
    }

    fn tokens(access: &str, refresh: Option<&str>) -> Value {
        json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": refresh, "scope": "openid zz",
        })
    }

    fn granted(access: &str, refresh: Option<&str>) -> Vec<u8> {
        answer("200 OK", &tokens(access, refresh).to_string())
    }

    fn refused(error: &str) -> Vec<u8> {
        answer("400 Bad", &json!({ "error": error }).to_string())
    }

    fn identity() -> Identity {
        Identity::bare(AccountId::new("https://id.example", "1"))
    }

    impl World {
        /// The account's token has ended, and its refresh token is `1//a`.
        async fn new() -> Self {
            let script = Arc::new(Mutex::new(VecDeque::<Vec<u8>>::new()));
            let keys_down = Arc::new(AtomicBool::new(false));
            let (next, down) = (script.clone(), keys_down.clone());
            let keys = json!({ "keys": [rs256().jwk("k")] }).to_string();
            let server = Server::start(move |request| {
                let scripted = || next.lock().unwrap().pop_front();
                let bytes = match request.starts_with("POST /token ") {
                    true => scripted().unwrap_or_else(|| granted("ya29.new", None)),
                    false if down.load(Ordering::Relaxed) => answer("503 Down", ""),
                    false => answer("200 OK", &keys),
                };
                (bytes, End::Close)
            })
            .await;
            let clock = ManualClock::at(Timestamp::from_unix_seconds(1_800_000_000));
            let at = |path: &str| server.origin.join(path).unwrap().to_string();
            let credentials = ClientCredentials::new("us", "fake-secret");
            let issuer = "https://id.example";
            let (authorize, token, keys) = (at("authorize"), at("token"), at("keys"));
            let provider =
                Provider::openid("x", "X", issuer, &authorize, &token, &keys, credentials).unwrap();
            let provider = provider.with_revocation_endpoint(&at("revoke")).unwrap();
            let http = HttpClient::new().unwrap();
            let time: Arc<dyn Clock> = Arc::new(clock.clone());
            let first = (provider, ScopeSet::default());
            let providers = Providers::new(first, Vec::new(), &http, &time).unwrap();
            let index = Arc::new(Index::new(None).unwrap());
            let accounts = Accounts::new(providers, HOUR * 9_000, None, index, TaskTracker::new());
            let accounts = Arc::new(accounts);
            let key = accounts.key_of(&identity()).await.unwrap();
            let world = Self { server, script, keys_down, accounts, clock, key };
            world.authorize("ya29.old", "1//a").await;
            world.clock.advance(HOUR);
            world
        }

        /// The person authorizes, which brings these tokens.
        async fn authorize(&self, access: &str, refresh: &str) {
            self.authorize_as(identity(), access, refresh).await;
        }

        async fn authorize_as(&self, identity: Identity, access: &str, refresh: &str) {
            let body = tokens(access, Some(refresh)).to_string();
            let response = TokenResponse::from_json(body.as_bytes(), HOUR).ok().unwrap();
            let requested = ScopeSet::parse("openid zz");
            let (forced_consent, begun_after) = (false, self.accounts.disconnects.seen());
            let authorized =
                Authorized { identity, response, requested, forced_consent, begun_after };
            self.accounts.save(&authorized, None, self.clock.now()).await.unwrap();
        }

        fn answers(&self, answers: impl IntoIterator<Item = Vec<u8>>) {
            self.script.lock().unwrap().extend(answers);
        }

        fn calls(&self) -> usize {
            self.server.requests().iter().filter(|it| it.starts_with("POST /token ")).count()
        }

        /// The access token that a refresh leads to, or the code of its error.
        async fn refreshed(&self) -> String {
            self.accounts.refreshed(self.key).await.map_or_else(
                |error| error.code().to_owned(),
                |row| row.value.tokens.as_ref().unwrap().access.expose().to_owned(),
            )
        }

        /// The access and the refresh token that the row holds.
        fn held(&self) -> Option<(String, String)> {
            let row = self.row();
            let tokens = row.value.tokens.as_ref()?;
            let refresh = tokens.refresh.as_ref().map_or("", Secret::expose);
            Some((tokens.access.expose().to_owned(), refresh.to_owned()))
        }

        fn row(&self) -> Row {
            self.accounts.peek(&self.key, self.clock.now()).unwrap()
        }

        #[track_caller]
        fn assert_held(&self, access: &str, refresh: &str) {
            assert_eq!(self.held(), Some((access.to_owned(), refresh.to_owned())));
        }

        /// A refresh that somebody waits for, whose answer the provider holds back.
        async fn begin_held(&self) -> tokio::task::JoinHandle<Result<Row, Error>> {
            self.server.hold();
            let calls = self.server.requests().len();
            let (accounts, key) = (self.accounts.clone(), self.key);
            let waiter = tokio::spawn(async move { accounts.refreshed(key).await });
            self.server.arrived(calls + 1).await;
            waiter
        }

        async fn settled(&self) {
            self.accounts.flights.tasks.close();
            self.accounts.flights.tasks.wait().await;
            self.accounts.flights.tasks.reopen();
        }
    }

    /// I1.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_thousand_waiters_make_one_call() {
        let world = Arc::new(World::new().await);
        world.answers([granted("ya29.new", Some("1//b"))]);
        world.server.hold();
        let mut waiters = JoinSet::new();
        for _ in 0..1_000 {
            let world = world.clone();
            waiters.spawn(async move { world.refreshed().await });
        }
        world.server.arrived(1).await;
        world.server.release();
        let answers = waiters.join_all().await;
        assert!(answers.iter().all(|answer| answer == "ya29.new"));
        assert_eq!(world.calls(), 1);
        world.assert_held("ya29.new", "1//b");
        assert!(world.server.requests()[0].contains("refresh_token=1%2F%2Fa"));
    }

    /// I3: nobody waits for another person's refresh, unless very many are under way.
    #[tokio::test]
    async fn refreshes_of_many_people_are_made_side_by_side() {
        let (world, mut keys) = (World::new().await, Vec::new());
        for number in 0..1_000 {
            let id = AccountId::new("https://id.example", &format!("person-{number}"));
            let identity = Identity::bare(id);
            keys.push(world.accounts.key_of(&identity).await.unwrap());
            world.authorize_as(identity, "ya29.old", "1//a").await;
        }
        world.clock.advance(HOUR);
        world.server.hold();
        let mut waiters = JoinSet::new();
        for key in keys {
            let accounts = world.accounts.clone();
            waiters.spawn(async move { accounts.refreshed(key).await });
        }
        world.server.arrived(AT_ONCE).await;
        world.server.release();
        let answers = waiters.join_all().await;
        assert!(answers.into_iter().all(|answer| answer.is_ok()));
        assert_eq!((world.calls(), world.server.most_at_once()), (1_000, AT_ONCE));
    }

    /// I1: those who come late, when the call has failed, get its answer too.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_thousand_waiters_share_one_failure() {
        let world = Arc::new(World::new().await);
        world.answers([answer("503 Down", "")]);
        let mut waiters = JoinSet::new();
        for _ in 0..1_000 {
            let world = world.clone();
            waiters.spawn(async move { world.refreshed().await });
        }
        let answers = waiters.join_all().await;
        assert!(answers.iter().all(|answer| answer == "provider_unavailable"));
        assert_eq!(world.calls(), 1);
    }

    /// The provider counts from before its answer arrives, however long that takes.
    #[tokio::test]
    async fn a_lifetime_counts_from_the_question() {
        let world = World::new().await;
        let waiter = world.begin_held().await;
        world.clock.advance(HOUR / 2);
        world.server.release();
        waiter.await.unwrap().unwrap();
        world.clock.advance(HOUR / 2);
        assert_eq!(world.row().value.freshness(world.clock.now()), Freshness::Expired);
    }

    /// I5.
    #[tokio::test]
    async fn a_waiter_who_goes_away_stops_nothing() {
        let world = World::new().await;
        world.answers([granted("ya29.new", Some("1//b"))]);
        let waiter = world.begin_held().await;
        waiter.abort();
        assert!(waiter.await.err().unwrap().is_cancelled());
        world.server.release();
        world.settled().await;
        world.assert_held("ya29.new", "1//b");
        assert_eq!(world.refreshed().await, "ya29.new");
        assert_eq!(world.calls(), 1);
    }

    #[tokio::test]
    async fn a_refresh_in_the_background_is_the_one_that_others_wait_for() {
        let world = World::new().await;
        world.accounts.refresh_in_background(world.key);
        world.accounts.refresh_in_background(world.key);
        assert_eq!(world.refreshed().await, "ya29.new");
        world.accounts.refresh_in_background(world.key);
        world.settled().await;
        assert_eq!(world.calls(), 1, "a fresh token is left alone");
        world.assert_held("ya29.new", "1//a");
    }

    /// Invariant 12, D17, I9.
    #[tokio::test]
    async fn invalid_grant_blanks_the_tokens_it_was_for_and_nothing_else() {
        let world = World::new().await;
        world.answers([refused("invalid_grant")]);
        let before = world.row();
        assert_eq!(world.refreshed().await, "invalid_grant");
        assert_eq!(world.held(), None);
        let after = world.row();
        assert!(after.value.granted.is_empty() && after.value.covered.is_empty());
        assert_eq!(after.value.id(), before.value.id());
        assert_eq!(after.value.epoch, before.value.epoch);
        assert_eq!(world.refreshed().await, "invalid_grant");
        assert_eq!(world.calls(), 1, "a dead token is not tried twice");
        world.authorize("ya29.b", "1//b").await;
        world.clock.advance(HOUR);
        assert_eq!(world.refreshed().await, "ya29.new");
    }

    /// Invariants 12 and 14: a late answer, yes or no, was about tokens that have been replaced.
    #[tokio::test]
    async fn tokens_that_came_meanwhile_stand_against_a_late_answer() {
        for late in [refused("invalid_grant"), granted("ya29.late", Some("1//late"))] {
            let world = World::new().await;
            world.answers([late]);
            let waiter = world.begin_held().await;
            world.authorize("ya29.b", "1//b").await;
            world.server.release();
            let row = waiter.await.unwrap().unwrap();
            assert!(row.value.tokens.as_ref().unwrap().access.is(b"ya29.b"));
            world.assert_held("ya29.b", "1//b");
        }
    }

    /// Invariant 14, D15: the same, where the new authorization lives on the same refresh token;
    /// if that was replaced, the one that came with it counts, since the old one is dead.
    #[tokio::test]
    async fn a_late_answer_takes_nothing_from_a_newer_authorization() {
        for (rotated, refresh) in [(None, "1//a"), (Some("1//a"), "1//a"), (Some("1//b"), "1//b")] {
            let world = World::new().await;
            let mut narrow = tokens("ya29.late", rotated);
            narrow["scope"] = "openid".into();
            world.answers([answer("200 OK", &narrow.to_string())]);
            let waiter = world.begin_held().await;
            world.authorize("ya29.b", "1//a").await;
            let ends = world.row().value.tokens.as_ref().unwrap().expires_at;
            world.server.release();
            let row = waiter.await.unwrap().unwrap();
            assert!(row.value.tokens.as_ref().unwrap().access.is(b"ya29.b"));
            assert_eq!(row.value.tokens.as_ref().unwrap().expires_at, ends);
            assert_eq!(*row.value.granted, ScopeSet::parse("openid zz"), "{rotated:?}");
            world.assert_held("ya29.b", refresh);
        }
    }

    /// Invariant 14: what was blanked meanwhile stays blank.
    #[tokio::test]
    async fn a_late_answer_brings_no_blanked_tokens_back() {
        let world = World::new().await;
        let waiter = world.begin_held().await;
        let now = world.clock.now();
        let blanked = |row: Option<&AccountRow>| Ok::<_, Error>(row.map(|row| row.blanked(now)));
        world.accounts.change(&world.key, blanked).await.unwrap();
        world.server.release();
        assert_eq!(waiter.await.unwrap().err().unwrap().code(), "invalid_grant");
        assert_eq!(world.held(), None);
    }

    /// A node that sleeps longer than its lease lets another one send the same refresh token, which
    /// the provider has replaced and refuses. The new one, when it comes, is what was missing.
    #[tokio::test]
    async fn a_late_answer_mends_what_only_its_lateness_broke() {
        // (the answer has a new refresh token, the person disconnects meanwhile)
        for (rotated, disconnects) in [(true, false), (false, false), (true, true)] {
            let world = World::new().await;
            let before = world.row();
            world.answers([granted("ya29.new", rotated.then_some("1//b"))]);
            let waiter = world.begin_held().await;
            let token = Secret::new("1//a");
            let error = Refused { reason: Reason::Over, words: Words::default() };
            let refusal = world.accounts.refused(&world.key, &token, error).await;
            assert_eq!(refusal.err().unwrap().error.code(), "invalid_grant");
            assert_eq!(world.held(), None);
            if disconnects {
                let outcome = world.accounts.disconnect(world.key).await.unwrap();
                assert_eq!(outcome, Disconnection::NotConnected);
            }
            world.server.release();
            let answer = waiter.await.unwrap();
            if rotated && !disconnects {
                answer.unwrap();
                world.assert_held("ya29.new", "1//b");
                let (before, after) = (&before.value, &world.row().value);
                assert_eq!((&after.granted, &after.consents), (&before.granted, &before.consents));
            } else {
                assert_eq!(answer.err().unwrap().code(), "invalid_grant");
                assert_eq!(world.held(), None, "{rotated} {disconnects}");
            }
        }
    }

    /// I11, I23: the pause doubles up to half a minute, and the token serves while it lives.
    #[tokio::test]
    async fn a_failing_provider_is_asked_after_ever_longer_pauses() {
        let world = World::new().await;
        world.authorize("ya29.b", "1//b").await;
        world.clock.advance(Duration::from_secs(3400));
        world.answers((0..9).map(|_| answer("500 Down", "")));
        let pauses = [1, 2, 4, 8, 16, 30, 30].map(Duration::from_secs);
        for (call, pause) in pauses.into_iter().enumerate() {
            assert_eq!(world.refreshed().await, "provider_unavailable");
            assert_eq!(world.calls(), call + 1);
            // A tenth of it may be missing.
            let (most, rest) = (pause * 9 / 10, pause / 10);
            world.clock.advance(most.saturating_sub(MOMENT));
            assert_eq!(world.refreshed().await, "provider_unavailable");
            world.accounts.refresh_in_background(world.key);
            world.settled().await;
            assert_eq!(world.calls(), call + 1, "a pause of {pause:?}");
            assert_eq!(world.row().value.freshness(world.clock.now()), Freshness::Stale);
            world.clock.advance(rest + MOMENT);
        }
        world.assert_held("ya29.b", "1//b");
        world.script.lock().unwrap().clear();
        assert_eq!(world.refreshed().await, "ya29.new");
        world.clock.advance(HOUR);
        world.answers([answer("500 Down", "")]);
        assert_eq!(world.refreshed().await, "provider_unavailable");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(world.refreshed().await, "ya29.new", "a success begins anew with one second");
    }

    /// I12.
    #[tokio::test]
    async fn a_provider_that_names_a_wait_is_given_it() {
        let world = World::new().await;
        let slow = "HTTP/1.1 429 Slow\r\nRetry-After: 40\r\nContent-Length: 0\r\n\r\n";
        world.answers([slow.into(), answer("500 Down", "")]);
        let error = world.accounts.refreshed(world.key).await.err().unwrap();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(40)));
        world.clock.advance(Duration::from_secs(40).saturating_sub(MOMENT));
        assert_eq!(world.refreshed().await, "provider_unavailable");
        assert_eq!(world.calls(), 1);
        world.clock.advance(MOMENT);
        assert_eq!(world.refreshed().await, "provider_unavailable");
        assert_eq!(world.calls(), 2);
        world.clock.advance(Duration::from_secs(2));
        assert_eq!(world.refreshed().await, "ya29.new", "the pauses themselves double from one");
    }

    /// Invariants 11 and 12, I10: whatever the provider says but `invalid_grant`, the tokens
    /// stay; and it is not asked again at once, also where time alone will not mend it.
    #[tokio::test]
    async fn no_other_refusal_deletes_anything() {
        let rapt = json!({"error": "invalid_grant", "error_subtype": "invalid_rapt"}).to_string();
        let cases = [
            (answer("400 Bad", ""), "invalid_grant"),
            (refused("invalid_request"), "invalid_grant"),
            (answer("403 No", "<html>"), "provider_unavailable"),
            (answer("404 No", "not found"), "provider_unavailable"),
            (answer("400 Bad", &rapt), "invalid_grant"),
            (refused("invalid_client"), "invalid_grant"),
            (refused("admin_policy_enforced"), "invalid_grant"),
            (refused("temporarily_unavailable"), "provider_unavailable"),
            (answer("200 OK", "<html>"), "provider_response"),
            (answer("302 Go", ""), "provider_unavailable"),
            (answer("200 OK", &"x".repeat(300 * 1024)), "provider_response"),
            (Vec::new(), "provider_unavailable"),
        ];
        for (bytes, code) in cases {
            let shown = String::from_utf8_lossy(&bytes).chars().take(80).collect::<String>();
            let world = World::new().await;
            world.answers([bytes]);
            assert_eq!(world.refreshed().await, code, "{shown}");
            world.assert_held("ya29.old", "1//a");
            assert_eq!(world.refreshed().await, code, "{shown}");
            assert_eq!(world.calls(), 1, "{shown}");
            world.clock.advance(FIRST_PAUSE);
            assert_eq!(world.refreshed().await, "ya29.new", "{shown}");
        }
    }

    /// At a provider that rotates, revoking the old refresh token says nothing of the new one.
    #[tokio::test]
    async fn what_comes_for_an_account_that_was_disconnected_meanwhile_is_revoked() {
        let world = World::new().await;
        world.answers([granted("ya29.b", Some("1//b"))]);
        let waiter = world.begin_held().await;
        let (accounts, key) = (world.accounts.clone(), world.key);
        let disconnect = tokio::spawn(async move { accounts.disconnect(key).await });
        world.server.arrived(2).await;
        world.server.release();
        assert_eq!(disconnect.await.unwrap().unwrap(), Disconnection::Revoked);
        assert_eq!(waiter.await.unwrap().err().unwrap().code(), "invalid_grant");
        assert_eq!(world.held(), None);
        let requests = world.server.requests();
        let revoked = requests.iter().filter(|it| it.starts_with("POST /revoke "));
        let revoked: Vec<_> = revoked.map(|it| it.rsplit('=').next().unwrap()).collect();
        assert_eq!(revoked, ["1%2F%2Fa", "1%2F%2Fb"]);
    }

    /// Some servers send their errors with a 200.
    #[tokio::test]
    async fn an_invalid_grant_with_the_status_of_a_success_is_one() {
        let world = World::new().await;
        world.answers([answer("200 OK", r#"{"error":"invalid_grant"}"#)]);
        assert_eq!(world.refreshed().await, "invalid_grant");
        assert_eq!(world.held(), None);
    }

    /// A pause is about the tokens that were tried: others are tried at once.
    #[tokio::test]
    async fn a_new_authorization_ends_the_pause() {
        let world = World::new().await;
        world.answers([refused("invalid_request")]);
        assert_eq!(world.refreshed().await, "invalid_grant");
        let mut brief = tokens("ya29.b", Some("1//b"));
        brief["expires_in"] = 0.into();
        let response = TokenResponse::from_json(brief.to_string().as_bytes(), HOUR).ok().unwrap();
        let requested = ScopeSet::parse("openid zz");
        let (identity, forced_consent) = (identity(), false);
        let begun_after = world.accounts.disconnects.seen();
        let authorized = Authorized { identity, response, requested, forced_consent, begun_after };
        world.accounts.save(&authorized, None, world.clock.now()).await.unwrap();
        assert_eq!(world.refreshed().await, "ya29.new");
        world.assert_held("ya29.new", "1//b");
    }

    /// I17.
    #[tokio::test]
    async fn a_clock_that_is_set_back_ends_a_pause() {
        let world = World::new().await;
        world.answers([answer("500 Down", "")]);
        let right = world.clock.now();
        world.clock.advance(HOUR * 24);
        assert_eq!(world.refreshed().await, "provider_unavailable");
        world.clock.set(right);
        assert_eq!(world.refreshed().await, "ya29.new");
    }

    /// Tokens that end as they come are no reason to ask without end.
    #[tokio::test]
    async fn a_token_without_a_lifetime_is_asked_for_once_a_request() {
        let world = World::new().await;
        let mut brief = tokens("ya29.brief", None);
        brief["expires_in"] = 0.into();
        world.answers([answer("200 OK", &brief.to_string())]);
        assert_eq!(world.refreshed().await, "ya29.brief");
        assert_eq!(world.calls(), 1);
        assert_eq!(world.row().value.freshness(world.clock.now()), Freshness::Expired);
        assert_eq!(world.refreshed().await, "ya29.new");
    }

    /// I20: rotation, the same token again, an empty one, none.
    #[tokio::test]
    async fn the_refresh_token_that_came_last_is_the_one_that_is_sent() {
        let world = World::new().await;
        let steps = [
            (Some("1//b"), "1//b"),
            (Some("1//b"), "1//b"),
            (Some(""), "1//b"),
            (None, "1//b"),
            (Some("1//c"), "1//c"),
        ];
        for (number, (given, held)) in steps.into_iter().enumerate() {
            let access = format!("ya29.{number}");
            world.answers([granted(&access, given)]);
            assert_eq!(world.refreshed().await, access);
            world.assert_held(&access, held);
            world.clock.advance(HOUR);
        }
        let sent = world.server.requests();
        for (request, token) in sent.iter().zip(["a", "b", "b", "b", "b"]) {
            let expected = format!("refresh_token=1%2F%2F{token}");
            assert!(request.ends_with(&expected), "{request}");
        }
    }

    /// I20, D16.
    #[tokio::test]
    async fn a_refresh_that_names_fewer_scopes_shrinks_the_row() {
        for (scope, left) in
            [(json!("openid"), "openid"), (json!(""), "openid"), (json!(null), "openid zz")]
        {
            let world = World::new().await;
            let mut narrow = tokens("ya29.new", None);
            narrow["scope"] = scope.clone();
            world.answers([answer("200 OK", &narrow.to_string())]);
            assert_eq!(world.refreshed().await, "ya29.new");
            assert_eq!(*world.row().value.granted, ScopeSet::parse(left), "{scope}");
        }
    }

    /// An answer with an ID token of this subject, signed by this key.
    fn identified(world: &World, subject: &str, kid: &str) -> Vec<u8> {
        claiming(world, kid, &json!({ "sub": subject }))
    }

    /// The same with these claims.
    fn claiming(world: &World, kid: &str, others: &Value) -> Vec<u8> {
        let now = world.clock.now().unix_seconds();
        let mut claims = json!({
            "iss": "https://id.example", "aud": "us", "sub": "1",
            "iat": now, "exp": now + 60, "nonce": "of-the-sign-in",
        });
        for (name, value) in others.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut body = tokens("ya29.new", Some("1//b"));
        body["id_token"] = rs256().sign(&json!({"alg": "RS256", "kid": kid}), &claims).into();
        answer("200 OK", &body.to_string())
    }

    /// C19, I20: tokens of another account, or for another client, are not kept; the access ends, what
    /// could still be used is revoked, and no user is switched or signed out.
    #[tokio::test]
    async fn a_refresh_for_another_account_ends_the_access() {
        for claims in [
            json!({ "sub": "2" }),
            json!({ "iss": "https://other.example" }),
            json!({ "aud": "them" }),
            json!({ "aud": ["them"] }),
        ] {
            let world = World::new().await;
            world.answers([claiming(&world, "k", &claims)]);
            assert_eq!(world.refreshed().await, "id_token_invalid", "{claims}");
            assert_eq!(world.held(), None, "{claims}");
            assert_eq!(world.row().value.identity, identity());
            assert_eq!(world.refreshed().await, "invalid_grant", "{claims}");
            assert_eq!(world.calls(), 1, "there is nothing to ask with");
            world.settled().await;
            let sent = world.server.requests();
            let revoked = sent.iter().filter(|it| it.starts_with("POST /revoke "));
            let revoked: Vec<_> =
                revoked.map(|it| (it.contains("%2Fb"), it.contains("%2Fa"))).collect();
            assert_eq!(revoked.len(), 2, "what came, and what was sent: {revoked:?}");
            assert!(revoked.contains(&(true, false)) && revoked.contains(&(false, true)));
        }
    }

    /// What comes is kept first: where anything else about a refreshed ID token fails, it is not used,
    /// and costs nothing else.
    #[tokio::test]
    async fn an_odd_id_token_of_a_refresh_costs_no_token() {
        let ended = Timestamp::from_unix_seconds(1_000).unix_seconds();
        for (kid, claims) in [
            ("unknown", json!({})),
            ("k", json!({ "exp": ended })),
            ("k", json!({ "iat": 4_000_000_000_u64 })),
            ("k", json!({ "aud": ["us", "them"] })),
            ("k", json!({ "azp": "them" })),
            ("k", json!({ "at_hash": "AAAA" })),
            ("k", json!({ "sub": 1 })),
        ] {
            let world = World::new().await;
            world.answers([claiming(&world, kid, &claims)]);
            assert_eq!(world.refreshed().await, "ya29.new", "{kid} {claims}");
            world.assert_held("ya29.new", "1//b");
            assert_eq!(world.row().value.identity, identity());
        }
    }

    /// A provider that rotates has made `1//a` worthless: `1//b` must not be lost because its
    /// keys cannot be had.
    #[tokio::test]
    async fn a_refreshed_token_is_kept_while_the_keys_cannot_be_fetched() {
        let world = World::new().await;
        world.keys_down.store(true, Ordering::Relaxed);
        world.answers([identified(&world, "1", "k")]);
        assert_eq!(world.refreshed().await, "ya29.new");
        world.assert_held("ya29.new", "1//b");
    }

    /// Nobody waits for ever for a task that was cancelled.
    #[tokio::test]
    async fn a_flight_that_is_cancelled_is_over() {
        let world = World::new().await;
        let (sender, outcome) = watch::channel(None);
        let flight = Flight::UnderWay { outcome, after: None };
        world.accounts.flights.lock().by_account.insert(world.key, flight);
        let landing = Landing {
            accounts: world.accounts.clone(),
            key: world.key,
            provider: ProviderId::FIRST,
            tried: None,
            sender: Some(sender),
        };
        let waiter = world.refreshed();
        drop(landing);
        assert_eq!(waiter.await, "ya29.new");
    }

    /// A provider that fails for very many accounts costs memory for those of the last minute.
    #[test]
    fn pauses_that_are_over_are_swept() {
        let mut board = Board::default();
        let error = Arc::new(Error::new(Code::ProviderUnavailable, "down"));
        let start = Timestamp::from_unix_seconds(1_000_000);
        for number in 0..10_000_u32 {
            let mut key = [0; 16];
            key[..4].copy_from_slice(&number.to_le_bytes());
            let now = start + Duration::from_secs(number.into());
            board.fail(key, error.clone(), Pause::after(None, (None, LAST_PAUSE), 0, now), None);
            assert!(board.by_account.len() <= 130, "{number}: {}", board.by_account.len());
        }
    }
}
