//! The facts kept by hand: what no discovery document says.
//!
//! Each is a text file of lines `HEAD: NAME NAME …`, where a `#` that begins a word begins a
//! comment. A head may stand on several lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::coverage::Coverage;
use super::{Failure, name};

const SENSITIVITIES: [&str; 3] = ["non-sensitive", "sensitive", "restricted"];

/// What people know about scopes, by full name.
#[derive(Debug, Default)]
pub struct Facts {
    /// Implications that the names do not show: used where the methods agree.
    pub(super) curated: Coverage,
    /// Implications that do not hold whatever methods and names say, also not through others.
    pub(super) refused: Coverage,
    /// Two names of one scope.
    pub(super) aliases: Coverage,
    /// Scopes that no document lists.
    pub(super) supplement: BTreeSet<String>,
    /// A name, or a beginning of names with `*`, and its sensitivity.
    pub(super) sensitivities: Vec<(String, String)>,
}

impl Facts {
    /// Reads `curated`, `refused`, `aliases`, `supplement` and `sensitivity`, each `.txt`.
    ///
    /// # Errors
    /// If a file cannot be read, a line is not understood, or two lines contradict each other.
    pub fn load(directory: &Path) -> Result<Self, Failure> {
        let read = |file: &str| entries(directory.join(file).with_extension("txt"));
        let facts = Self {
            curated: pairs(&read("curated")?).collect(),
            refused: pairs(&read("refused")?).collect(),
            aliases: pairs(&read("aliases")?).collect(),
            supplement: pairs(&read("supplement")?).map(|(_, scope)| scope).collect(),
            sensitivities: sensitivities(read("sensitivity")?)?,
        };
        facts.agree()?;
        Ok(facts)
    }

    /// The sensitivity of a scope, with `~` where the source is weak: that of its own line, else
    /// of the first beginning that fits.
    pub(super) fn sensitivity(&self, scope: &str) -> &str {
        let short = name::short(scope);
        let lines = || self.sensitivities.iter();
        let begins = |pattern: &str| {
            pattern.strip_suffix('*').is_some_and(|beginning| short.starts_with(beginning))
        };
        let own = lines().find(|(name, _)| name == short);
        let line = own.or_else(|| lines().find(|(pattern, _)| begins(pattern)));
        line.map_or("unknown", |(_, sensitivity)| sensitivity)
    }

    /// The scopes that have a line of their own on sensitivity.
    pub(super) fn rated(&self) -> impl Iterator<Item = String> {
        let names = self.sensitivities.iter().map(|(name, _)| name);
        names.filter(|name| !name.ends_with('*')).map(|name| name::full(name))
    }

    fn agree(&self) -> Result<(), Failure> {
        let both = self.curated.pairs().find(|(wide, narrow)| self.refused.holds(wide, narrow));
        match both {
            None => Ok(()),
            Some((wide, narrow)) => Err(Failure::Contradiction(format!(
                "`{wide}` over `{narrow}` is both curated and refused: remove one of the two"
            ))),
        }
    }
}

/// One line of a file of facts.
struct Entry {
    path: PathBuf,
    line: usize,
    head: String,
    names: Vec<String>,
}

impl Entry {
    fn read(path: &Path, line: usize, text: &str) -> Result<Self, Failure> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [head, names @ ..] if head.ends_with(':') && !names.is_empty() => Ok(Self {
                path: path.to_owned(),
                line,
                head: head.trim_end_matches(':').to_owned(),
                names: names.iter().map(ToString::to_string).collect(),
            }),
            _ => {
                let what = format!("expected `HEAD: NAME NAME …`, found `{}`", text.trim());
                Err(Failure::Fact(path.to_owned(), line, what))
            }
        }
    }
}

fn entries(path: PathBuf) -> Result<Vec<Entry>, Failure> {
    match fs::read_to_string(&path) {
        Ok(text) => parse(&path, &text),
        Err(error) => Err(Failure::Unreadable(path, error)),
    }
}

fn parse(path: &Path, text: &str) -> Result<Vec<Entry>, Failure> {
    let lines = text.lines().map(without_comment).zip(1..);
    let lines = lines.filter(|(text, _)| !text.trim().is_empty());
    lines.map(|(text, line)| Entry::read(path, line, text)).collect()
}

fn without_comment(line: &str) -> &str {
    match line.find(" #") {
        _ if line.starts_with('#') => "",
        Some(comment) => &line[..comment],
        None => line,
    }
}

/// The head with each of its names, all in full.
fn pairs(entries: &[Entry]) -> impl Iterator<Item = (String, String)> {
    entries.iter().flat_map(|entry| {
        entry.names.iter().map(|scope| (name::full(&entry.head), name::full(scope)))
    })
}

fn sensitivities(entries: Vec<Entry>) -> Result<Vec<(String, String)>, Failure> {
    let mut sensitivities: Vec<(String, String)> = Vec::new();
    for Entry { path, line, head, names } in entries {
        if !SENSITIVITIES.contains(&head.strip_suffix('~').unwrap_or(&head)) {
            let known = SENSITIVITIES.join(", ");
            let what = format!("expected one of {known}, perhaps with `~`, found `{head}`");
            return Err(Failure::Fact(path, line, what));
        }
        for name in names {
            if sensitivities.iter().any(|(known, _)| *known == name) {
                return Err(Failure::Fact(path, line, format!("`{name}` is already rated above")));
            }
            sensitivities.push((name, head.clone()));
        }
    }
    Ok(sensitivities)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Entry>, Failure> {
        parse(Path::new("facts.txt"), text)
    }

    #[test]
    fn a_line_is_a_head_and_names_and_comments_are_not_read() {
        let text = "# all: of this\n\nink: ink.pens openid # the pens\nhttps://a.example/: ink#1\n";
        let pairs: Vec<_> = pairs(&read(text).unwrap()).collect();
        let ink = name::full("ink");
        assert_eq!(
            pairs,
            [
                (ink.clone(), name::full("ink.pens")),
                (ink, "openid".to_owned()),
                ("https://a.example/".to_owned(), name::full("ink#1")),
            ]
        );
    }

    #[test]
    fn a_line_that_says_nothing_is_an_error_with_its_number() {
        for text in ["# ok\nink pens\n", "\nink:\n", "\nink:pens\n"] {
            let failure = read(text).err().unwrap().to_string();
            assert!(failure.starts_with("facts.txt:2: expected"), "{failure}");
        }
    }

    #[test]
    fn the_own_line_of_a_scope_goes_before_the_first_beginning_that_fits() {
        let text = "restricted: ink.red.*\nrestricted~: ink.*\nnon-sensitive: ink.red.dry openid\n";
        let sensitivities = sensitivities(read(text).unwrap()).unwrap();
        let facts = Facts { sensitivities, ..Facts::default() };
        for (name, expected) in [
            ("ink.red.wet", "restricted"),
            ("ink.blue", "restricted~"),
            ("ink.red.dry", "non-sensitive"),
            ("ink", "unknown"),
            ("openid", "non-sensitive"),
        ] {
            assert_eq!(facts.sensitivity(&name::full(name)), expected, "{name}");
        }
    }

    #[test]
    fn an_unknown_sensitivity_and_a_second_one_are_errors() {
        for (text, expected) in [
            ("harmless: ink\n", "facts.txt:1: expected one of non-sensitive, sensitive"),
            ("sensitive: ink\nrestricted: ink\n", "facts.txt:2: `ink` is already rated"),
        ] {
            let failure = sensitivities(read(text).unwrap()).unwrap_err().to_string();
            assert!(failure.starts_with(expected), "{failure}");
        }
    }

    #[test]
    fn a_pair_both_curated_and_refused_is_an_error() {
        let pair = || [("wide".to_owned(), "narrow".to_owned())].into_iter().collect();
        let facts = Facts { curated: pair(), refused: pair(), ..Facts::default() };
        assert!(facts.agree().unwrap_err().to_string().contains("both curated and refused"));
    }
}
