//! The provider's keys, cached, and fetched again when a token names an unknown one.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::digest;
use tokio::sync::Mutex;
use tracing::warn;
use url::Url;

use crate::clock::{Clock, Timestamp};
use crate::error::{Code, Error};
use crate::http::{HttpClient, HttpResponse};
use crate::protocol::{Expected, Identity, JwkSet, Jws, Unverified, verify_id_token};
use crate::secret::Secret;

/// Older keys are fetched anew, so that one that was withdrawn soon stops to count.
const FRESH: Duration = Duration::from_secs(3600);
/// Keys that cannot be fetched anew serve up to this age.
const USABLE: Duration = Duration::from_secs(24 * 3600);
/// How often unknown names may make us ask, so that junk tokens cannot flood the provider, and
/// how often a provider that fails is asked for newer keys.
const PAUSE: Duration = Duration::from_secs(60);
/// The same, at first, for a token that the provider's token endpoint has just given, which is no
/// junk: it doubles while fetches bring the same keys.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The same while there are no keys at all, so that nobody can sign in.
const SHORT_PAUSE: Duration = Duration::from_secs(2);

/// Verifies ID tokens with the keys at one address.
pub(crate) struct Jwks {
    uri: Url,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    /// Never held across a fetch: whoever has what he needs does not wait for another's.
    cached: RwLock<Cached>,
    /// One fetch at a time serves all who wait for it.
    flight: Mutex<()>,
}

#[derive(Clone, Default)]
struct Cached {
    keys: Option<(Arc<JwkSet>, Timestamp)>,
    /// Counts the fetches: who waited sees by it that another one has ended.
    fetches: u64,
    tried_at: Option<Timestamp>,
    /// When an unknown key last made us ask. A fetch for another reason is no such.
    forced_at: Option<Timestamp>,
    /// The same of a token that anyone may have sent: it costs the others no pause.
    pushed_at: Option<Timestamp>,
    /// The pause before the next fetch for a token of the token endpoint.
    pause: Option<Duration>,
    /// Of the answer that the keys were read from.
    hash: Option<[u8; 32]>,
    /// Why the last fetch failed, if it did.
    failure: Option<Arc<Error>>,
}

/// Where a token comes from whose key is not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The provider's own token endpoint: its keys may be behind.
    TokenEndpoint,
    /// Anyone.
    Pushed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Age,
    UnknownKey(Source),
}

impl Jwks {
    pub(crate) fn new(uri: Url, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self { uri, http, clock, cached: RwLock::default(), flight: Mutex::default() }
    }

    /// Whom an ID token of the provider's token endpoint names, if a key of the provider signed it and
    /// every claim fits.
    ///
    /// # Errors
    /// `id_token_invalid`; and `provider_unavailable`, with a time, where the provider has not
    /// published the key yet.
    pub(crate) async fn verify(
        &self,
        token: &Secret,
        expected: &Expected<'_>,
    ) -> Result<Identity, Error> {
        let jws = Jws::parse(token.expose(), expected.provider.algorithms())?;
        verify_id_token(self.payload_from(Source::TokenEndpoint, &jws).await?, expected)
    }

    /// What a token says that anyone may have sent, if a key of the provider signed it.
    pub(crate) async fn payload<'a>(&self, jws: &'a Jws<'_>) -> Result<&'a [u8], Error> {
        self.payload_from(Source::Pushed, jws).await
    }

    async fn payload_from<'a>(&self, source: Source, jws: &'a Jws<'_>) -> Result<&'a [u8], Error> {
        let (keys, seen) = self.keys().await?;
        match jws.verify(&keys) {
            Ok(payload) => return Ok(payload),
            // Some servers go on to name the old key in what the new one signs.
            Err(Unverified::BadSignature) if source == Source::Pushed => {
                return Err(unverified("its key"));
            }
            Err(_) => {}
        }
        let newer = self.keys_after(seen, source).await?;
        jws.verify(&newer).map_err(|why| match (why, source) {
            (Unverified::UnknownKey, Source::TokenEndpoint) => self.not_yet(),
            _ => unverified("any key of the provider"),
        })
    }

    /// The provider signs with a key that it does not publish yet, as far as we can see.
    fn not_yet(&self) -> Error {
        let cached = self.cached();
        let ends = cached.forced_at.map(|at| at + cached.pause.unwrap_or(FIRST_PAUSE));
        let wait = ends.map_or(FIRST_PAUSE, |ends| ends.since(self.clock.now()));
        let text = "the key of an ID token is not among those that the provider publishes";
        Error::new(Code::ProviderUnavailable, text)
            .with_retry_after(Some(wait.max(FIRST_PAUSE)))
            .with_help("the provider's key set may be behind for a moment; if this goes on, ask it")
    }

    /// The keys, fetched if need be.
    pub(crate) async fn current(&self) -> Result<Arc<JwkSet>, Error> {
        self.keys().await.map(|(keys, _)| keys)
    }

    /// The keys, and the count of fetches by which they came.
    async fn keys(&self) -> Result<(Arc<JwkSet>, u64), Error> {
        let (cached, now) = (self.cached(), self.clock.now());
        if let Some(keys) = cached.keys_within(FRESH, now) {
            return Ok((keys, cached.fetches));
        }
        let pause = cached.keys_within(USABLE, now).map_or(SHORT_PAUSE, |_| PAUSE);
        if !is_within(pause, cached.tried_at, now) {
            self.fetch(cached.fetches, Cause::Age).await;
        }
        let cached = self.cached();
        let keys = cached.keys_within(USABLE, now).ok_or_else(|| cached.error())?;
        Ok((keys, cached.fetches))
    }

    /// The keys after a later fetch than `seen`, if one may be made now.
    async fn keys_after(&self, seen: u64, source: Source) -> Result<Arc<JwkSet>, Error> {
        let cached = self.cached();
        let (pause, last) = match source {
            Source::TokenEndpoint => (cached.pause.unwrap_or(FIRST_PAUSE), cached.forced_at),
            Source::Pushed => (PAUSE, cached.pushed_at),
        };
        let paused = is_within(pause, last, self.clock.now());
        if cached.fetches == seen && !paused {
            self.fetch(seen, Cause::UnknownKey(source)).await;
        }
        let cached = self.cached();
        match &cached.keys {
            // Without the newest keys nobody can tell whether the token is a forgery.
            Some((keys, _)) if cached.failure.is_none() => Ok(keys.clone()),
            _ => Err(cached.error()),
        }
    }

    /// Fetches the keys, unless a later fetch than `seen` has ended meanwhile.
    async fn fetch(&self, seen: u64, cause: Cause) {
        let _flight = self.flight.lock().await;
        if self.cached().fetches != seen {
            return;
        }
        let result = self.download().await;
        let now = self.clock.now();
        let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
        cached.fetches += 1;
        cached.tried_at = Some(now);
        match cause {
            Cause::Age => {}
            Cause::UnknownKey(Source::TokenEndpoint) => cached.forced_at = Some(now),
            Cause::UnknownKey(Source::Pushed) => cached.pushed_at = Some(now),
        }
        match result {
            Ok((keys, hash)) => {
                if cause == Cause::UnknownKey(Source::TokenEndpoint) {
                    let is_same = cached.hash == Some(hash);
                    let longer = cached.pause.map_or(FIRST_PAUSE, |pause| (pause * 2).min(PAUSE));
                    cached.pause = is_same.then_some(longer);
                }
                cached.hash = Some(hash);
                cached.keys = Some((Arc::new(keys), now));
                cached.failure = None;
            }
            Err(error) => {
                warn!(code = error.code(), "the provider's keys cannot be fetched");
                cached.failure = Some(Arc::new(error));
            }
        }
    }

    async fn download(&self) -> Result<(JwkSet, [u8; 32]), Error> {
        let answer = self.http.get(&self.uri).await?;
        check_status(&answer)?;
        let hash = digest::digest(&digest::SHA256, &answer.body);
        Ok((JwkSet::parse(&answer.body)?, std::array::from_fn(|i| hash.as_ref()[i])))
    }

    // No code of ours panics while it holds the lock, so a poisoned one is still whole.
    fn cached(&self) -> Cached {
        self.cached.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Cached {
    fn keys_within(&self, age: Duration, now: Timestamp) -> Option<Arc<JwkSet>> {
        let (keys, since) = self.keys.as_ref()?;
        is_within(age, Some(*since), now).then(|| keys.clone())
    }

    fn error(&self) -> Error {
        let unknown = || Error::new(Code::ProviderUnavailable, "the provider's keys are not known");
        self.failure.as_ref().map_or_else(unknown, |error| error.share())
    }
}

/// A moment that lies far ahead is that of a clock which was set back since: it says nothing,
/// or one wrong hour of the clock would last for as long as it was wrong by. One that lies
/// just ahead is another task's, which looked at the clock a little later.
fn is_within(span: Duration, since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_some_and(|since| since <= now + PAUSE && now.since(since) < span)
}

fn check_status(answer: &HttpResponse) -> Result<(), Error> {
    let (code, text) = match answer.status {
        200 => return Ok(()),
        408 | 425 | 429 | 500..=599 => {
            (Code::ProviderUnavailable, "the provider cannot serve its keys just now")
        }
        _ => (Code::ProviderResponse, "the provider does not serve its keys"),
    };
    Err(Error::new(code, text).with_retry_after(answer.retry_after))
}

fn unverified(by: &str) -> Error {
    Error::new(Code::IdTokenInvalid, format!("the ID token is not signed by {by}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    use serde_json::{Value, json};
    use tokio::task::JoinSet;

    use super::*;
    use crate::clock::{ManualClock, Sleep};
    use crate::http::testing::{End, Server, answer};
    use crate::protocol::testing::{Signer, es256, other_rs256, rs256};
    use crate::provider::{ClientCredentials, Provider};

    const MOMENT: Duration = Duration::from_millis(1);

    /// A provider that publishes the key `a`, and whoever asks it for keys.
    struct World {
        server: Server,
        jwks: Jwks,
        clock: ManualClock,
        provider: Provider,
        published: Arc<Mutex<(Vec<u8>, End)>>,
    }

    fn key_set(keys: &[Value]) -> Vec<u8> {
        answer("200 OK", &json!({ "keys": keys }).to_string())
    }

    fn named(kid: &str) -> Vec<u8> {
        key_set(&[rs256().jwk(kid)])
    }

    impl World {
        async fn new() -> Self {
            let published = Arc::new(Mutex::new((named("a"), End::Close)));
            let current = published.clone();
            let server = Server::start(move |_| current.lock().unwrap().clone()).await;
            let clock = ManualClock::at(Timestamp::from_unix_seconds(1_800_000_000));
            let provider = Provider::google(ClientCredentials::new("us", "fake-secret"));
            let uri = server.origin.join("/oauth2/v3/certs").unwrap();
            let jwks = Jwks::new(uri, HttpClient::new().unwrap(), Arc::new(clock.clone()));
            Self { server, jwks, clock, provider, published }
        }

        fn serve(&self, bytes: Vec<u8>) {
            *self.published.lock().unwrap() = (bytes, End::Close);
        }

        /// Holds every further fetch back; nothing but the end of the world ends it.
        fn stall(&self) {
            *self.published.lock().unwrap() = (Vec::new(), End::Stall);
        }

        fn fetches(&self) -> usize {
            self.server.requests().len()
        }

        /// `"ok"`, or the code of the error.
        async fn verify(&self, kid: &str) -> &'static str {
            self.verify_with(rs256(), &json!({"alg": "RS256", "kid": kid})).await
        }

        /// The same of a token that anyone may have sent.
        async fn pushed(&self, kid: &str) -> &'static str {
            self.pushed_with(rs256(), &json!({"alg": "RS256", "kid": kid})).await
        }

        async fn pushed_with(&self, signer: &Signer, header: &Value) -> &'static str {
            let token = signer.sign(header, &json!({}));
            let jws = Jws::parse(&token, self.provider.algorithms()).unwrap();
            self.jwks.payload(&jws).await.map_or_else(|error| error.code(), |_| "ok")
        }

        async fn verify_with(&self, signer: &Signer, header: &Value) -> &'static str {
            let now = self.clock.now();
            let claims = json!({
                "iss": "https://accounts.google.com", "aud": "us", "sub": "1",
                "iat": now.unix_seconds(), "exp": now.unix_seconds() + 60,
            });
            let token = Secret::new(signer.sign(header, &claims));
            let access_token = &Secret::new("ya29.fake");
            let expected = Expected { provider: &self.provider, nonce: None, access_token, now };
            self.jwks.verify(&token, &expected).await.map_or_else(|error| error.code(), |_| "ok")
        }
    }

    #[tokio::test]
    async fn keys_are_fetched_on_first_use_and_kept() {
        let world = World::new().await;
        assert_eq!(world.fetches(), 0);
        for _ in 0..3 {
            assert_eq!(world.verify("a").await, "ok");
        }
        assert_eq!(world.fetches(), 1);
        assert!(world.server.requests()[0].starts_with("GET /oauth2/v3/certs "));
    }

    /// C1, C3: what cannot be valid costs the provider nothing.
    #[tokio::test]
    async fn a_token_with_another_algorithm_fetches_no_key() {
        let world = World::new().await;
        world.serve(key_set(&[rs256().jwk("a"), es256().jwk("e")]));
        for header in [json!({"alg": "ES256", "kid": "e"}), json!({"alg": "none", "kid": "a"})] {
            assert_eq!(world.verify_with(es256(), &header).await, "id_token_invalid", "{header}");
        }
        assert_eq!(world.fetches(), 0);
    }

    /// C13: also when the keys were fetched but a moment ago.
    #[tokio::test]
    async fn a_rotation_costs_one_more_fetch_and_no_failure() {
        let world = World::new().await;
        assert_eq!(world.verify("a").await, "ok");
        world.serve(named("b"));
        assert_eq!(world.verify("b").await, "ok");
        assert_eq!(world.verify("b").await, "ok");
        assert_eq!(world.fetches(), 2);
        world.serve(named("c"));
        world.clock.advance(PAUSE);
        assert_eq!(world.verify("c").await, "ok");
        assert_eq!(world.fetches(), 3);
    }

    /// C12, C13: a provider whose keys have no names rotates them too.
    #[tokio::test]
    async fn a_rotation_of_a_nameless_key_is_found_too() {
        let world = World::new().await;
        let header = json!({"alg": "RS256"});
        assert_eq!(world.verify_with(rs256(), &header).await, "ok");
        world.serve(key_set(&[other_rs256().jwk("b")]));
        assert_eq!(world.verify_with(other_rs256(), &header).await, "ok");
        assert_eq!(world.fetches(), 2);
    }

    /// The name is known: for what anyone may have sent, nothing is fetched. For what the token
    /// endpoint gave, the set is looked at once more: some servers name the old key for a while.
    #[tokio::test]
    async fn another_signature_under_a_known_name_is_looked_at_again_for_the_token_endpoint_alone()
    {
        let world = World::new().await;
        assert_eq!(world.verify("a").await, "ok");
        let header = json!({"alg": "RS256", "kid": "a"});
        assert_eq!(world.pushed_with(other_rs256(), &header).await, "id_token_invalid");
        assert_eq!(world.fetches(), 1);
        assert_eq!(world.verify_with(other_rs256(), &header).await, "id_token_invalid");
        assert_eq!(world.fetches(), 2);
        world.clock.advance(FIRST_PAUSE);
        world.serve(key_set(&[other_rs256().jwk("a")]));
        assert_eq!(world.verify_with(other_rs256(), &header).await, "ok");
    }

    /// C14.
    #[tokio::test]
    async fn unknown_keys_bring_about_one_fetch_a_minute() {
        let world = World::new().await;
        assert_eq!(world.pushed("a").await, "ok");
        for number in 0..20 {
            assert_eq!(world.pushed(&format!("x{number}")).await, "id_token_invalid");
        }
        assert_eq!(world.fetches(), 2);
        world.serve(named("b"));
        world.clock.advance(PAUSE.saturating_sub(MOMENT));
        assert_eq!(world.pushed("b").await, "id_token_invalid");
        world.clock.advance(MOMENT);
        assert_eq!(world.pushed("b").await, "ok");
        assert_eq!(world.fetches(), 3);
    }

    /// What the token endpoint gave is no junk: a key set that is behind for a moment costs a moment,
    /// and one that stays behind is asked for ever more rarely.
    #[tokio::test]
    async fn a_key_of_the_token_endpoint_is_looked_for_in_growing_pauses() {
        let world = World::new().await;
        assert_eq!(world.verify("a").await, "ok");
        assert_eq!(world.verify("b").await, "provider_unavailable");
        assert_eq!(world.fetches(), 2);
        for (number, pause) in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
            world.clock.advance(Duration::from_secs(pause).saturating_sub(MOMENT));
            assert_eq!(world.verify("b").await, "provider_unavailable", "{pause}");
            assert_eq!(world.fetches(), number + 2, "{pause}");
            world.clock.advance(MOMENT);
            assert_eq!(world.verify("b").await, "provider_unavailable", "{pause}");
            assert_eq!(world.fetches(), number + 3, "{pause}");
        }
    }

    /// Each change of key within a minute, and each published a second late, costs a second.
    #[tokio::test]
    async fn three_late_changes_of_key_cost_a_second_each() {
        let world = World::new().await;
        assert_eq!(world.verify("a").await, "ok");
        for kid in ["b", "c", "d"] {
            assert_eq!(world.verify(kid).await, "provider_unavailable", "{kid}");
            world.serve(named(kid));
            world.clock.advance(FIRST_PAUSE);
            assert_eq!(world.verify(kid).await, "ok", "{kid}");
            world.clock.advance(FIRST_PAUSE);
        }
    }

    /// C14: a flood at once, from the very first moment.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_flood_of_unknown_keys_at_once_is_one_flight() {
        let world = Arc::new(World::new().await);
        let mut flood = JoinSet::new();
        for number in 0..1_000 {
            let world = world.clone();
            flood.spawn(async move { world.verify(&format!("x{number}")).await });
        }
        let answers = flood.join_all().await;
        assert!(answers.iter().all(|answer| *answer == "provider_unavailable"));
        assert!(world.fetches() <= 2, "the first use and one more: {}", world.fetches());
    }

    #[tokio::test]
    async fn first_users_share_one_fetch_and_its_failure() {
        let world = Arc::new(World::new().await);
        let all = async |expected: &str| {
            let mut users = JoinSet::new();
            for _ in 0..40 {
                let world = world.clone();
                users.spawn(async move { world.verify("a").await });
            }
            let answers = users.join_all().await;
            assert!(answers.iter().all(|answer| *answer == expected), "{answers:?}");
        };
        world.serve(answer("503 Down", ""));
        all("provider_unavailable").await;
        all("provider_unavailable").await;
        assert_eq!(world.fetches(), 1, "the next ones do not ask at once");
        world.serve(named("a"));
        world.clock.advance(SHORT_PAUSE);
        all("ok").await;
        assert_eq!(world.fetches(), 2);
    }

    /// Whoever's key is known does not wait for a fetch that another's token brought about.
    #[tokio::test]
    async fn a_slow_fetch_for_an_unknown_key_holds_nobody_else_up() {
        let world = Arc::new(World::new().await);
        assert_eq!(world.verify("a").await, "ok");
        world.stall();
        let other = tokio::spawn({
            let world = world.clone();
            async move { world.verify("x").await }
        });
        world.server.arrived(2).await;
        assert_eq!(world.verify("a").await, "ok");
        assert!(!other.is_finished());
        other.abort();
    }

    /// C15: keep the last good set.
    #[tokio::test]
    async fn old_keys_outlive_a_failing_or_hostile_provider_for_a_day() {
        let world = World::new().await;
        assert_eq!(world.verify("a").await, "ok");
        world.clock.advance(FRESH);
        let mut secret = rs256().jwk("b");
        secret["d"] = "AQAB".into();
        for hostile in [
            answer("500 Down", ""),
            answer("404 Gone", ""),
            answer("302 Go", ""),
            answer("200 OK", ""),
            answer("200 OK", "<html>"),
            answer("200 OK", &"x".repeat(300 * 1024)),
            key_set(&[]),
            key_set(&vec![rs256().jwk("b"); 65]),
            key_set(&[secret]),
            key_set(&[json!({"kty": "oct", "kid": "a", "k": "AQAB"})]),
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec(),
        ] {
            world.serve(hostile);
            let before = world.fetches();
            assert_eq!(world.verify("a").await, "ok");
            assert_eq!(world.verify("a").await, "ok");
            assert_eq!(world.fetches(), before + 1, "one try a minute");
            world.clock.advance(PAUSE);
        }
        world.serve(answer("500 Down", ""));
        let elapsed = FRESH + PAUSE * 11;
        world.clock.advance(USABLE.saturating_sub(elapsed + MOMENT));
        assert_eq!(world.verify("a").await, "ok", "to the end of the day");
        world.clock.advance(MOMENT);
        assert_eq!(world.verify("a").await, "provider_unavailable");
        world.serve(named("a"));
        world.clock.advance(SHORT_PAUSE);
        assert_eq!(world.verify("a").await, "ok", "asked again soon: nothing else serves");
    }

    #[tokio::test]
    async fn a_withdrawn_key_stops_to_count_within_the_hour() {
        let world = World::new().await;
        assert_eq!(world.verify("a").await, "ok");
        world.serve(key_set(&[other_rs256().jwk("b")]));
        world.clock.advance(FRESH.saturating_sub(MOMENT));
        assert_eq!(world.verify("a").await, "ok");
        world.clock.advance(MOMENT);
        assert_eq!(world.verify("a").await, "provider_unavailable");
    }

    /// A failing provider must not make an honest token look forged: its user tries again.
    #[tokio::test]
    async fn an_unknown_key_is_no_forgery_while_the_keys_cannot_be_fetched() {
        let world = World::new().await;
        assert_eq!(world.verify("a").await, "ok");
        world.serve(answer("503 Down", ""));
        assert_eq!(world.verify("b").await, "provider_unavailable");
        assert_eq!(world.verify("b").await, "provider_unavailable");
        assert_eq!(world.fetches(), 2);
        assert_eq!(world.verify("a").await, "ok");
    }

    /// A clock that goes on while the keys are fetched, as clocks do.
    #[derive(Debug)]
    struct Ticking(AtomicU64);

    impl Clock for Ticking {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix_millis(self.0.fetch_add(1, Ordering::Relaxed))
        }

        fn sleep(&self, _: Duration) -> Sleep {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test]
    async fn keys_count_although_the_clock_went_on_while_they_came() {
        let mut world = World::new().await;
        let ticking = Ticking(AtomicU64::new(world.clock.now().unix_millis()));
        let uri = world.server.origin.join("/oauth2/v3/certs").unwrap();
        world.jwks = Jwks::new(uri, HttpClient::new().unwrap(), Arc::new(ticking));
        assert_eq!(world.verify("a").await, "ok");
        assert_eq!(world.verify("x").await, "provider_unavailable");
        assert_eq!(world.verify("a").await, "ok");
        assert_eq!(world.fetches(), 2);
    }

    /// I17: the clock was a year ahead and is set right: neither the keys nor the pause of
    /// that year outlive it.
    #[tokio::test]
    async fn a_clock_that_is_set_back_makes_nothing_last_for_ever() {
        let world = World::new().await;
        let right = world.clock.now();
        world.clock.advance(Duration::from_secs(365 * 86_400));
        assert_eq!(world.verify("a").await, "ok");
        assert_eq!(world.pushed("x").await, "id_token_invalid");
        assert_eq!(world.fetches(), 2);
        world.serve(answer("500 Down", ""));
        assert_eq!(world.pushed("x").await, "id_token_invalid", "within the minute");
        world.clock.set(right);
        assert_eq!(world.verify("a").await, "provider_unavailable");
        world.clock.advance(SHORT_PAUSE);
        world.serve(named("b"));
        assert_eq!(world.verify("b").await, "ok");
        assert_eq!(world.pushed("a").await, "id_token_invalid", "the old keys are gone");
        assert_eq!(world.fetches(), 5, "and one more for the name that is unknown now");
    }
}
