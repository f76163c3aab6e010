//! The project as a whole: its manifests, its test modules, and words that have no place in it.

use std::path::Path;

use super::source::named;
use super::text::without_comments;
use super::words::tokens;
use super::{demand, read, root};

/// What belongs to the machine that a file was written on, or to work that is not done. They are
/// put together here so that this file does not hold them.
const MISPLACED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("/", "work/"),
    concat!("/", "tmp/"),
    concat!("/", "root/"),
    concat!("/", "Users/"),
    concat!("/", "home/"),
    concat!("C:", "\\Users"),
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("registry.", "npmjs"),
    concat!("pypi", ".org"),
    concat!("arti", "factory"),
    concat!("replace", "-with"),
];

/// The one place that a locked package may come from.
const REGISTRY: &str =
    concat!("source = \"registry+https://github.com/rust-lang/crates", ".io-index\"");

const NOT_OURS: &[&str] = &["target", ".git", "node_modules", ".venv"];

#[test]
fn nothing_names_a_machine_a_registry_or_unfinished_work() {
    let mut violations = Vec::new();
    visit(&root(), &mut |path, text| {
        violations
            .extend(misplaced(&text).into_iter().map(|found| format!("{}:{found}", named(path))));
    });
    demand("Finish the work, or write a path that holds on every machine.", &violations);
}

#[test]
fn every_locked_package_comes_from_the_public_registry() {
    demand("Lock it again without the mirror.", &foreign_sources(&read("Cargo.lock")));
}

#[test]
fn the_workspace_has_no_default_members() {
    let remedy = "Remove the key: it would make doc, test and bench pass over the libraries.";
    demand(remedy, &default_members(&read("Cargo.toml")));
}

#[test]
fn tests_behind_a_feature_are_in_modules_of_its_name() {
    let violations: Vec<_> = ["tests/src/lib.rs", "tests/tests/main.rs"]
        .into_iter()
        .flat_map(|path| misnamed_suites(path, &read(path)))
        .collect();
    demand(
        "Name the module like the feature: `cargo verify` picks the tests of a suite by it.",
        &violations,
    );
}

/// Every text file of the project. What is not text, or hidden from git, is not looked at.
fn visit(directory: &Path, look: &mut dyn FnMut(&Path, String)) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_symlink() || NOT_OURS.contains(&&*name) || is_ignored(&name) {
            continue;
        }
        if path.is_dir() {
            visit(&path, look);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            look(&path, text);
        }
    }
}

/// Files that .gitignore keeps out of the project.
fn is_ignored(name: &str) -> bool {
    name.starts_with("client_secret")
        || [".db", ".key", ".profraw"].iter().any(|end| name.ends_with(end))
}

fn misplaced(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let here = MISPLACED.iter().filter(|word| holds(line, word));
        found.extend(here.map(|word| format!("{}: `{word}`", number + 1)));
    }
    found
}

/// Whether the line holds the word on its own: not within a longer word, a longer path or a URL.
fn holds(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}');
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(part);
        let after =
            line[at + word.len()..].chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let open_end = word.ends_with('/');
        !before && (open_end || !after)
    })
}

fn foreign_sources(lock: &str) -> Vec<String> {
    let foreign = lock.lines().filter(|line| line.starts_with("source = ") && *line != REGISTRY);
    foreign.map(str::to_owned).collect()
}

fn default_members(manifest: &str) -> Vec<String> {
    let keys = manifest.lines().map(|line| line.split('=').next().unwrap_or_default().trim());
    keys.filter(|key| *key == "default-members").map(str::to_owned).collect()
}

/// Modules that stand under `#[cfg(feature = "x")]` and are not called `x`.
fn misnamed_suites(path: &str, text: &str) -> Vec<String> {
    let code = without_comments(text);
    let mut violations = Vec::new();
    let mut gate = None;
    for (line, code) in text.lines().zip(code.lines()) {
        let words: Vec<_> = tokens(code).iter().map(|token| token.text).collect();
        if line.contains("cfg(") {
            gate = line.split('"').nth(1);
        } else if let Some(at) = words.iter().position(|word| *word == "mod") {
            let module = words.get(at + 1).copied();
            if let Some(feature) = gate.take().filter(|feature| Some(*feature) != module) {
                violations.push(format!(
                    "{path}: `mod {}` under {feature:?}",
                    module.unwrap_or_default()
                ));
            }
        } else if !words.is_empty() && words[0] != "#" {
            gate = None;
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_have_no_place_are_found_alone_and_not_within_others() {
        for (line, count) in [
            (concat!("// TO", "DO: later"), 1),
            (concat!("path = \"/ho", "me/ada/x\""), 1),
            (concat!("cd /wo", "rk/main"), 1),
            (concat!("https://example.com/ho", "me/x"), 0),
            (concat!("https://mirror.example/arti", "factory/api"), 1),
            (concat!("MASTO", "DONTS"), 0),
            ("registry, home, work, temporary", 0),
            ("\"/homework\" \"/home\"", 0),
        ] {
            assert_eq!(misplaced(line).len(), count, "{line}");
        }
    }

    #[test]
    fn a_package_from_elsewhere_is_found() {
        assert!(foreign_sources(&format!("name = \"x\"\n{REGISTRY}\n")).is_empty());
        assert_eq!(
            foreign_sources("source = \"registry+https://mirror.example/index\"\n").len(),
            1
        );
        assert_eq!(foreign_sources("source = \"git+https://example.com/x#1\"\n").len(), 1);
    }

    #[test]
    fn default_members_are_found() {
        assert!(default_members("members = [\"a\"]\n# default-members = []\n").is_empty());
        assert_eq!(default_members("[workspace]\ndefault-members = [\"a\"]\n").len(), 1);
    }

    #[test]
    fn a_suite_in_a_module_of_another_name_is_found() {
        let text = "mod a;\n#[cfg(feature = \"browser\")]\nmod browser;\nmod b;\n";
        assert!(misnamed_suites("x.rs", text).is_empty());
        let text = "#[cfg(feature = \"browser\")]\n#[allow(x)]\npub mod pages;\n";
        assert_eq!(misnamed_suites("x.rs", text), ["x.rs: `mod pages` under \"browser\""]);
    }
}
