//! What a person said about each scope, and when.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::scope::ScopeSet;

/// The last word on one scope, with the time at which it was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Consent {
    /// The person granted it, and it has been granted ever since.
    Granted(Timestamp),
    /// The person was asked for it and left it out.
    Declined(Timestamp),
    /// It was granted once, and the provider says that it no longer is.
    Revoked(Timestamp),
}

/// By the name of the scope, as the provider writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Consents(BTreeMap<Box<str>, Consent>);

impl Consents {
    /// After an answer of the provider to a request for `requested`, of which it grants `granted`
    /// in all.
    pub(super) fn after(&self, requested: &ScopeSet, granted: &ScopeSet, now: Timestamp) -> Self {
        let covered = granted.closure();
        let mut consents = self.lacking(&covered, now);
        // What a wider scope brought is no longer left out.
        let settled = |name: &str, consent: &Consent| {
            matches!(consent, Consent::Granted(_)) || !covered.contains_name(name)
        };
        consents.0.retain(|name, consent| settled(name, consent));
        for name in granted.names() {
            consents.0.entry(name.into()).or_insert(Consent::Granted(now));
        }
        consents.declined(requested, &covered, now)
    }

    /// After a no to `requested`, as far as the person does not have it in another way.
    pub(super) fn declined(
        mut self,
        requested: &ScopeSet,
        covered: &ScopeSet,
        now: Timestamp,
    ) -> Self {
        let names = requested.names().filter(|name| !covered.contains_name(name));
        self.0.extend(names.map(|name| (name.into(), Consent::Declined(now))));
        self
    }

    /// After the provider said that all that is left is `covered`.
    pub(super) fn lacking(&self, covered: &ScopeSet, now: Timestamp) -> Self {
        let mut consents = self.clone();
        for (name, consent) in &mut consents.0 {
            if matches!(consent, Consent::Granted(_)) && !covered.contains_name(name) {
                *consent = Consent::Revoked(now);
            }
        }
        consents
    }

    pub(super) fn is_declined(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Consent::Declined(_)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Consent)> {
        self.0.iter().map(|(name, consent)| (&**name, *consent))
    }
}

impl FromIterator<(Box<str>, Consent)> for Consents {
    fn from_iter<I: IntoIterator<Item = (Box<str>, Consent)>>(consents: I) -> Self {
        Self(consents.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Consent::{Declined, Granted, Revoked};
    use super::*;

    const READ: &str = "https://www.googleapis.com/auth/drive.readonly";
    const DRIVE: &str = "https://www.googleapis.com/auth/drive";

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn set(names: &str) -> ScopeSet {
        ScopeSet::parse(names)
    }

    fn all(consents: &Consents) -> Vec<(&str, Consent)> {
        consents.iter().collect()
    }

    #[test]
    fn each_scope_has_the_last_word_and_its_time() {
        let first = Consents::default().after(&set("a b"), &set("a"), at(1));
        assert_eq!(all(&first), [("a", Granted(at(1))), ("b", Declined(at(1)))]);
        let second = first.after(&set("b c"), &set("a b"), at(2));
        let expected = [("a", Granted(at(1))), ("b", Granted(at(2))), ("c", Declined(at(2)))];
        assert_eq!(all(&second), expected, "what is granted stays so since its first time");
        let narrower = second.after(&set(""), &set("b"), at(3));
        let expected = [("a", Revoked(at(3))), ("b", Granted(at(2))), ("c", Declined(at(2)))];
        assert_eq!(all(&narrower), expected);
        let gone = narrower.lacking(&ScopeSet::default(), at(4));
        let expected = [("a", Revoked(at(3))), ("b", Revoked(at(4))), ("c", Declined(at(2)))];
        assert_eq!(all(&gone), expected);
        let again = gone.after(&set("a"), &set("a"), at(5));
        assert_eq!(all(&again)[0], ("a", Granted(at(5))), "counted anew");
        assert_eq!(all(&gone.after(&set("a"), &set(""), at(6)))[0], ("a", Declined(at(6))));
    }

    #[test]
    fn what_a_wider_scope_brings_is_not_left_out() {
        let left_out = Consents::default().after(&set(READ), &set(""), at(1));
        assert!(left_out.is_declined(READ));
        let wider = left_out.after(&set(DRIVE), &set(DRIVE), at(2));
        assert_eq!(all(&wider), [(DRIVE, Granted(at(2)))]);
        let asked = wider.clone().declined(&set(READ), &set(DRIVE).closure(), at(3));
        assert_eq!(asked, wider);
    }
}
