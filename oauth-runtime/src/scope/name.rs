//! One scope.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::catalogue::{self, CATALOGUE};

/// What the full names of nearly all scopes of Google begin with.
const PREFIX: &str = "https://www.googleapis.com/auth/";

/// One scope that is known when the program is compiled.
///
/// Two are equal if their full names are, and sort by them.
///
/// ```
/// use oauth_runtime::{Scope, Sensitivity};
///
/// let scope = Scope::find("drive.file").unwrap();
/// assert_eq!(scope.name(), "https://www.googleapis.com/auth/drive.file");
/// assert_eq!(scope.sensitivity(), Sensitivity::NonSensitive);
/// ```
#[derive(Clone, Copy)]
pub struct Scope(Name);

#[derive(Clone, Copy)]
enum Name {
    /// An index of the table.
    Known(u16),
    /// The full name of a scope that is in no table.
    Verbatim(&'static str),
}

/// How closely the provider guards a scope, hence what an app must go through to use it.
///
/// ```
/// use oauth_runtime::{Scope, Sensitivity};
///
/// let scope = Scope::find("gmail.send").unwrap();
/// assert_eq!(scope.sensitivity(), Sensitivity::Sensitive);
/// assert_eq!(scope.sensitivity().as_str(), "sensitive");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sensitivity {
    /// Open to every app.
    NonSensitive,
    /// The app is verified first.
    Sensitive,
    /// The app is verified and its security assessed.
    Restricted,
    /// Not known; never to be shown as harmless.
    Unknown,
}

impl Sensitivity {
    /// As one word: `non-sensitive`, `sensitive`, `restricted`, `unknown`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NonSensitive => "non-sensitive",
            Self::Sensitive => "sensitive",
            Self::Restricted => "restricted",
            Self::Unknown => "unknown",
        }
    }
}

impl Scope {
    /// The scope of the table at this index. For the macros alone.
    #[doc(hidden)]
    pub const fn catalogue(index: u16) -> Self {
        assert!((index as usize) < CATALOGUE.len(), "both crates must be of one version");
        Self(Name::Known(index))
    }

    /// A scope that the table lacks. For the macros alone.
    #[doc(hidden)]
    pub const fn verbatim(name: &'static str) -> Self {
        Self(Name::Verbatim(name))
    }

    /// Finds a scope of the catalogue by its short or its full name.
    ///
    /// ```
    /// use oauth_runtime::Scope;
    ///
    /// let full = Scope::find("https://www.googleapis.com/auth/drive.file");
    /// assert_eq!(Scope::find("drive.file"), full);
    /// assert_eq!(Scope::find("drive.fil"), None);
    /// ```
    pub fn find(name: &str) -> Option<Self> {
        let index = catalogue::find(name).or_else(|| catalogue::find(&format!("{PREFIX}{name}")));
        index.map(|index| Self(Name::Known(index)))
    }

    /// The full name, as it goes over the wire.
    pub const fn name(&self) -> &'static str {
        match self.0 {
            Name::Known(index) => CATALOGUE[index as usize].name,
            Name::Verbatim(name) => name,
        }
    }

    /// The name without what nearly all of Google's have in common.
    pub fn short_name(&self) -> &'static str {
        short_name(self.name())
    }

    /// How closely the provider guards it.
    pub fn sensitivity(&self) -> Sensitivity {
        self.index().map_or(Sensitivity::Unknown, |index| CATALOGUE[usize::from(index)].sensitivity)
    }

    pub(super) const fn index(self) -> Option<u16> {
        match self.0 {
            Name::Known(index) => Some(index),
            Name::Verbatim(_) => None,
        }
    }
}

/// A full name without what nearly all of Google's have in common.
pub(crate) fn short_name(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Scope {}

impl Hash for Scope {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl Ord for Scope {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(other.name())
    }
}

impl PartialOrd for Scope {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({})", self.short_name())
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::CATALOGUE;
    use super::{Scope, Sensitivity};
    use std::collections::HashSet;

    #[test]
    fn a_scope_is_found_by_its_short_and_its_full_name() {
        for name in ["drive.file", "https://www.googleapis.com/auth/drive.file"] {
            let scope = Scope::find(name).unwrap();
            assert_eq!(scope.to_string(), "https://www.googleapis.com/auth/drive.file");
            assert_eq!(scope.short_name(), "drive.file");
        }
        for name in ["openid", "email", "profile", "https://mail.google.com/"] {
            assert_eq!(Scope::find(name).unwrap().name(), name);
        }
        for name in ["", "drive.fil", "Drive.file", "https://www.googleapis.com/auth/"] {
            assert_eq!(Scope::find(name), None);
        }
    }

    #[test]
    fn the_table_is_sorted_by_full_name() {
        assert!(CATALOGUE.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn scopes_of_one_name_are_the_same_scope() {
        let known = Scope::find("openid").unwrap();
        let verbatim = Scope::verbatim("openid");
        assert_eq!(known, verbatim);
        assert_eq!(known.cmp(&verbatim), std::cmp::Ordering::Equal);
        assert_eq!(HashSet::from([known, verbatim]).len(), 1);
        assert!(Scope::find("drive").unwrap() < Scope::find("drive.file").unwrap());
        assert!(Scope::verbatim("https://a.example/x") < Scope::find("drive").unwrap());
    }

    #[test]
    fn what_is_not_known_is_never_called_harmless() {
        let sensitivity = |name| Scope::find(name).unwrap().sensitivity();
        assert_eq!(sensitivity("drive.file"), Sensitivity::NonSensitive);
        assert_eq!(sensitivity("gmail.send"), Sensitivity::Sensitive);
        assert_eq!(sensitivity("drive"), Sensitivity::Restricted);
        assert_eq!(sensitivity("documents"), Sensitivity::Sensitive);
        assert_eq!(sensitivity("adexchange.buyer"), Sensitivity::Unknown);
        assert_eq!(Scope::verbatim("repo").sensitivity(), Sensitivity::Unknown);
    }
}
