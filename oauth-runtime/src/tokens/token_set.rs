//! The tokens of one account and the moments at which they want attention.

use std::time::Duration;

use super::trouble::Trouble;
use crate::clock::Timestamp;
use crate::protocol::TokenResponse;
use crate::secret::Secret;

/// Refreshed in the background when less than this is left, or a fifth of the lifetime.
const SOFT: Duration = Duration::from_secs(300);
/// Counts as expired when less than this is left, or a twentieth of the lifetime.
const HARD: Duration = Duration::from_secs(10);
/// For so long after it was given, an access token is not replaced because of a 401.
const NEW: Duration = Duration::from_secs(60);
/// Servers count whole seconds, so that a token may end so much earlier than they say.
const TICK: Duration = Duration::from_secs(1);

/// How much life an access token has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    /// Still good; a refresh in the background is due.
    Stale,
    /// Too little is left to begin a request with it.
    Expired,
}

/// An access token, what renews it, and when.
#[derive(Clone)]
pub(crate) struct TokenSet {
    pub(crate) access: Secret,
    pub(crate) expires_at: Timestamp,
    pub(crate) refresh: Option<Secret>,
    /// Only where the user granted access for a limited time.
    pub(crate) refresh_ends_at: Option<Timestamp>,
    pub(super) stale_from: Timestamp,
    /// When it was asked for.
    pub(super) obtained_at: Timestamp,
    /// Whether it came in the place of one that was ended before its time.
    pub(super) is_replacement: bool,
    /// What came of the last attempt to renew them, if it failed.
    pub(super) trouble: Option<Box<Trouble>>,
}

impl TokenSet {
    /// The tokens of a response. A refresh token that did not come is kept from `previous`.
    ///
    /// `jitter` in 0..=255 shortens the soft window by up to a tenth, so that tokens made
    /// together do not all ask for a refresh together.
    pub(crate) fn new(
        response: &TokenResponse,
        previous: Option<&Self>,
        jitter: u8,
        now: Timestamp,
    ) -> Self {
        let lifetime = response.expires_in;
        let expires_at = now + lifetime;
        let (soft, _) = windows(lifetime);
        let soft = soft.saturating_sub(soft / 10 * u32::from(jitter) / 255);
        let (refresh, refresh_ends_at) = match (&response.refresh_token, previous) {
            (Some(new), _) => {
                (Some(new.clone()), response.refresh_token_expires_in.map(|d| now + d))
            }
            (None, Some(old)) => (old.refresh.clone(), old.refresh_ends_at),
            (None, None) => (None, None),
        };
        Self {
            access: response.access_token.clone(),
            expires_at,
            refresh,
            refresh_ends_at,
            stale_from: expires_at - soft,
            obtained_at: now,
            is_replacement: previous.is_some_and(Self::was_ended_early),
            trouble: None,
        }
    }

    /// Where an authorization brought no refresh token, the one that is kept is still the one that
    /// the provider refused.
    pub(super) fn remember_refusal(&mut self, previous: Option<&Self>) {
        let trouble = previous.and_then(|old| old.trouble.as_ref()).filter(|it| it.is_refusal());
        if previous.is_some_and(|old| self.has_same_refresh_token(old)) {
            let rested = |trouble: &Trouble| Box::new(trouble.rested(self.obtained_at));
            self.trouble = trouble.map(|trouble| rested(trouble));
        }
    }

    /// The same tokens, of which the access token has ended before its time.
    pub(crate) fn ended(&self, now: Timestamp) -> Self {
        let ended = |then: Timestamp| then.min(now);
        let (expires_at, stale_from) = (ended(self.expires_at), ended(self.stale_from));
        Self { expires_at, stale_from, trouble: None, ..self.clone() }
    }

    pub(super) fn with_trouble(&self, trouble: Trouble) -> Self {
        Self { trouble: Some(Box::new(trouble)), ..self.clone() }
    }

    /// What to tell a caller who wants them renewed, while no node is to try. `served_at` is when
    /// the provider last gave tokens to this client.
    pub(super) fn trouble(&self, served_at: Option<Timestamp>, now: Timestamp) -> Option<&Trouble> {
        self.trouble.as_deref().filter(|trouble| trouble.lasts(served_at, now))
    }

    /// Whether a refresh may bring others: there is a refresh token, and the provider has not
    /// refused it a moment ago.
    pub(super) fn may_be_renewed(&self, served_at: Option<Timestamp>, now: Timestamp) -> bool {
        let is_refused = || self.trouble(served_at, now).is_some_and(Trouble::is_refusal);
        self.refresh_token(now).is_some() && !is_refused()
    }

    /// Whether it was the client that was refused, and it is served again.
    pub(super) fn refusal_is_over(&self, served_at: Option<Timestamp>, now: Timestamp) -> bool {
        let trouble = self.trouble.as_deref().filter(|trouble| trouble.is_of_client());
        trouble.is_some_and(|trouble| !trouble.lasts(served_at, now))
    }

    /// Whether there is a refresh token that the provider has not refused, however long ago.
    pub(crate) fn is_renewable(&self, now: Timestamp) -> bool {
        let is_refused = || self.trouble.as_deref().is_some_and(Trouble::is_refusal);
        self.refresh_token(now).is_some() && !is_refused()
    }

    #[inline]
    pub(crate) fn freshness(&self, now: Timestamp) -> Freshness {
        if now < self.stale_from {
            Freshness::Fresh
        } else if now < self.expired_from() {
            Freshness::Stale
        } else {
            Freshness::Expired
        }
    }

    /// From when on it counts as expired.
    fn expired_from(&self) -> Timestamp {
        let (_, hard) = windows(self.expires_at.since(self.obtained_at));
        self.expires_at - hard
    }

    /// Whether the access token was given so lately that an API which refuses it has another
    /// reason than its end: the next one would be refused as well.
    pub(crate) fn is_new(&self, now: Timestamp) -> bool {
        self.was_obtained_lately(now) && self.freshness(now) != Freshness::Expired
    }

    fn was_obtained_lately(&self, now: Timestamp) -> bool {
        // One that is far ahead is of before the clock was set back.
        self.obtained_at <= now + NEW && now < self.obtained_at + NEW
    }

    /// Whether it came in the place of one that an API had refused.
    pub(crate) fn is_replacement(&self) -> bool {
        self.is_replacement
    }

    /// Whether [`ended`](Self::ended) made these: otherwise a token is stale before it ends.
    fn was_ended_early(&self) -> bool {
        self.stale_from == self.expires_at
    }

    /// Whether both are of the same answer of the provider.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.expires_at == other.expires_at && self.is_same_but_for_its_end(other)
    }

    /// Whether both hold the same access token, however long it may be used.
    pub(super) fn is_same_but_for_its_end(&self, other: &Self) -> bool {
        self.access.is(other.access.expose().as_bytes())
    }

    /// Whether both have the same refresh token, if any.
    pub(super) fn has_same_refresh_token(&self, other: &Self) -> bool {
        match (&self.refresh, &other.refresh) {
            (Some(one), Some(other)) => one.is(other.expose().as_bytes()),
            _ => false,
        }
    }

    /// What to revoke: with the refresh token, the whole grant ends.
    pub(super) fn longest_lived(&self) -> &Secret {
        self.refresh.as_ref().unwrap_or(&self.access)
    }

    /// The refresh token, unless its own end has come.
    pub(crate) fn refresh_token(&self, now: Timestamp) -> Option<&Secret> {
        let alive = self.refresh_ends_at.is_none_or(|end| now < end);
        self.refresh.as_ref().filter(|_| alive)
    }
}

/// How long before its end a token counts as stale, and how long as expired. The first is at
/// least twice the second, and what lives seconds is fresh for half of them.
fn windows(lifetime: Duration) -> (Duration, Duration) {
    let hard = HARD.min(lifetime / 20).max(TICK).min(lifetime / 4);
    (SOFT.min(lifetime / 5).max(2 * hard), hard)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn response(lifetime: u64, refresh: Option<&str>) -> TokenResponse {
        TokenResponse {
            access_token: Secret::new("ya29.fake"),
            expires_in: Duration::from_secs(lifetime),
            refresh_token: refresh.map(Secret::new),
            refresh_token_expires_in: None,
            scope: None,
            id_token: None,
        }
    }

    #[test]
    fn windows_follow_the_lifetime() {
        // (lifetime, jitter, stale after, expired after), in milliseconds from now
        let cases = [
            (3600, 0, 3_300_000, 3_590_000),
            (3600, 255, 3_330_000, 3_590_000),
            (100, 0, 80_000, 95_000),
            (10, 0, 8_000, 9_000),
            (5, 0, 3_000, 4_000),
            (5, 255, 3_200, 4_000),
            (2, 0, 1_000, 1_500),
            (0, 0, 0, 0),
        ];
        for (lifetime, jitter, stale, expired) in cases {
            let set = TokenSet::new(&response(lifetime, None), None, jitter, NOW);
            let at = |millis: u64| set.freshness(NOW + Duration::from_millis(millis));
            if stale > 0 {
                assert_eq!(at(stale - 1), Freshness::Fresh, "{lifetime} s");
                assert_eq!(at(stale), Freshness::Stale, "{lifetime} s");
                assert_eq!(at(expired - 1), Freshness::Stale, "{lifetime} s");
            }
            assert_eq!(at(expired), Freshness::Expired, "{lifetime} s");
        }
    }

    /// A token that an API refuses is replaced once it is a minute old, and is no longer new once
    /// it has ended; a clock that is set back makes none new for good.
    #[test]
    fn a_token_is_new_for_a_minute() {
        let set = TokenSet::new(&response(3600, None), None, 0, NOW);
        let is_new = |set: &TokenSet, seconds: u64| set.is_new(NOW + Duration::from_secs(seconds));
        assert_eq!([0, 59, 60, 3600].map(|age| is_new(&set, age)), [true, true, false, false]);
        let early = NOW - Duration::from_secs(60);
        assert!(set.is_new(early), "of a node whose clock is ahead");
        assert!(!set.is_new(early - Duration::from_secs(1)), "of before the clock was set back");
        let brief = TokenSet::new(&response(20, None), None, 0, NOW);
        assert_eq!([0, 18, 19].map(|age| is_new(&brief, age)), [true, true, false]);
        // Early ended is ended, however new it was.
        for age in [0, 30, 61, 3599] {
            let now = NOW + Duration::from_secs(age);
            let ended = set.ended(now);
            assert_eq!((ended.freshness(now), ended.is_new(now)), (Freshness::Expired, false));
            let next = |of| TokenSet::new(&response(3600, None), Some(of), 0, now);
            let (after, next) = (next(&ended), next(&set));
            let was_alive = age < 3300;
            assert_eq!((after.is_replacement(), next.is_replacement()), (was_alive, false));
            assert!(!TokenSet::new(&response(60, None), Some(&after), 0, now).is_replacement());
        }
    }

    /// D15, I20: a response without a refresh token never takes the old one away.
    #[test]
    fn the_refresh_token_is_kept_until_another_comes() {
        let first = TokenSet::new(&response(60, Some("1//a")), None, 0, NOW);
        let kept = TokenSet::new(&response(60, None), Some(&first), 0, NOW);
        assert!(kept.refresh_token(NOW).unwrap().is(b"1//a"));
        let replaced = TokenSet::new(&response(60, Some("1//b")), Some(&kept), 0, NOW);
        assert!(replaced.refresh_token(NOW).unwrap().is(b"1//b"));
    }

    #[test]
    fn a_refresh_token_with_an_end_is_not_used_after_it() {
        let mut limited = response(60, Some("1//a"));
        limited.refresh_token_expires_in = Some(Duration::from_secs(100));
        let set = TokenSet::new(&limited, None, 0, NOW);
        assert!(set.refresh_token(NOW + Duration::from_secs(99)).is_some());
        assert!(set.refresh_token(NOW + Duration::from_secs(100)).is_none());
    }
}
