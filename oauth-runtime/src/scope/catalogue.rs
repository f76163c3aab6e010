//! The scopes that are known by name, as a table and as types.

use super::Scope;
use super::name::Sensitivity;
use super::requirement::{Covers, Declaration, Requirement};

/// One line of the table.
pub(super) struct Entry {
    /// The full name; the table is sorted by it.
    pub(super) name: &'static str,
    /// The name of its type.
    marker: &'static str,
    pub(super) sensitivity: Sensitivity,
    /// The indexes of all scopes that this one covers, other than itself.
    pub(super) covers: &'static [u16],
}

oauth_macros::__catalogue!();

const COUNT: usize = CATALOGUE.len();

static SCOPES: [Scope; COUNT] = {
    let mut scopes = [Scope::catalogue(0); COUNT];
    let mut index = 0;
    while (index as usize) < COUNT {
        scopes[index as usize] = Scope::catalogue(index);
        index += 1;
    }
    scopes
};

/// What each scope declares by itself. One table compiles in a third of the time that a
/// constant per type takes.
static DECLARATIONS: [Declaration; COUNT] = {
    let mut declarations = [Declaration::of_scope("", &[]); COUNT];
    let mut index = 0;
    while index < COUNT {
        let scopes = std::slice::from_ref(&SCOPES[index]);
        declarations[index] = Declaration::of_scope(CATALOGUE[index].marker, scopes);
        index += 1;
    }
    declarations
};

/// Why the first scope spoils the second for a token that holds both, if it does.
#[cfg(feature = "manifest")]
pub(crate) fn conflicts(scope: Scope, other: Scope) -> Option<&'static str> {
    let (scope, other) = (scope.index()?, other.index()?);
    let found = CONFLICTS.iter().find(|(one, spoilt, _)| *one == scope && spoilt.contains(&other));
    found.map(|(.., why)| *why)
}

/// What to do instead, if the provider has taken the scope of this full name out of use.
#[cfg(feature = "manifest")]
pub(crate) fn retired(name: &str) -> Option<&'static str> {
    RETIRED.iter().find(|(retired, _)| *retired == name).map(|(_, remedy)| *remedy)
}

/// The index of the scope of this full name.
pub(super) fn find(name: &str) -> Option<u16> {
    let place = CATALOGUE.binary_search_by(|entry| entry.name.cmp(name)).ok()?;
    u16::try_from(place).ok()
}
