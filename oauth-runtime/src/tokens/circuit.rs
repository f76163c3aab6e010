//! A provider that fails for many accounts is asked for one of them at a time, now and then.

use std::collections::HashSet;
use std::sync::Arc;

use tracing::{info, warn};

use super::trouble::{LAST_PAUSE, Pause};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::protocol::TokenError;
use crate::session::AccountKey;

/// So many accounts in a row get no answer at all: what one of them meets may be about that one.
const SILENT: usize = 5;
/// So many get a failure for an answer. That says little of the provider: it may be about the
/// tokens that were sent.
const FAILING: usize = 32;
/// So many accounts that have not failed ask at once while it is open.
const PROBES: usize = 4;

/// What a refresh said of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It answers, be it with a refusal.
    Answer,
    /// It answers that it fails, or what cannot be read.
    Failure,
    /// It does not answer.
    Silence,
    /// It was not asked.
    Nothing,
    /// It was not asked, since it had failed for others: those who try it for all go on.
    NotAsked,
}

impl Heard {
    pub(super) fn of(error: &TokenError) -> Self {
        match error {
            TokenError::Unanswered(error) => match error.kind() {
                Code::ProviderUnavailable | Code::ProviderTimeout => Self::Silence,
                Code::ProviderResponse => Self::Failure,
                _ => Self::Answer,
            },
            TokenError::Transient { .. } | TokenError::Malformed(..) => Self::Failure,
            _ => Self::Answer,
        }
    }
}

#[derive(Default)]
pub(super) struct Circuit {
    /// The accounts that failed since one was served last: without an answer, and with one.
    silent: HashSet<AccountKey>,
    failing: HashSet<AccountKey>,
    open: Option<Open>,
}

struct Open {
    error: Arc<Error>,
    pause: Pause,
    /// The accounts for which it is asked meanwhile; all others wait for what these hear.
    probing: HashSet<AccountKey>,
}

impl Circuit {
    /// What stands for the provider's answer. `None` to an account that may ask: after each pause
    /// one that failed, and at any time some that did not, so that the failures of some accounts
    /// shut out no other.
    pub(super) fn refusal(&mut self, account: AccountKey, now: Timestamp) -> Option<Arc<Error>> {
        let is_failing = self.has_failed(&account);
        let open = self.open.as_mut()?;
        let may_ask = if is_failing {
            !open.pause.lasts(now) && open.probing.is_empty()
        } else {
            open.probing.len() < PROBES
        };
        if !may_ask {
            return Some(open.error.clone());
        }
        open.probing.insert(account);
        None
    }

    fn has_failed(&self, account: &AccountKey) -> bool {
        self.silent.contains(account) || self.failing.contains(account)
    }

    /// The same for an account that was let in before, and is not one of those that ask now.
    pub(super) fn opened(&self) -> Option<Arc<Error>> {
        self.open.as_ref().map(|open| open.error.clone())
    }

    /// Whether this account asks on behalf of all.
    pub(super) fn is_probed_by(&self, account: &AccountKey) -> bool {
        self.open.as_ref().is_some_and(|open| open.probing.contains(account))
    }

    /// What an account heard that asked.
    pub(super) fn note(
        &mut self,
        account: AccountKey,
        heard: Heard,
        error: Option<&Arc<Error>>,
        jitter: u8,
        now: Timestamp,
    ) {
        match (heard, error) {
            (Heard::Answer, _) => {
                if self.open.is_some() {
                    info!("the provider answers again");
                }
                *self = Self::default();
            }
            (Heard::Nothing, _) => {
                if let Some(open) = &mut self.open {
                    open.probing.remove(&account);
                }
            }
            (Heard::Silence | Heard::Failure, Some(error)) => {
                self.failed(account, heard, error, jitter, now);
            }
            _ => {}
        }
    }

    fn failed(
        &mut self,
        account: AccountKey,
        heard: Heard,
        error: &Arc<Error>,
        jitter: u8,
        now: Timestamp,
    ) {
        let (accounts, most) = match heard {
            Heard::Silence => (&mut self.silent, SILENT),
            _ => (&mut self.failing, FAILING),
        };
        // As many again are told apart while it is open.
        if accounts.len() < 2 * FAILING {
            accounts.insert(account);
        }
        let (is_enough, wait) = (accounts.len() >= most, (error.retry_after(), LAST_PAUSE));
        if let Some(open) = &mut self.open {
            // What began before it opened says nothing new.
            if open.probing.remove(&account) {
                open.pause = Pause::after(Some(open.pause), wait, jitter, now);
                open.error = error.clone();
            }
        } else if is_enough {
            warn!(code = error.code(), "the provider fails: it is asked now and then only");
            let pause = Pause::after(None, wait, jitter, now);
            self.open = Some(Open { error: error.clone(), pause, probing: HashSet::new() });
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

    fn hears(circuit: &mut Circuit, heard: Heard, account: u8, now: Timestamp) {
        let error = Arc::new(Error::new(Code::ProviderUnavailable, "down"));
        circuit.note([account; 16], heard, Some(&error), 0, now);
    }

    fn may_ask(circuit: &mut Circuit, account: u8, now: Timestamp) -> bool {
        circuit.refusal([account; 16], now).is_none()
    }

    /// Of accounts 0 to 4 it did not answer.
    fn open() -> Circuit {
        let mut circuit = Circuit::default();
        for account in 0..5 {
            assert!(may_ask(&mut circuit, account, START), "{account}");
            hears(&mut circuit, Heard::Silence, account, START);
        }
        assert!(circuit.opened().is_some());
        circuit
    }

    #[test]
    fn one_account_alone_does_not_open_it() {
        let mut circuit = Circuit::default();
        for _ in 0..50 {
            hears(&mut circuit, Heard::Silence, 1, START);
            hears(&mut circuit, Heard::Failure, 1, START);
        }
        assert!(circuit.opened().is_none());
    }

    /// An answer, even a failure, says little of the provider: many accounts have to hear it.
    #[test]
    fn failures_for_answers_open_it_for_many_accounts_only() {
        let mut circuit = Circuit::default();
        for account in 0..31 {
            hears(&mut circuit, Heard::Failure, account, START);
        }
        assert!(circuit.opened().is_none());
        hears(&mut circuit, Heard::Failure, 31, START);
        assert!(circuit.opened().is_some());
        circuit.note([99; 16], Heard::Answer, None, 0, START);
        hears(&mut circuit, Heard::Failure, 1, START);
        assert!(circuit.opened().is_none(), "one that is served ends it");
    }

    #[test]
    fn after_each_pause_one_that_failed_may_ask_and_the_pauses_double() {
        let (mut circuit, mut now) = (open(), 0);
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            assert!(!may_ask(&mut circuit, 1, after(now)));
            now += pause;
            assert!(!may_ask(&mut circuit, 1, after(now - 1)), "{pause}");
            assert!(may_ask(&mut circuit, 1, after(now)), "{pause}");
            assert!(circuit.is_probed_by(&[1; 16]));
            assert!(!may_ask(&mut circuit, 2, after(now)), "one at a time");
            hears(&mut circuit, Heard::Silence, 1, after(now));
        }
        assert!(may_ask(&mut circuit, 1, after(now + 30)));
        circuit.note([1; 16], Heard::Answer, None, 0, after(now + 30));
        assert!(may_ask(&mut circuit, 1, after(now + 30)), "closed");
        assert!(may_ask(&mut circuit, 2, after(now + 30)), "for all");
    }

    /// Whatever other accounts meet, one that has not failed may ask at any time.
    #[test]
    fn an_account_that_has_not_failed_may_ask_at_any_time() {
        let mut circuit = open();
        assert!(may_ask(&mut circuit, 1, after(1)), "it asks, and waits for an answer");
        for account in 10..13 {
            assert!(may_ask(&mut circuit, account, after(1)));
        }
        assert!(!may_ask(&mut circuit, 13, after(1)), "they are few at a time");
        hears(&mut circuit, Heard::Silence, 10, after(1));
        assert!(may_ask(&mut circuit, 13, after(1)));
        assert!(!may_ask(&mut circuit, 10, after(1)), "it has failed by now");
    }

    #[test]
    fn what_was_asked_before_it_opened_makes_no_pause_longer() {
        let mut circuit = open();
        for account in 10..60 {
            hears(&mut circuit, Heard::Silence, account, START);
        }
        assert!(may_ask(&mut circuit, 1, after(1)));
    }

    #[test]
    fn an_account_that_did_not_ask_after_all_leaves_the_turn_to_the_next() {
        let mut circuit = open();
        assert!(may_ask(&mut circuit, 1, after(1)));
        circuit.note([1; 16], Heard::Nothing, None, 0, after(1));
        assert!(may_ask(&mut circuit, 2, after(1)));
    }

    #[test]
    fn a_clock_that_is_set_back_lets_one_ask() {
        let mut circuit = open();
        assert!(may_ask(&mut circuit, 1, START - Duration::from_secs(3600)));
    }
}
