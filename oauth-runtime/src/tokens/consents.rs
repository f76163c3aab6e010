//! What a user said about each scope, and when.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::scope::{ScopeSet, SharedScopes};

/// The last word on one scope, with the time at which it was heard.
///
/// ```
/// use oauth_runtime::{Consent, User};
///
/// async fn settings(user: User) -> String {
///     let told = user.consents().map(|(scope, consent)| match consent {
///         Consent::Granted(at) => format!("{scope}: yes, since {}", at.unix_seconds()),
///         Consent::Declined(_) => format!("{scope}: no"),
///         Consent::Revoked(_) => format!("{scope}: not any longer"),
///         Consent::Ended(_) => format!("{scope}: yes, and to be renewed"),
///         _ => scope.to_owned(),
///     });
///     told.collect::<Vec<_>>().join("\n")
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Consent {
    /// The user granted it, and it has been granted ever since.
    Granted(Timestamp),
    /// The user was asked for it and left it out.
    Declined(Timestamp),
    /// It was granted once, and was taken back: by a disconnect, or as the provider says.
    Revoked(Timestamp),
    /// It was granted, and the provider no longer gives access for it, which need not be the user's
    /// wish: the next authorization asks for it again.
    Ended(Timestamp),
}

/// What was said, and of which scopes: those of one answer have it in common, and many people say
/// the same, so that it costs them the time alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Consents(Box<[(Consent, SharedScopes)]>);

/// By the name of the scope, as the provider writes it.
type ByName<'a> = BTreeMap<&'a str, Consent>;

impl Consents {
    /// After an answer of the provider to a request for `requested`, of which it grants `granted`.
    /// What else was granted is no longer: where the answer has `all` of it, it was taken back.
    /// Scopes that the provider adds unasked are none of which the user said anything.
    pub(super) fn after(
        &self,
        requested: &ScopeSet,
        granted: &ScopeSet,
        all: bool,
        now: Timestamp,
    ) -> Self {
        let covered = granted.closure();
        let lost = if all { Consent::Revoked(now) } else { Consent::Ended(now) };
        let mut consents = self.lacking_by_name(&covered, lost);
        let asked = requested.closure();
        // What a wider scope brought is no longer left out.
        let settled = |name: &str, consent: &Consent| {
            matches!(consent, Consent::Granted(_)) || !covered.contains_name(name)
        };
        consents.retain(|name, consent| settled(name, consent));
        for (name, consent) in self.by_name() {
            if matches!(consent, Consent::Ended(_)) && covered.contains_name(name) {
                consents.insert(name, Consent::Granted(now));
            }
        }
        for name in granted.names().filter(|name| asked.contains_name(name)) {
            consents.entry(name).or_insert(Consent::Granted(now));
        }
        consents.extend(left_out(requested, &covered, now));
        consents.into_iter().collect()
    }

    /// After a no to `requested`, as far as the person does not have it in another way.
    pub(super) fn declined(
        &self,
        requested: &ScopeSet,
        covered: &ScopeSet,
        now: Timestamp,
    ) -> Self {
        let mut consents = self.by_name();
        consents.extend(left_out(requested, covered, now));
        consents.into_iter().collect()
    }

    /// After all that was granted was taken back.
    pub(super) fn revoked(&self, now: Timestamp) -> Self {
        self.lacking_by_name(&ScopeSet::default(), Consent::Revoked(now)).into_iter().collect()
    }

    /// After the provider ended all access.
    pub(super) fn ended(&self, now: Timestamp) -> Self {
        self.lacking_by_name(&ScopeSet::default(), Consent::Ended(now)).into_iter().collect()
    }

    fn lacking_by_name(&self, covered: &ScopeSet, lost: Consent) -> ByName<'_> {
        let mut consents = self.by_name();
        for (name, consent) in &mut consents {
            let is_given = match lost {
                Consent::Revoked(_) => matches!(consent, Consent::Granted(_) | Consent::Ended(_)),
                _ => matches!(consent, Consent::Granted(_)),
            };
            if is_given && !covered.contains_name(name) {
                *consent = lost;
            }
        }
        consents
    }

    pub(super) fn is_declined(&self, name: &str) -> bool {
        let declined = |consent: &Consent| matches!(consent, Consent::Declined(_));
        self.0.iter().any(|(consent, scopes)| declined(consent) && scopes.contains_name(name))
    }

    /// What the user said yes to last, and did not take back.
    pub(crate) fn granted(&self) -> ScopeSet {
        let is_yes = |consent: &Consent| matches!(consent, Consent::Granted(_) | Consent::Ended(_));
        let granted = self.0.iter().filter(|(consent, _)| is_yes(consent));
        granted.fold(ScopeSet::default(), |all, (_, scopes)| all.union(scopes))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Consent)> {
        self.by_name().into_iter()
    }

    fn by_name(&self) -> ByName<'_> {
        let mut consents = ByName::new();
        for (consent, scopes) in &self.0 {
            consents.extend(scopes.names().map(|name| (name, *consent)));
        }
        consents
    }
}

/// What was requested and is not covered.
fn left_out<'a>(
    requested: &'a ScopeSet,
    covered: &ScopeSet,
    now: Timestamp,
) -> impl Iterator<Item = (&'a str, Consent)> {
    let names = requested.names().filter(|name| !covered.contains_name(name));
    names.map(move |name| (name, Consent::Declined(now)))
}

impl<'a> FromIterator<(&'a str, Consent)> for Consents {
    fn from_iter<I: IntoIterator<Item = (&'a str, Consent)>>(consents: I) -> Self {
        let mut groups: Vec<(Consent, ScopeSet)> = Vec::new();
        for (name, consent) in consents {
            match groups.iter_mut().find(|(known, _)| *known == consent) {
                Some((_, scopes)) => scopes.insert_name(name),
                None => groups.push((consent, [name].into_iter().collect())),
            }
        }
        let shared = |(consent, scopes): (Consent, ScopeSet)| (consent, scopes.into());
        Self(groups.into_iter().map(shared).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Consent::{Declined, Ended, Granted, Revoked};
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
        let first = Consents::default().after(&set("a b"), &set("a"), true, at(1));
        assert_eq!(all(&first), [("a", Granted(at(1))), ("b", Declined(at(1)))]);
        let second = first.after(&set("b c"), &set("a b"), true, at(2));
        let expected = [("a", Granted(at(1))), ("b", Granted(at(2))), ("c", Declined(at(2)))];
        assert_eq!(all(&second), expected, "what is granted stays so since its first time");
        let narrower = second.after(&set(""), &set("b"), true, at(3));
        let expected = [("a", Revoked(at(3))), ("b", Granted(at(2))), ("c", Declined(at(2)))];
        assert_eq!(all(&narrower), expected);
        let gone = narrower.revoked(at(4));
        let expected = [("a", Revoked(at(3))), ("b", Revoked(at(4))), ("c", Declined(at(2)))];
        assert_eq!(all(&gone), expected);
        let again = gone.after(&set("a"), &set("a"), true, at(5));
        assert_eq!(all(&again)[0], ("a", Granted(at(5))), "counted anew");
        assert_eq!(all(&gone.after(&set("a"), &set(""), true, at(6)))[0], ("a", Declined(at(6))));
    }

    /// What the provider ended is granted again when it comes back, asked for or not; what it adds is
    /// no consent.
    #[test]
    fn an_ended_consent_comes_back_and_an_addition_is_none() {
        let ended = Consents::default().after(&set("a"), &set("a"), true, at(1)).ended(at(2));
        assert_eq!(all(&ended), [("a", Ended(at(2)))]);
        assert_eq!(ended.granted(), set("a"), "it is asked for again");
        let back = ended.after(&set("b"), &set("a b c"), true, at(3));
        assert_eq!(all(&back), [("a", Granted(at(3))), ("b", Granted(at(3)))]);
        let other = back.after(&set("b"), &set("b"), false, at(4));
        assert_eq!(all(&other), [("a", Ended(at(4))), ("b", Granted(at(3)))]);
        assert_eq!(all(&other.revoked(at(5))).len(), 2);
        assert!(other.revoked(at(5)).granted().is_empty(), "the user took it back");
    }

    #[test]
    fn what_a_wider_scope_brings_is_not_left_out() {
        let left_out = Consents::default().after(&set(READ), &set(""), true, at(1));
        assert!(left_out.is_declined(READ));
        let wider = left_out.after(&set(DRIVE), &set(DRIVE), true, at(2));
        assert_eq!(all(&wider), [(DRIVE, Granted(at(2)))]);
        let asked = wider.clone().declined(&set(READ), &set(DRIVE).closure(), at(3));
        assert_eq!(asked, wider);
    }
}
