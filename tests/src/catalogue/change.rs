//! What a new catalogue adds to the present one, and takes away.

use std::collections::BTreeMap;
use std::fmt;

/// The difference between two texts of `scopes.txt`, scope by scope.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    added: Vec<String>,
    removed: Vec<String>,
    /// Lines before and after.
    altered: Vec<(String, String)>,
    /// Whether comments or the order of the lines differ.
    elsewhere: bool,
}

impl Change {
    /// Compares what is there with what is to be there.
    pub fn between(present: &str, new: &str) -> Self {
        let (before, after) = (lines(present), lines(new));
        let only_in = |one: &BTreeMap<&str, &str>, other: &BTreeMap<&str, &str>| {
            let missing = one.keys().filter(|name| !other.contains_key(*name));
            missing.map(ToString::to_string).collect::<Vec<_>>()
        };
        let both = before.iter().filter_map(|(name, line)| Some((*line, *after.get(name)?)));
        let altered = both.filter(|(old, new)| old != new);
        Self {
            added: only_in(&after, &before),
            removed: only_in(&before, &after),
            altered: altered.map(|(old, new)| (old.to_owned(), new.to_owned())).collect(),
            elsewhere: present != new && before == after,
        }
    }

    /// Whether the texts are the same, byte for byte.
    pub fn is_empty(&self) -> bool {
        let Self { added, removed, altered, elsewhere } = self;
        added.is_empty() && removed.is_empty() && altered.is_empty() && !elsewhere
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { added, removed, altered, elsewhere } = self;
        if self.is_empty() {
            return writeln!(f, "no change");
        }
        if *elsewhere {
            return writeln!(f, "no scope changes: comments or the order of the lines do");
        }
        let (adds, removes) = (added.len(), removed.len());
        writeln!(f, "scopes: {adds} added, {removes} removed, {} altered", altered.len())?;
        added.iter().try_for_each(|name| writeln!(f, "  added    {name}"))?;
        removed.iter().try_for_each(|name| writeln!(f, "  removed  {name}"))?;
        altered.iter().try_for_each(|(old, new)| writeln!(f, "  before   {old}\n  after    {new}"))
    }
}

/// The lines of scopes, by name.
fn lines(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| (line.split('\t').next().unwrap_or(line), line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_that_came_went_and_changed_are_told_apart() {
        let present = "# x\na\tunknown\t-\t-\nb\tunknown\t-\t-\n";
        let new = "# y\nb\tsensitive\t-\t-\nc\tunknown\t-\t-\n";
        assert_eq!(
            Change::between(present, new).to_string(),
            "scopes: 1 added, 1 removed, 1 altered\n  added    c\n  removed  a\n  \
             before   b\tunknown\t-\t-\n  after    b\tsensitive\t-\t-\n"
        );
    }

    #[test]
    fn only_equal_texts_are_no_change() {
        for (present, new, same) in [
            ("# x\na\n", "# x\na\n", true),
            ("# x\na\n", "# y\na\n", false),
            ("a\nb\n", "b\na\n", false),
            ("a\nb", "a\nb\n", false),
        ] {
            assert_eq!(Change::between(present, new).is_empty(), same, "{present:?} {new:?}");
        }
    }
}
