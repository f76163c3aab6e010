//! Which scope covers which: the relation, its closure and its reduction.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Method;

/// Runs a script of the user's, so it lists whatever any script may need: no statement on
/// which of these scopes suffices.
const ACCEPTS_ANYTHING: &str = "script.scripts.run";

/// Pairs of scopes, the first of which covers the second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Coverage(BTreeMap<String, BTreeSet<String>>);

impl Coverage {
    /// What the methods say: one scope covers another if every method that accepts the other
    /// accepts it as well.
    pub(super) fn strict(methods: &[Method]) -> Self {
        let mut common: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for method in methods.iter().filter(|method| method.id != ACCEPTS_ANYTHING) {
            for scope in &method.scopes {
                common
                    .entry(scope)
                    .and_modify(|common| common.retain(|other| method.scopes.contains(*other)))
                    .or_insert_with(|| method.scopes.iter().map(String::as_str).collect());
            }
        }
        let pairs =
            common.iter().flat_map(|(narrow, wider)| wider.iter().map(|wide| (*wide, *narrow)));
        let pairs = pairs.filter(|(wide, narrow)| wide != narrow);
        pairs.map(owned).collect()
    }

    pub(super) fn holds(&self, wide: &str, narrow: &str) -> bool {
        self.0.get(wide).is_some_and(|covered| covered.contains(narrow))
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(wide, covered)| {
            covered.iter().map(|narrow| (wide.as_str(), narrow.as_str()))
        })
    }

    /// What this scope covers, in byte order.
    pub(super) fn of(&self, wide: &str) -> impl Iterator<Item = &str> {
        self.0.get(wide).into_iter().flatten().map(String::as_str)
    }

    pub(super) fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// With each pair the other way round as well.
    pub(super) fn both_ways(&self) -> Self {
        let back = self.pairs().map(|(wide, narrow)| (narrow, wide));
        self.pairs().chain(back).map(owned).collect()
    }

    /// With what is covered through others.
    pub(super) fn closure(&self) -> Self {
        let reached = self.0.keys().map(|wide| (wide.clone(), self.reached(wide)));
        Self(reached.collect())
    }

    fn reached(&self, wide: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self.of(wide).collect();
        while let Some(scope) = open.pop() {
            if scope != wide && reached.insert(scope.to_owned()) {
                open.extend(self.of(scope));
            }
        }
        reached
    }

    /// Without what is covered through others; its closure is the same.
    pub(super) fn direct(&self) -> Self {
        let all = self.closure();
        let direct = all.pairs().filter(|(wide, narrow)| !all.goes_through(wide, narrow));
        direct.map(owned).collect()
    }

    /// Whether a third scope lies strictly between the two.
    fn goes_through(&self, wide: &str, narrow: &str) -> bool {
        self.of(wide).any(|between| {
            self.holds(between, narrow)
                && !self.holds(between, wide)
                && !self.holds(narrow, between)
        })
    }
}

pub(super) fn owned((wide, narrow): (&str, &str)) -> (String, String) {
    (wide.to_owned(), narrow.to_owned())
}

impl FromIterator<(String, String)> for Coverage {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let mut coverage = Self::default();
        coverage.extend(pairs);
        coverage
    }
}

impl Extend<(String, String)> for Coverage {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, pairs: I) {
        for (wide, narrow) in pairs {
            self.0.entry(wide).or_default().insert(narrow);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage(pairs: &[&str]) -> Coverage {
        let pair = |pair: &&str| {
            let (wide, narrow) = pair.split_once('>').unwrap();
            (wide.to_owned(), narrow.to_owned())
        };
        pairs.iter().map(pair).collect()
    }

    fn strict(methods: &[(&str, &[&str])]) -> Coverage {
        let method = |(id, scopes): &(&str, &[&str])| Method {
            api: "ink".to_owned(),
            id: (*id).to_owned(),
            scopes: scopes.iter().map(ToString::to_string).collect(),
        };
        Coverage::strict(&methods.iter().map(method).collect::<Vec<_>>())
    }

    #[test]
    fn a_scope_covers_another_if_every_method_that_accepts_the_other_accepts_it() {
        let methods: &[(&str, &[&str])] = &[("get", &["all", "read"]), ("put", &["all"])];
        assert_eq!(strict(methods), coverage(&["all>read"]));
    }

    #[test]
    fn one_method_denies_it() {
        let methods: &[(&str, &[&str])] = &[("get", &["all", "read"]), ("list", &["read"])];
        assert_eq!(strict(methods), coverage(&["read>all"]));
    }

    #[test]
    fn the_method_that_accepts_anything_neither_proves_nor_denies() {
        let methods: &[(&str, &[&str])] =
            &[("get", &["all", "read"]), ("put", &["all"]), (ACCEPTS_ANYTHING, &["read", "mail"])];
        assert_eq!(strict(methods), coverage(&["all>read"]));
    }

    #[test]
    fn the_direct_pairs_are_those_that_lead_through_no_third_scope() {
        for (given, direct) in [
            (&["a>b", "b>c", "a>c"][..], &["a>b", "b>c"][..]),
            (&["a>b", "b>c"], &["a>b", "b>c"]),
            (&["a>b", "a>c", "b>d", "c>d", "a>d"], &["a>b", "a>c", "b>d", "c>d"]),
            (&["a>b", "b>a"], &["a>b", "b>a"]),
            (&["a>b", "b>c", "c>b"], &["a>b", "a>c", "b>c", "c>b"]),
        ] {
            let (given, direct) = (coverage(given), coverage(direct));
            assert_eq!(given.direct(), direct);
            assert_eq!(direct.closure(), given.closure());
        }
    }

    #[test]
    fn the_closure_of_a_circle_leaves_out_the_scope_itself() {
        assert_eq!(
            coverage(&["a>b", "b>c", "c>a"]).closure(),
            coverage(&["a>b", "a>c", "b>a", "b>c", "c>a", "c>b"])
        );
    }
}
