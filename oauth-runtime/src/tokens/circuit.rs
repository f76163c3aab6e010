//! A provider that fails for many accounts is asked for one of them at a time, now and then.

use std::sync::Arc;

use tracing::{info, warn};

use super::trouble::Pause;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::session::AccountKey;

/// So many accounts in a row for which it failed: what one account meets may be about that one.
const FAILURES: u32 = 5;

/// What a refresh said of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It answers, be it with a refusal.
    Answer,
    /// It does not, or nothing that could be read.
    Failure,
    /// It was not asked.
    Nothing,
    /// It was not asked, since it had failed for others: whoever tries it for all goes on.
    NotAsked,
}

impl Heard {
    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            Code::ProviderUnavailable | Code::ProviderTimeout | Code::ProviderResponse => {
                Self::Failure
            }
            _ => Self::Answer,
        }
    }
}

#[derive(Default)]
pub(super) struct Circuit {
    failures: u32,
    /// The account that failed last.
    last: Option<AccountKey>,
    open: Option<Open>,
}

struct Open {
    error: Arc<Error>,
    pause: Pause,
    /// Somebody is asking after a pause; all others wait for what he hears.
    probing: bool,
}

impl Circuit {
    /// What stands for the provider's answer. `None` to whoever may ask.
    pub(super) fn refusal(&mut self, now: Timestamp) -> Option<Arc<Error>> {
        let open = self.open.as_mut()?;
        if open.probing || open.pause.lasts(now) {
            return Some(open.error.clone());
        }
        open.probing = true;
        None
    }

    /// The same for somebody who was let in before, and who is not the one that asks now.
    pub(super) fn opened(&self) -> Option<Arc<Error>> {
        self.open.as_ref().map(|open| open.error.clone())
    }

    /// Whether this is the one who asks on behalf of all.
    pub(super) fn is_probed(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.probing)
    }

    /// Whoever asked says what he heard.
    pub(super) fn note(
        &mut self,
        account: AccountKey,
        heard: Heard,
        error: Option<&Arc<Error>>,
        jitter: u8,
        now: Timestamp,
    ) {
        match (heard, &mut self.open, error) {
            (Heard::Answer, open, _) => {
                if open.is_some() {
                    info!("the provider answers again");
                }
                *self = Self::default();
            }
            (Heard::Nothing, Some(open), _) => open.probing = false,
            // What began before it opened says nothing new.
            (Heard::Failure, Some(open), Some(error)) if open.probing => {
                let pause = Pause::after(Some(open.pause), error.retry_after(), jitter, now);
                *open = Open { error: error.clone(), pause, probing: false };
            }
            (Heard::Failure, None, Some(error)) => self.failed(account, error, jitter, now),
            _ => {}
        }
    }

    fn failed(&mut self, account: AccountKey, error: &Arc<Error>, jitter: u8, now: Timestamp) {
        self.failures += u32::from(self.last != Some(account));
        self.last = Some(account);
        if self.failures >= FAILURES {
            warn!(code = error.code(), "the provider fails: it is asked now and then only");
            let pause = Pause::after(None, error.retry_after(), jitter, now);
            self.open = Some(Open { error: error.clone(), pause, probing: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn after(seconds: u64) -> Timestamp {
        START + Duration::from_secs(seconds)
    }

    fn failing(circuit: &mut Circuit, account: u8, now: Timestamp) {
        let error = Arc::new(Error::new(Code::ProviderUnavailable, "down"));
        circuit.note([account; 16], Heard::Failure, Some(&error), 0, now);
    }

    fn open() -> Circuit {
        let mut circuit = Circuit::default();
        for account in 0..5 {
            assert!(circuit.refusal(START).is_none(), "{account}");
            failing(&mut circuit, account, START);
        }
        circuit
    }

    #[test]
    fn one_account_alone_does_not_open_it() {
        let mut circuit = Circuit::default();
        for _ in 0..50 {
            failing(&mut circuit, 1, START);
        }
        assert!(circuit.refusal(START).is_none());
    }

    #[test]
    fn after_each_pause_one_may_ask_and_the_pauses_double() {
        let (mut circuit, mut now) = (open(), 0);
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            assert!(circuit.refusal(after(now)).is_some());
            now += pause;
            assert!(circuit.refusal(after(now - 1)).is_some(), "{pause}");
            assert!(circuit.refusal(after(now)).is_none(), "{pause}");
            assert!(circuit.refusal(after(now)).is_some(), "one at a time");
            failing(&mut circuit, 9, after(now));
        }
        assert!(circuit.refusal(after(now + 30)).is_none());
        circuit.note([9; 16], Heard::Answer, None, 0, after(now + 30));
        assert!(circuit.refusal(after(now + 30)).is_none(), "closed");
        assert!(circuit.refusal(after(now + 30)).is_none(), "for everybody");
    }

    #[test]
    fn what_was_asked_before_it_opened_makes_no_pause_longer() {
        let mut circuit = open();
        for account in 10..60 {
            failing(&mut circuit, account, START);
        }
        assert!(circuit.refusal(after(1)).is_none());
    }

    #[test]
    fn whoever_did_not_ask_after_all_leaves_the_turn_to_the_next() {
        let mut circuit = open();
        assert!(circuit.refusal(after(1)).is_none());
        circuit.note([9; 16], Heard::Nothing, None, 0, after(1));
        assert!(circuit.refusal(after(1)).is_none());
    }

    #[test]
    fn a_clock_that_is_set_back_lets_somebody_ask() {
        let mut circuit = open();
        assert!(circuit.refusal(START - Duration::from_secs(3600)).is_none());
    }
}
