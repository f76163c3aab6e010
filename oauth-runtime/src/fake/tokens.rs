//! Access and refresh tokens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::scopes::Scopes;
use crate::clock::Timestamp;

/// Google keeps this many refresh tokens for an account and a client.
const REFRESH_TOKENS_KEPT: usize = 100;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AccessToken {
    pub(crate) subject: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Scopes,
    pub(crate) ends_at: Timestamp,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    pub(crate) subject: String,
    pub(crate) client_id: String,
    /// The scopes of the answer that it came in.
    pub(crate) scopes: Scopes,
    /// Whether it stands for all that the account granted, not for `scopes` alone.
    pub(crate) union: bool,
    pub(crate) ends_at: Timestamp,
}

/// All live tokens.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    access: BTreeMap<String, AccessToken>,
    /// The oldest first, since the oldest is dropped when there are too many.
    refresh: Vec<(String, RefreshToken)>,
}

impl Tokens {
    pub(crate) fn add_access(&mut self, name: String, token: AccessToken) {
        self.access.insert(name, token);
    }

    /// Adds a refresh token and silently drops the oldest beyond the limit.
    pub(crate) fn add_refresh(&mut self, name: String, token: RefreshToken) {
        let same = |other: &RefreshToken| {
            (&other.subject, &other.client_id) == (&token.subject, &token.client_id)
        };
        if self.refresh.iter().filter(|(_, other)| same(other)).count() >= REFRESH_TOKENS_KEPT
            && let Some(oldest) = self.refresh.iter().position(|(_, other)| same(other))
        {
            self.refresh.remove(oldest);
        }
        self.refresh.push((name, token));
    }

    pub(crate) fn access(&self, now: Timestamp, name: &str) -> Option<&AccessToken> {
        self.access.get(name).filter(|token| token.ends_at > now)
    }

    pub(crate) fn refresh(&self, now: Timestamp, name: &str) -> Option<&RefreshToken> {
        let mut found = self.refresh.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, token)| token).filter(|token| token.ends_at > now)
    }

    /// The refresh token that an account got last.
    pub(crate) fn newest_refresh(&self, subject: &str) -> Option<String> {
        let mut found = self.refresh.iter().rev().filter(|(_, token)| token.subject == subject);
        found.next().map(|(name, _)| name.clone())
    }

    /// The account that a token of either kind belongs to.
    pub(crate) fn subject_of(&self, now: Timestamp, name: &str) -> Option<String> {
        let access = self.access(now, name).map(|token| &token.subject);
        access.or_else(|| self.refresh(now, name).map(|token| &token.subject)).cloned()
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.access.remove(name);
        self.refresh.retain(|(known, _)| known != name);
    }

    pub(crate) fn remove_all_of(&mut self, subject: &str) {
        self.access.retain(|_, token| token.subject != subject);
        self.refresh.retain(|(_, token)| token.subject != subject);
    }

    pub(crate) fn expire_access(&mut self) {
        self.access.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000);

    fn refresh_token(subject: &str) -> RefreshToken {
        let (subject, client_id) = (subject.to_owned(), "client".to_owned());
        RefreshToken {
            subject,
            client_id,
            scopes: Scopes::new(),
            union: true,
            ends_at: Timestamp::MAX,
        }
    }

    #[test]
    fn the_hundred_and_first_refresh_token_of_an_account_silently_ends_its_first() {
        let mut tokens = Tokens::default();
        tokens.add_refresh("other".to_owned(), refresh_token("2"));
        for number in 0..=REFRESH_TOKENS_KEPT {
            tokens.add_refresh(number.to_string(), refresh_token("1"));
        }
        assert!(tokens.refresh(NOW, "0").is_none());
        assert!(tokens.refresh(NOW, "1").is_some());
        assert!(tokens.refresh(NOW, "100").is_some());
        assert!(tokens.refresh(NOW, "other").is_some());
    }

    #[test]
    fn a_token_lives_until_its_end_and_not_at_it() {
        let mut tokens = Tokens::default();
        let (subject, client_id) = ("1".to_owned(), "client".to_owned());
        let ends_at = Timestamp::from_unix_seconds(1_001);
        let token = AccessToken { subject, client_id, scopes: Scopes::new(), ends_at };
        tokens.add_access("a".to_owned(), token);
        assert!(tokens.access(NOW, "a").is_some());
        assert!(tokens.access(ends_at, "a").is_none());
        assert_eq!(tokens.subject_of(NOW, "a").as_deref(), Some("1"));
    }

    #[test]
    fn removal_spares_other_accounts() {
        let mut tokens = Tokens::default();
        tokens.add_refresh("one".to_owned(), refresh_token("1"));
        tokens.add_refresh("two".to_owned(), refresh_token("2"));
        tokens.remove_all_of("1");
        assert!(tokens.refresh(NOW, "one").is_none());
        assert!(tokens.refresh(NOW, "two").is_some());
    }
}
