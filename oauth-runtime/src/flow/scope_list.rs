//! Scopes as a sealed record holds them: short, and by name.

use serde::{Deserialize, Serialize};

use crate::scope::{ScopeSet, short_name};

/// Stands for what the names of nearly all of Google's scopes begin with. No scope begins with
/// it itself where it would matter: a name is only shortened if it can be written out again.
const MARK: char = '~';
const PREFIX: &str = "https://www.googleapis.com/auth/";

/// A set of scopes in a cookie or a link, where every byte counts. By name, since the indexes
/// of a catalogue change between versions.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ScopeList(String);

impl ScopeList {
    pub(crate) fn to_set(&self) -> ScopeSet {
        let mut set = ScopeSet::default();
        for name in self.0.split_ascii_whitespace() {
            match name.strip_prefix(MARK) {
                Some(short) => set.insert_name(&format!("{PREFIX}{short}")),
                None => set.insert_name(name),
            }
        }
        set
    }
}

impl From<&ScopeSet> for ScopeList {
    fn from(set: &ScopeSet) -> Self {
        let mut text = String::new();
        for name in set.names() {
            let short = short_name(name);
            if !text.is_empty() {
                text.push(' ');
            }
            if short.len() < name.len() {
                text.push(MARK);
            }
            text.push_str(short);
        }
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_short_and_names_the_same_scopes() {
        let names = "openid https://www.googleapis.com/auth/drive.file https://x.example/a repo";
        let set = ScopeSet::parse(names);
        let list = ScopeList::from(&set);
        assert_eq!(list.to_set(), set);
        assert!(list.0.contains("~drive.file") && !list.0.contains("googleapis"), "{}", list.0);
    }
}
