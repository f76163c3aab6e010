//! Which scope implies which: what methods suggest, and names or facts confirm.

use std::collections::BTreeMap;

use super::classify::{Class, classify};
use super::coverage::{Coverage, owned};
use super::document::Method;
use super::{Facts, Failure, name};

/// The pairs that may save a question to the user.
#[derive(Debug)]
pub(super) struct Implications {
    /// Those that lead through no third scope.
    pub(super) direct: Coverage,
    /// Two names of one scope, both ways.
    pub(super) aliases: Coverage,
    /// All, but for aliases.
    pub(super) closure: Coverage,
    /// What became of the pairs that all methods agree on.
    pub(super) classes: BTreeMap<Class, usize>,
    /// Curated pairs that a method denies, each as a sentence.
    pub(super) denied: Vec<String>,
}

impl Implications {
    pub(super) fn new(methods: &[Method], facts: &Facts) -> Result<Self, Failure> {
        let strict = Coverage::strict(methods);
        let class = |(wide, narrow): (&str, &str)| classify(wide, narrow, &strict, facts);
        let mut classes = BTreeMap::new();
        for pair in strict.pairs() {
            *classes.entry(class(pair)).or_default() += 1;
        }
        let used = strict.pairs().filter(|pair| class(*pair).implies());
        let used: Coverage = used.map(owned).collect();
        let aliases = facts.aliases.both_ways();
        check_refused(&used, &aliases, facts)?;
        Ok(Self {
            direct: used.direct(),
            aliases,
            closure: used.closure(),
            classes,
            denied: denied(facts, &strict),
        })
    }

    /// Other names of this scope, with `=`, and then what it covers directly, all short.
    pub(super) fn column(&self, scope: &str) -> Vec<String> {
        let aliases = self.aliases.of(scope).map(|alias| format!("={}", name::short(alias)));
        let covered = self.direct.of(scope).filter(|narrow| !self.aliases.holds(scope, narrow));
        aliases.chain(covered.map(|narrow| name::short(narrow).to_owned())).collect()
    }
}

/// What is refused must not come back through a third scope or another name.
fn check_refused(used: &Coverage, aliases: &Coverage, facts: &Facts) -> Result<(), Failure> {
    let all: Coverage = used.pairs().chain(aliases.pairs()).map(owned).collect();
    let all = all.closure();
    match facts.refused.pairs().find(|(wide, narrow)| all.holds(wide, narrow)) {
        None => Ok(()),
        Some((wide, narrow)) => Err(Failure::Contradiction(format!(
            "`{}` over `{}` is refused, and yet holds through others: refuse a step between them",
            name::short(wide),
            name::short(narrow)
        ))),
    }
}

fn denied(facts: &Facts, strict: &Coverage) -> Vec<String> {
    let denied = facts.curated.pairs().filter(|(wide, narrow)| !strict.holds(wide, narrow));
    let sentence = |(wide, narrow): (&str, &str)| {
        let (wide, narrow) = (name::short(wide), name::short(narrow));
        format!("curated `{wide}` over `{narrow}` is not used: not all methods agree")
    };
    denied.map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(scopes: &[&str]) -> Method {
        Method {
            api: "ink".to_owned(),
            id: "ink.get".to_owned(),
            scopes: scopes.iter().map(|scope| name::full(scope)).collect(),
        }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Coverage {
        pairs.iter().map(|(wide, narrow)| (name::full(wide), name::full(narrow))).collect()
    }

    #[test]
    fn a_curated_pair_that_a_method_denies_is_named_and_not_used() {
        let methods = [method(&["ink", "paper"]), method(&["paper"])];
        let facts = Facts { curated: pairs(&[("ink", "paper")]), ..Facts::default() };
        let implications = Implications::new(&methods, &facts).unwrap();
        assert_eq!(implications.closure, Coverage::default());
        assert_eq!(
            implications.denied,
            ["curated `ink` over `paper` is not used: not all methods agree"]
        );
    }

    #[test]
    fn a_refused_pair_that_holds_through_another_is_an_error() {
        let methods = [
            method(&["ink", "ink.pens", "ink.pens.readonly"]),
            method(&["ink", "ink.pens"]),
            method(&["ink"]),
        ];
        let refused = pairs(&[("ink", "ink.pens.readonly")]);
        let facts = Facts { refused, ..Facts::default() };
        let failure = Implications::new(&methods, &facts).unwrap_err().to_string();
        assert!(failure.starts_with("`ink` over `ink.pens.readonly` is refused"), "{failure}");
        let refused = pairs(&[("ink", "ink.pens.readonly"), ("ink", "ink.pens")]);
        let facts = Facts { refused, ..Facts::default() };
        let implications = Implications::new(&methods, &facts).unwrap();
        assert_eq!(implications.closure, pairs(&[("ink.pens", "ink.pens.readonly")]));
    }

    #[test]
    fn a_refused_pair_that_holds_through_an_alias_is_an_error() {
        let methods = [method(&["ink", "ink.pens"]), method(&["ink"])];
        let facts = Facts {
            refused: pairs(&[("ink", "quills")]),
            aliases: pairs(&[("quills", "ink.pens")]),
            ..Facts::default()
        };
        assert!(Implications::new(&methods, &facts).is_err());
    }

    #[test]
    fn an_alias_is_written_once_and_before_what_is_covered() {
        let methods = [method(&["ink", "ink.pens", "ink.readonly"]), method(&["ink"])];
        let aliases = pairs(&[("ink", "ink.pens"), ("ink", "tinte")]);
        let facts = Facts { aliases, ..Facts::default() };
        let implications = Implications::new(&methods, &facts).unwrap();
        assert_eq!(
            implications.column(&name::full("ink")),
            ["=ink.pens", "=tinte", "ink.readonly"]
        );
        assert_eq!(implications.column(&name::full("tinte")), ["=ink"]);
    }
}
