//! The sample in `tests/data/catalogue`, and the real facts beside the file made of them.

use std::path::{Path, PathBuf};

use super::coverage::Coverage;
use super::{Catalogue, Discovery, Facts, Failure, name};

fn data(directory: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/catalogue").join(directory)
}

fn sample() -> Catalogue {
    let discovery = Discovery::load(&data("sample/documents")).unwrap();
    Catalogue::new(&discovery, &Facts::load(&data("sample/facts")).unwrap()).unwrap()
}

fn failure(directory: &str) -> Failure {
    Discovery::load(&data(directory)).unwrap_err()
}

#[test]
fn the_sample_becomes_the_expected_text() {
    let expected = include_str!("../../data/catalogue/sample/scopes.txt");
    assert_eq!(sample().to_string(), expected);
}

#[test]
fn the_sample_is_summed_up() {
    let Catalogue { figures, idle, .. } = sample();
    assert_eq!(
        figures.to_string(),
        "4 versions of APIs, 15 methods\n\
         17 scopes, 2 of them in no document; 2 aliases\n\
         28 pairs that all methods agree on: 6 safe, 1 curated, 2 refused, 8 the cloud's, 11 unproven\n\
         6 direct implications, 10 with those through others\n"
    );
    assert_eq!(idle, ["curated `ink` over `ink.caps` is not used: not all methods agree"]);
}

#[test]
fn a_wrong_directory_and_a_broken_document_are_named() {
    for (directory, expected) in
        [("nowhere", "cannot read "), ("sample/facts", "no discovery document in "), ("broken", "")]
    {
        let text = failure(directory).to_string();
        assert!(text.starts_with(expected) && text.contains(directory), "{text}");
    }
    assert!(
        matches!(failure("broken"), Failure::Malformed(path, _) if path.ends_with("ink.v1.json"))
    );
}

#[test]
fn the_catalogue_says_what_the_facts_say() {
    let facts = Facts::load(&data("google")).unwrap();
    let (mut aliases, mut implications) = (Coverage::default(), Coverage::default());
    let mut scopes = Vec::new();
    let catalogue = include_str!("../../../oauth-macros/src/scopes.txt");
    for line in catalogue.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = line.split('\t').collect();
        let scope = name::full(columns[0]);
        assert_eq!(columns[1], facts.sensitivity(&scope), "{line}");
        for covered in columns[3].split(' ').filter(|covered| *covered != "-") {
            match covered.strip_prefix('=') {
                Some(alias) => aliases.extend([(scope.clone(), name::full(alias))]),
                None => implications.extend([(scope.clone(), name::full(covered))]),
            }
        }
        scopes.push(scope);
    }
    assert!(facts.supplement.iter().all(|scope| scopes.contains(scope)));
    assert_eq!(aliases, facts.aliases.both_ways());
    let closure = implications.closure();
    assert!(facts.curated.pairs().all(|(wide, narrow)| closure.holds(wide, narrow)));
    assert!(!facts.refused.pairs().any(|(wide, narrow)| closure.holds(wide, narrow)));
}
