//! A refresh that failed: for how long nobody tries it again, on whichever node.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::{Code, Error};

/// The first pause after a refresh that failed; it doubles up to the last.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub(super) const LAST_PAUSE: Duration = Duration::from_secs(30);

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
        retry_after: Option<Duration>,
        jitter: u8,
        now: Timestamp,
    ) -> Self {
        let length = previous.map_or(FIRST_PAUSE, |pause| (pause.length * 2).min(LAST_PAUSE));
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
    pub(super) pause: Pause,
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

impl Trouble {
    /// `None` for what says nothing about the provider or the tokens.
    pub(super) fn new(error: &Error, pause: Pause) -> Option<Self> {
        let code = error.kind();
        CODES.iter().any(|(_, known)| *known == code).then_some(Self { code, pause })
    }

    /// What stands for the provider's answer, while nobody asks for it.
    pub(super) fn error(&self, now: Timestamp) -> Error {
        let text = "a moment ago, the tokens could not be renewed";
        Error::new(self.code, text).with_retry_after(Some(self.pause.until.since(now)))
    }

    pub(super) fn to_record(self) -> (u8, Timestamp, Timestamp, u64) {
        let number = CODES.iter().find(|(_, code)| *code == self.code).map_or(0, |(n, _)| *n);
        let Pause { from, until, length } = self.pause;
        (number, from, until, length.as_secs())
    }

    pub(super) fn from_record(
        (number, from, until, length): (u8, Timestamp, Timestamp, u64),
    ) -> Option<Self> {
        let (_, code) = CODES.iter().find(|(known, _)| *known == number)?;
        let length = Duration::from_secs(length);
        Some(Self { code: *code, pause: Pause { from, until, length } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    #[test]
    fn jitter_shortens_our_own_pause_by_a_tenth_at_most_and_never_the_providers() {
        let wait = |retry, jitter| Pause::after(None, retry, jitter, NOW).until.since(NOW);
        assert_eq!(wait(None, 0), FIRST_PAUSE);
        assert_eq!(wait(None, 255), FIRST_PAUSE * 9 / 10);
        let told = Duration::from_secs(7);
        assert_eq!((wait(Some(told), 0), wait(Some(told), 255)), (told, told));
        let mut pause = Pause::after(None, None, 255, NOW);
        let mut lengths = Vec::new();
        for _ in 0..7 {
            lengths.push(pause.length.as_secs());
            pause = Pause::after(Some(pause), None, 255, NOW);
        }
        assert_eq!(lengths, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn trouble_is_read_as_it_was_written() {
        let pause = Pause::after(None, None, 0, NOW);
        for (number, code) in CODES {
            let trouble = Trouble::new(&Error::new(code, "x"), pause).unwrap();
            assert_eq!(trouble.to_record().0, number);
            assert_eq!(Trouble::from_record(trouble.to_record()), Some(trouble));
        }
        assert_eq!(Trouble::new(&Error::new(Code::StoreUnavailable, "x"), pause), None);
        assert_eq!(Trouble::from_record((0, NOW, NOW, 1)), None);
    }
}
