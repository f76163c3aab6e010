//! Authorization codes (RFC 6749 §4.1.2).

use std::collections::HashMap;
use std::time::Duration;

use super::pkce::Challenge;
use super::scopes::Scopes;
use crate::clock::Timestamp;

const LIFETIME: Duration = Duration::from_secs(600);

/// What a code stands for.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) subject: String,
    pub(crate) scopes: Scopes,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    /// Whether the exchange gives a refresh token.
    pub(crate) offline: bool,
    /// Whether tokens hold all that the account granted, also later.
    pub(crate) union: bool,
}

enum State {
    Fresh(Box<Code>),
    /// The tokens that the exchange made, to be revoked if the code is used again.
    Used(Vec<String>),
}

/// All codes of the last ten minutes.
#[derive(Default)]
pub(crate) struct Codes(HashMap<String, (Timestamp, State)>);

/// What an attempt to redeem a code found.
pub(crate) enum Found {
    Fresh(Box<Code>),
    /// A second use: the tokens of the first have to go (RFC 6749 §4.1.2).
    Reused(Vec<String>),
    Nothing,
}

impl Codes {
    pub(crate) fn insert(&mut self, now: Timestamp, name: String, code: Code) {
        self.0.retain(|_, (ends_at, _)| *ends_at > now);
        self.0.insert(name, (now + LIFETIME, State::Fresh(Box::new(code))));
    }

    pub(crate) fn find(&self, now: Timestamp, name: &str) -> Found {
        match self.0.get(name) {
            Some((ends_at, State::Fresh(code))) if *ends_at > now => Found::Fresh(code.clone()),
            Some((_, State::Used(tokens))) => Found::Reused(tokens.clone()),
            _ => Found::Nothing,
        }
    }

    /// Marks the code as used, before anything is made from it.
    pub(crate) fn spend(&mut self, name: &str, tokens: Vec<String>) {
        if let Some((_, state)) = self.0.get_mut(name) {
            *state = State::Used(tokens);
        }
    }
}
