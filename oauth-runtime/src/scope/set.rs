//! A set of scopes: a bit for each known one, a sorted list for the others.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Scope;
use super::catalogue::{self, CATALOGUE};

const WORDS: usize = CATALOGUE.len().div_ceil(64);

/// A set of scopes: what is required, requested, granted or missing.
///
/// Names are full names, compared letter by letter. The set knows nothing of one scope covering
/// another until [`closure`](Self::closure) folds that in.
///
/// ```
/// use oauth_runtime::{Scope, ScopeSet};
///
/// let granted = ScopeSet::parse("openid https://www.googleapis.com/auth/drive").closure();
/// let required = [Scope::find("drive.readonly").unwrap(), Scope::find("calendar").unwrap()];
/// let missing = granted.missing(&required);
/// assert_eq!(missing.to_string(), "https://www.googleapis.com/auth/calendar");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ScopeSet {
    /// The scopes of the catalogue, by index.
    known: [u64; WORDS],
    /// The names outside it: sorted, none twice, none empty, none with white space.
    others: Vec<Box<str>>,
}

impl ScopeSet {
    /// Reads a `scope` value as a provider sends it: names in any order, apart by white space,
    /// some perhaps twice ([RFC 6749, section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)).
    pub fn parse(text: &str) -> Self {
        text.split_ascii_whitespace().collect()
    }

    /// Adds a scope.
    pub fn insert(&mut self, scope: Scope) {
        match scope.index() {
            Some(index) => self.insert_index(index),
            None => self.insert_name(scope.name()),
        }
    }

    /// Adds a scope by its full name. White space parts names, as in [`parse`](Self::parse).
    pub fn insert_name(&mut self, name: &str) {
        for name in name.split_ascii_whitespace() {
            match catalogue::find(name) {
                Some(index) => self.insert_index(index),
                None => self.insert_other(name),
            }
        }
    }

    fn insert_index(&mut self, index: u16) {
        if let Some(word) = self.known.get_mut(usize::from(index / 64)) {
            *word |= 1 << (index % 64);
        }
    }

    fn insert_other(&mut self, name: &str) {
        if let Err(place) = self.search(name) {
            self.others.insert(place, name.into());
        }
    }

    fn search(&self, name: &str) -> Result<usize, usize> {
        self.others.binary_search_by(|other| (**other).cmp(name))
    }

    /// Whether the scope itself is in the set.
    #[inline]
    pub fn contains(&self, scope: Scope) -> bool {
        match scope.index() {
            Some(index) => self.contains_index(index),
            None => self.contains_name(scope.name()),
        }
    }

    #[inline]
    fn contains_index(&self, index: u16) -> bool {
        self.known.get(usize::from(index / 64)).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Whether the scope of this full name is in the set.
    pub fn contains_name(&self, name: &str) -> bool {
        match catalogue::find(name) {
            Some(index) => self.contains_index(index),
            None => self.search(name).is_ok(),
        }
    }

    /// Whether the set holds no scope.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of scopes.
    pub fn len(&self) -> usize {
        self.names().count()
    }

    /// The scopes of both sets.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.names().chain(other.names()).collect()
    }

    /// The scopes of this set that are not in the other, whatever covers them there.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.names().filter(|name| !other.contains_name(name)).collect()
    }

    /// The full names: of known scopes in the order of the catalogue, then the others sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let known = self.indexes().map(|index| CATALOGUE[usize::from(index)].name);
        known.chain(self.others.iter().map(|name| &**name))
    }

    fn indexes(&self) -> impl Iterator<Item = u16> {
        (0..).take(CATALOGUE.len()).filter(|index| self.contains_index(*index))
    }

    /// The set with all that its scopes cover, and their other names.
    #[must_use]
    pub fn closure(&self) -> Self {
        let mut closure = self.clone();
        let covered = self.indexes().flat_map(|index| CATALOGUE[usize::from(index)].covers);
        covered.for_each(|index| closure.insert_index(*index));
        closure
    }

    /// The required scopes that are not in this set, which is a [`closure`](Self::closure).
    #[must_use]
    pub fn missing(&self, required: &[Scope]) -> Self {
        required.iter().copied().filter(|scope| !self.contains(*scope)).collect()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Self::default();
        scopes.into_iter().for_each(|scope| set.insert(scope));
        set
    }
}

impl<'a> FromIterator<&'a str> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut set = Self::default();
        names.into_iter().for_each(|name| set.insert_name(name));
        set
    }
}

/// The names with a space between, as the wire wants them.
impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.names().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{name}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// As the list of full names: indexes change from one catalogue to the next.
impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.names().collect::<Vec<_>>().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names.iter().map(String::as_str).collect())
    }
}
