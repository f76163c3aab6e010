//! Whether a scope that every method accepts in place of another also means more than it.
//!
//! Methods alone do not tell: two scopes that the same methods accept may open different records.
//! So a name has to agree, or a fact kept by hand. A doubt costs a question to the user; a
//! mistake would skip one, so every rule here errs towards the question.

use super::coverage::Coverage;
use super::{Facts, name};

/// Covers nearly everything to OAuth and by itself opens nothing: permissions decide elsewhere.
const CLOUD: [&str; 2] = ["cloud-platform", "cloud-platform.read-only"];

const READING: &[&str] = &["readonly", "read", "viewer", "view"];
const WRITING: &[&str] = &["writeonly", "write"];
/// They write, and are also part of what the scope is about: `gmail.send` and `gmail.insert`.
const ACTING: &[&str] = &["insertdata", "append", "send", "create", "insert", "upload"];
const EVERYTHING: &[&str] = &["readwrite", "full"];

/// They set apart which records are seen, or by whose authority, rather than what may be done.
const NARROWING: &[&str] = &[
    "file",
    "appdata",
    "appfolder",
    "photos",
    "scripts",
    "install",
    "apps",
    "activity",
    "meet",
    "app",
    "owned",
    "created",
    "me",
    "students",
    "student",
    "teacher",
    "self",
    "current",
    "currentonly",
    "addons",
    "bot",
    "import",
    "admin",
    "freebusy",
    "public",
    "other",
    "own",
    "monetary",
    "chromeos",
    "all",
    "message",
    "space",
    "query",
    "debug",
];

/// What becomes of a pair that all methods agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// By lineage and level of the names.
    Safe,
    /// By a fact kept by hand.
    Curated,
    /// Not, by a fact kept by hand.
    Refused,
    /// Not, for it is the cloud's scope that covers.
    Cloud,
    /// Not, for nothing shows it.
    Unproven,
}

impl Class {
    pub(super) fn implies(self) -> bool {
        matches!(self, Self::Safe | Self::Curated)
    }
}

/// Classifies one pair of `strict`.
pub(super) fn classify(wide: &str, narrow: &str, strict: &Coverage, facts: &Facts) -> Class {
    if facts.refused.holds(wide, narrow) {
        Class::Refused
    } else if facts.curated.holds(wide, narrow) {
        Class::Curated
    } else if CLOUD.contains(&name::short(wide)) {
        Class::Cloud
    } else if is_safe(name::short(wide), name::short(narrow), strict.holds(narrow, wide)) {
        Class::Safe
    } else {
        Class::Unproven
    }
}

/// Whether the narrow name is the wide one with more words or a lower level. Where the very same
/// methods accept both, only a lower level tells them apart.
fn is_safe(wide: &str, narrow: &str, same_methods: bool) -> bool {
    if narrow.contains("://") {
        return false;
    }
    let (wide, narrow) = (Reach::of(wide), Reach::of(narrow));
    let Some(further) = narrow.words.strip_prefix(wide.words.as_slice()) else { return false };
    let same_records = !further.iter().any(|word| NARROWING.contains(&word.as_str()));
    let enough = wide.level == Level::All || wide.level == narrow.level;
    let lower = further.is_empty() && wide.level != narrow.level;
    same_records && enough && (lower || !same_methods)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    All,
    Read,
    Write,
}

/// What a name says: how much may be done, and with what.
#[derive(Debug, PartialEq, Eq)]
struct Reach {
    level: Level,
    words: Vec<String>,
}

impl Reach {
    fn of(short: &str) -> Self {
        let name = unified(short);
        let mut words: Vec<String> = name
            .split(['.', '_', '/'])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        let last = words.last().filter(|_| words.len() > 1).map_or("", String::as_str);
        let (level, names_the_level) = match last {
            word if READING.contains(&word) => (Level::Read, true),
            word if EVERYTHING.contains(&word) => (Level::All, true),
            word if WRITING.contains(&word) => (Level::Write, true),
            word if ACTING.contains(&word) => (Level::Write, false),
            _ => (Level::All, false),
        };
        if names_the_level {
            words.pop();
        }
        Self { level, words }
    }
}

/// One spelling for each level that has several.
fn unified(short: &str) -> String {
    [
        ("read-only", "readonly"),
        ("read_only", "readonly"),
        ("read-write", "readwrite"),
        ("read_write", "readwrite"),
        ("full_control", "full"),
    ]
    .iter()
    .fold(short.to_owned(), |name, (spelling, word)| name.replace(spelling, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_level_in_its_last_word() {
        for (short, level, words) in [
            ("drive", Level::All, &["drive"][..]),
            ("drive.readonly", Level::Read, &["drive"]),
            ("drive.metadata.readonly", Level::Read, &["drive", "metadata"]),
            ("devstorage.read_only", Level::Read, &["devstorage"]),
            ("agentregistry.read-write", Level::All, &["agentregistry"]),
            ("devstorage.full_control", Level::All, &["devstorage"]),
            ("logging.write", Level::Write, &["logging"]),
            ("gmail.send", Level::Write, &["gmail", "send"]),
            ("a_b/c", Level::All, &["a", "b", "c"]),
            ("readonly.a", Level::All, &["readonly", "a"]),
            ("write", Level::All, &["write"]),
            ("readonly", Level::All, &["readonly"]),
            ("upload", Level::All, &["upload"]),
        ] {
            let words = words.iter().map(ToString::to_string).collect();
            assert_eq!(Reach::of(short), Reach { level, words }, "{short}");
        }
    }

    #[test]
    fn lineage_and_level_prove_what_methods_suggest() {
        for (wide, narrow, safe) in [
            ("ink", "ink.readonly", true),
            ("ink", "ink.pens", true),
            ("ink", "ink.pens.readonly", true),
            ("ink", "ink.write", true),
            ("ink.readonly", "ink.pens.readonly", true),
            ("ink.read_write", "ink.read_only", true),
            ("ink.readonly", "ink", false),
            ("ink.readonly", "ink.pens", false),
            ("ink.write", "ink.readonly", false),
            ("ink.write", "ink", false),
            ("ink.pens", "ink", false),
            ("ink.pens", "ink.caps", false),
            ("ink", "inkwell", false),
            ("ink", "paper", false),
            ("ink", "ink.file", false),
            ("ink", "ink.pens.owned.readonly", false),
            ("https://ink.example/", "ink", false),
            ("https://ink.example/", "https://ink.example/pens", false),
        ] {
            assert_eq!(is_safe(wide, narrow, false), safe, "{wide} over {narrow}");
        }
    }

    #[test]
    fn where_the_same_methods_accept_both_only_the_level_orders_them() {
        for (wide, narrow, safe) in [
            ("ink", "ink.readonly", true),
            ("ink", "ink.write", true),
            ("ink", "ink.pens", false),
            ("ink", "ink.pens.readonly", false),
            ("ink.full_control", "ink.read_write", false),
            ("ink.readonly", "ink.viewer", false),
        ] {
            assert_eq!(is_safe(wide, narrow, true), safe, "{wide} over {narrow}");
        }
    }

    #[test]
    fn a_fact_goes_before_the_names_and_the_cloud_covers_nothing() {
        let pair = |wide: &str, narrow: &str| [(name::full(wide), name::full(narrow))];
        let facts = Facts {
            curated: pair("ink", "paper").into_iter().collect(),
            refused: pair("ink", "ink.secret").into_iter().collect(),
            ..Facts::default()
        };
        for (wide, narrow, class) in [
            ("ink", "paper", Class::Curated),
            ("ink", "ink.secret", Class::Refused),
            ("ink", "ink.pens", Class::Safe),
            ("ink", "pens", Class::Unproven),
            ("cloud-platform", "ink", Class::Cloud),
            ("cloud-platform", "cloud-platform.read-only", Class::Cloud),
            ("cloud-platform.read-only", "ink.readonly", Class::Cloud),
        ] {
            let (wide, narrow) = (name::full(wide), name::full(narrow));
            let found = classify(&wide, &narrow, &Coverage::default(), &facts);
            assert_eq!(found, class, "{wide} over {narrow}");
        }
    }
}
