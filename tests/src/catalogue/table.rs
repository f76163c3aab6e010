//! The catalogue as `scopes.txt` holds it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::document::Method;
use super::implications::Implications;
use super::{Discovery, Facts, Failure, Figures, name};

const HEADER: &str = "\
# The scopes of Google, one a line, sorted by full name; the number of a line is the index of its scope.
# name <tab> sensitivity (~: weak source) <tab> API <tab> the scopes it covers directly (=: another name of the same)
# A name without :// follows https://www.googleapis.com/auth/, but for openid, email and profile.
# Written by the command `catalogue` of the tests crate: change its facts in tests/data/catalogue, not this file.
";

/// All scopes that are known. Its text is `scopes.txt`.
#[derive(Debug)]
pub struct Catalogue {
    rows: Vec<Row>,
    /// What it was made of.
    pub figures: Figures,
    /// Facts that have no effect on these documents, each as a sentence.
    pub idle: Vec<String>,
}

/// One scope, in the columns of the file.
#[derive(Debug)]
struct Row {
    name: String,
    sensitivity: String,
    api: String,
    covers: Vec<String>,
}

impl Catalogue {
    /// Puts together what the documents say and what is kept by hand.
    ///
    /// # Errors
    /// If a fact names a scope that nobody lists, two scopes get one type name, or a pair that
    /// is refused would hold through others.
    pub fn new(discovery: &Discovery, facts: &Facts) -> Result<Self, Failure> {
        let implications = Implications::new(&discovery.methods, facts)?;
        let scopes: BTreeSet<String> = discovery.scopes.union(&facts.supplement).cloned().collect();
        check_aliases(&implications, &scopes)?;
        check_type_names(&scopes)?;
        let homes = homes(&discovery.methods);
        let row = |scope: &String| Row {
            name: name::short(scope).to_owned(),
            sensitivity: facts.sensitivity(scope).to_owned(),
            api: homes.get(scope.as_str()).copied().unwrap_or("-").to_owned(),
            covers: implications.column(scope),
        };
        Ok(Self {
            rows: scopes.iter().map(row).collect(),
            figures: Figures::new(discovery, &scopes, &implications),
            idle: idle(implications.denied, discovery, &scopes, facts),
        })
    }
}

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, sensitivity, api, covers } = self;
        let covers = if covers.is_empty() { "-".to_owned() } else { covers.join(" ") };
        write!(f, "{name}\t{sensitivity}\t{api}\t{covers}")
    }
}

/// The API with the most methods that accept a scope; of several the first by name.
fn homes(methods: &[Method]) -> BTreeMap<&str, &str> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for method in methods {
        for scope in &method.scopes {
            *counts.entry(scope).or_default().entry(&method.api).or_default() += 1;
        }
    }
    counts.into_iter().filter_map(|(scope, counts)| Some((scope, most(counts)?))).collect()
}

fn most(counts: BTreeMap<&str, usize>) -> Option<&str> {
    // `max_by_key` takes the last of several.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(api, _)| api)
}

fn check_aliases(implications: &Implications, scopes: &BTreeSet<String>) -> Result<(), Failure> {
    let mut names = implications.aliases.pairs().map(|(name, _)| name);
    match names.find(|name| !scopes.contains(*name)) {
        None => Ok(()),
        Some(name) => Err(Failure::Contradiction(format!(
            "the alias `{}` is in no document: add it to the supplement",
            name::short(name)
        ))),
    }
}

/// Each scope is a type in `oauth_runtime::scope`.
fn check_type_names(scopes: &BTreeSet<String>) -> Result<(), Failure> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for scope in scopes.iter().map(|scope| name::short(scope)) {
        let type_name = name::type_name(scope);
        if !name::is_type_name(&type_name) {
            let what =
                format!("`{scope}` would be the type `{type_name}`, which Rust does not take");
            return Err(Failure::Contradiction(what));
        }
        if let Some(other) = taken.insert(type_name.clone(), scope) {
            let what = format!("`{other}` and `{scope}` would both be the type `{type_name}`");
            return Err(Failure::Contradiction(what));
        }
    }
    Ok(())
}

/// Facts about what does not exist, or is in the documents by now.
fn idle(
    denied: Vec<String>,
    discovery: &Discovery,
    scopes: &BTreeSet<String>,
    facts: &Facts,
) -> Vec<String> {
    let named = facts.rated().chain(
        facts.refused.pairs().flat_map(|(wide, narrow)| [wide.to_owned(), narrow.to_owned()]),
    );
    let unknown: BTreeSet<String> = named.filter(|scope| !scopes.contains(scope)).collect();
    let listed = facts.supplement.intersection(&discovery.scopes);
    let mut idle = denied;
    idle.extend(
        unknown.iter().map(|scope| {
            format!("`{}` is named by a fact and is in no document", name::short(scope))
        }),
    );
    idle.extend(listed.map(|scope| {
        format!("`{}` is in the documents: the supplement need not add it", name::short(scope))
    }));
    idle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|scope| name::full(scope)).collect()
    }

    #[test]
    fn the_home_of_a_scope_is_the_api_with_most_methods_and_then_the_first_by_name() {
        let method = |api: &str, scopes: &[&str]| Method {
            api: api.to_owned(),
            id: String::new(),
            scopes: scopes.iter().map(ToString::to_string).collect(),
        };
        let methods =
            [method("paper", &["a", "b"]), method("ink", &["a", "b"]), method("paper", &["a"])];
        assert_eq!(Vec::from_iter(homes(&methods)), [("a", "paper"), ("b", "ink")]);
    }

    #[test]
    fn names_that_make_no_type_or_the_same_one_are_errors() {
        for (scopes, expected) in [
            (
                &["ink.pens", "ink_pens"][..],
                "`ink.pens` and `ink_pens` would both be the type `InkPens`",
            ),
            (&["3d.print"], "`3d.print` would be the type `3dPrint`"),
        ] {
            let failure = check_type_names(&names(scopes)).unwrap_err().to_string();
            assert!(failure.starts_with(expected), "{failure}");
        }
        assert!(check_type_names(&names(&["ink.pens", "ink"])).is_ok());
    }

    #[test]
    fn an_alias_that_nobody_lists_is_an_error() {
        let aliases = [(name::full("ink"), name::full("tinte"))].into_iter().collect();
        let discovery = Discovery { scopes: names(&["ink"]), ..Discovery::default() };
        let mut facts = Facts { aliases, ..Facts::default() };
        let failure = Catalogue::new(&discovery, &facts).unwrap_err().to_string();
        assert!(failure.starts_with("the alias `tinte` is in no document"), "{failure}");
        facts.supplement = names(&["tinte"]);
        assert!(Catalogue::new(&discovery, &facts).is_ok());
    }

    #[test]
    fn facts_without_effect_are_named() {
        let discovery = Discovery { scopes: names(&["ink"]), ..Discovery::default() };
        let refused = [(name::full("ink"), name::full("inc"))].into_iter().collect();
        let facts = Facts { refused, supplement: names(&["ink"]), ..Facts::default() };
        assert_eq!(
            Catalogue::new(&discovery, &facts).unwrap().idle,
            [
                "`inc` is named by a fact and is in no document",
                "`ink` is in the documents: the supplement need not add it",
            ]
        );
    }
}
