//! A refresh that failed: for how long nobody tries it again, on whichever node.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::{Code, Error};

/// The first pause after a refresh that failed; it doubles up to the last.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub(super) const LAST_PAUSE: Duration = Duration::from_secs(30);
/// The last one after refusals: time alone hardly mends them, and the user can at any time.
pub(super) const LAST_PAUSE_OF_REFUSAL: Duration = Duration::from_secs(3600);
/// So many outages of one account, over so long, while others are served, may be the account's own.
const STUCK_AFTER: (u32, Duration) = (3, Duration::from_secs(120));

/// While it lasts, the error stands for the answer that the provider would give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) length: Duration,
}

impl Pause {
    /// `jitter` in 0..=255 shortens it by up to a tenth, so that those who failed together do not
    /// all try again together; but never what the provider itself asked for.
    pub(super) fn after(
        previous: Option<Self>,
        (retry_after, longest): (Option<Duration>, Duration),
        jitter: u8,
        now: Timestamp,
    ) -> Self {
        let length = previous.map_or(FIRST_PAUSE, |pause| (pause.length * 2).min(longest));
        let own = length.saturating_sub(length / 10 * u32::from(jitter) / 255);
        let wait = retry_after.map_or(own, |wait| wait.max(own));
        Self { from: now, until: now + wait, length }
    }

    pub(super) fn lasts(&self, now: Timestamp) -> bool {
        self.is_of_this_clock(now) && now < self.until
    }

    /// One that begins far ahead is of before the clock was set back, and means nothing. One
    /// just ahead is another task's, which looked at the clock a little later.
    pub(super) fn is_of_this_clock(&self, now: Timestamp) -> bool {
        self.from <= now + LAST_PAUSE
    }
}

/// What a node learned when it tried to renew tokens: it is kept with them, for all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    code: Code,
    /// The client was refused, and not the token: that is over as soon as the client is served.
    of_client: bool,
    pub(super) pause: Pause,
    /// How many failures of the same kind there were in a row, and since when.
    failures: u32,
    since: Timestamp,
}

/// What can be kept. Each has a number for good.
const CODES: [(u8, Code); 7] = [
    (1, Code::ProviderUnavailable),
    (2, Code::ProviderTimeout),
    (3, Code::ProviderResponse),
    (4, Code::ProviderRefused),
    (5, Code::AdminPolicy),
    (6, Code::InvalidGrant),
    (7, Code::IdTokenInvalid),
];

/// A [`Trouble`] as a row has it: number of the code, of the client, pause, failures, since.
pub(super) type TroubleRecord = (u8, bool, (Timestamp, Timestamp, u64), u32, Timestamp);

impl Trouble {
    /// What is known after this failure and the one before it. `None` for what says nothing about
    /// the provider or the tokens.
    pub(super) fn after(
        previous: Option<&Self>,
        error: &Error,
        of_client: bool,
        pause: Pause,
    ) -> Option<Self> {
        let code = error.kind();
        CODES.iter().find(|(_, known)| *known == code)?;
        let is_refusal = code == Code::InvalidGrant;
        let before = previous.filter(|before| before.is_refusal() == is_refusal);
        let failures = before.map_or(0, |before| before.failures).saturating_add(1);
        // One that lies ahead is of before the clock was set back.
        let since = before.map_or(pause.from, |before| before.since.min(pause.from));
        Some(Self { code, of_client, pause, failures, since })
    }

    /// Whether the provider refused to renew the access: then the user can mend it, and time alone
    /// can hardly.
    pub(super) fn is_refusal(&self) -> bool {
        self.code == Code::InvalidGrant
    }

    /// The same, whose pause is over.
    pub(super) fn rested(mut self, now: Timestamp) -> Self {
        self.pause.until = self.pause.until.min(now);
        self
    }

    /// Whether the client was refused.
    pub(super) fn is_of_client(&self) -> bool {
        self.of_client
    }

    /// Whether it stands for the answer that the provider would give: until its pause has passed,
    /// or until the client that was refused is served.
    pub(super) fn lasts(&self, served_at: Option<Timestamp>, now: Timestamp) -> bool {
        let is_served = self.of_client && served_at.is_some_and(|at| self.pause.from < at);
        self.pause.lasts(now) && !is_served
    }

    /// Whether it has lasted so long for this account, while others were served, that the account
    /// may be its reason.
    pub(super) fn is_stuck(&self, served_at: Option<Timestamp>, now: Timestamp) -> bool {
        let (failures, time) = STUCK_AFTER;
        let lasts = self.failures >= failures && now.since(self.since) >= time;
        !self.is_refusal() && lasts && served_at.is_some_and(|at| self.since < at)
    }

    /// What stands for the provider's answer, while nobody asks for it.
    pub(super) fn error(&self, now: Timestamp) -> Error {
        let text = match self.code {
            Code::InvalidGrant => "the provider did not renew the access when it was asked last",
            _ => "a moment ago, the tokens could not be renewed",
        };
        Error::new(self.code, text).with_retry_after(Some(self.pause.until.since(now)))
    }

    pub(super) fn to_record(self) -> TroubleRecord {
        let number = CODES.iter().find(|(_, code)| *code == self.code).map_or(0, |(n, _)| *n);
        let Pause { from, until, length } = self.pause;
        (number, self.of_client, (from, until, length.as_secs()), self.failures, self.since)
    }

    pub(super) fn from_record(record: TroubleRecord) -> Option<Self> {
        let (number, of_client, (from, until, length), failures, since) = record;
        let (_, code) = CODES.iter().find(|(known, _)| *known == number)?;
        let pause = Pause { from, until, length: Duration::from_secs(length) };
        Some(Self { code: *code, of_client, pause, failures, since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const OUTAGE: (Option<Duration>, Duration) = (None, LAST_PAUSE);

    fn after(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn jitter_shortens_our_own_pause_by_a_tenth_at_most_and_never_the_providers() {
        let wait =
            |retry, jitter| Pause::after(None, (retry, LAST_PAUSE), jitter, NOW).until.since(NOW);
        assert_eq!(wait(None, 0), FIRST_PAUSE);
        assert_eq!(wait(None, 255), FIRST_PAUSE * 9 / 10);
        let told = Duration::from_secs(7);
        assert_eq!((wait(Some(told), 0), wait(Some(told), 255)), (told, told));
        let lengths = |longest| {
            let mut pause = Pause::after(None, (None, longest), 255, NOW);
            let mut lengths = Vec::new();
            for _ in 0..14 {
                lengths.push(pause.length.as_secs());
                pause = Pause::after(Some(pause), (None, longest), 255, NOW);
            }
            lengths
        };
        assert_eq!(lengths(LAST_PAUSE)[..7], [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(lengths(LAST_PAUSE_OF_REFUSAL)[10..], [1024, 2048, 3600, 3600]);
    }

    #[test]
    fn trouble_is_read_as_it_was_written() {
        let pause = Pause::after(None, OUTAGE, 0, NOW);
        for (number, code) in CODES {
            for of_client in [false, true] {
                let error = Error::new(code, "x");
                let trouble = Trouble::after(None, &error, of_client, pause).unwrap();
                assert_eq!(trouble.to_record().0, number);
                assert_eq!(Trouble::from_record(trouble.to_record()), Some(trouble));
            }
        }
        let error = Error::new(Code::StoreUnavailable, "x");
        assert_eq!(Trouble::after(None, &error, false, pause), None);
        assert_eq!(Trouble::from_record((0, false, (NOW, NOW, 1), 1, NOW)), None);
    }

    /// An account is stuck after three outages over two minutes while others are served.
    #[test]
    fn an_account_is_stuck_that_fails_alone() {
        let error = Error::new(Code::ProviderUnavailable, "down");
        let mut trouble = None;
        for (second, stuck) in [(0, false), (60, false), (119, false), (121, true)] {
            let pause = Pause::after(None, OUTAGE, 0, after(second));
            trouble = Trouble::after(trouble.as_ref(), &error, false, pause);
            let trouble = trouble.unwrap();
            assert_eq!(trouble.is_stuck(Some(after(1)), after(second)), stuck, "{second}");
            assert!(!trouble.is_stuck(Some(NOW), after(second)), "others are not served either");
            assert!(!trouble.is_stuck(None, after(second)));
        }
        let refused = Error::new(Code::InvalidGrant, "no");
        let pause = Pause::after(None, OUTAGE, 0, after(121));
        let refused = Trouble::after(trouble.as_ref(), &refused, false, pause).unwrap();
        assert_eq!(refused.failures, 1, "another kind of failure begins anew");
        assert!(!refused.is_stuck(Some(after(200)), after(999)), "a refusal has its own way on");
    }

    /// A refusal of the client is over as soon as the client is served again.
    #[test]
    fn a_refusal_of_the_client_ends_when_the_client_is_served() {
        let pause = Pause::after(None, (None, LAST_PAUSE_OF_REFUSAL), 0, NOW);
        let refused = Error::new(Code::InvalidGrant, "no");
        for (of_client, served, lasts) in [
            (true, Some(NOW), true),
            (true, Some(after(1)), false),
            (true, None, true),
            (false, Some(after(1)), true),
        ] {
            let trouble = Trouble::after(None, &refused, of_client, pause).unwrap();
            assert_eq!(trouble.lasts(served, NOW), lasts, "{of_client} {served:?}");
            assert!(!trouble.lasts(served, after(1)), "the pause has passed");
        }
    }
}
