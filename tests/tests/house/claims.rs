//! What the documents say is shown by a test: each test that they name is there, and each attack
//! and fault that the project knows of has one.

use std::collections::BTreeSet;

use super::source::rust_files;
use super::{demand, read, root};

/// Documents with a table whose last column names tests.
const DOCUMENTS: [&str; 2] = ["oauth-runtime/src/docs/security.md", "docs/conformance.md"];
const TESTS: [&str; 3] = ["tests/tests", "tests/providers", "oauth-runtime/src"];

/// The cases by which tests are named, in groups: the return from the provider, code and nonce,
/// ID tokens and keys, scopes and accounts, sessions and cookies, targets, browsers, forms, the
/// provider's trouble, what is kept.
const CASES: [(&str, &[u8]); 10] = [
    ("A", &[1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 15]),
    ("B", &[1, 2, 3, 4, 5, 6, 8, 9, 11]),
    ("C", &[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 18, 19, 20]),
    ("D", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 18, 19, 20]),
    ("E", &[1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
    ("F", &[1, 3, 4, 5, 6, 7, 8]),
    ("G", &[1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14]),
    ("H", &[1, 2, 3, 5, 6, 7]),
    ("I", &[1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 17, 18, 19, 20, 22, 23, 25, 26]),
    ("J", &[1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 21, 22, 23, 24, 25, 26, 27]),
];

#[test]
fn every_test_that_a_document_names_is_there() {
    let there = tests();
    let mut violations = Vec::new();
    for document in DOCUMENTS {
        let names = named_tests(&read(document));
        assert!(names.len() > 20, "{document} names hardly a test");
        let missing = names.into_iter().filter(|name| !there.contains(name));
        violations.extend(missing.map(|name| format!("{document}: {name}")));
    }
    demand("Write the test, or name the one that there is.", &violations);
}

#[test]
fn every_case_is_named_by_a_test() {
    let named = named_cases();
    let mut violations = Vec::new();
    for (group, numbers) in CASES {
        let all = numbers.iter().map(|number| format!("{group}{number}"));
        violations.extend(all.filter(|case| !named.contains(case)));
    }
    demand("Name the case in the doc comment of the test that shows it.", &violations);
}

/// `module::test`, as the last column of a table has them.
fn named_tests(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let cells = rows.flat_map(|row| row.trim_end_matches(['|', ' ']).rsplit('|').take(2));
    let quoted = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let names = quoted.filter(|name| name.contains("::") && !name.contains(['(', ' ']));
    names.map(str::to_owned).collect()
}

/// Every test of the project, as `file::function`.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, text) in sources() {
        for (name, _) in functions(&text) {
            found.insert(format!("{path}::{name}"));
        }
    }
    found
}

/// The name of each file, or of its folder, with its text.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for folder in TESTS {
        for path in rust_files(&root().join(folder)) {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let folder = path.parent().unwrap().file_name().unwrap().to_string_lossy();
            let name = if stem == "mod" { folder.into_owned() } else { stem };
            sources.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    sources
}

/// Every function of a text, with the documentation above it.
fn functions(text: &str) -> Vec<(String, String)> {
    let (mut found, mut docs) = (Vec::new(), String::new());
    for line in text.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            docs.push_str(doc);
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|(before, _)| is_head(before))
        {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            found.push((name.to_owned(), std::mem::take(&mut docs)));
        } else if !line.starts_with("#[") {
            docs.clear();
        }
    }
    found
}

fn is_head(before: &str) -> bool {
    let words = before.split_whitespace();
    words.into_iter().all(|word| word == "async" || word.starts_with("pub"))
}

fn named_cases() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in sources() {
        let modules = text.lines().filter_map(|line| line.strip_prefix("//!"));
        let documented: Vec<_> = functions(&text).into_iter().map(|(_, docs)| docs).collect();
        for docs in modules.chain(documented.iter().map(String::as_str)) {
            let words = docs.split(|sign: char| !sign.is_ascii_alphanumeric());
            found.extend(words.map(str::to_owned));
        }
    }
    found
}
