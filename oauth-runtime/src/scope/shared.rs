//! Sets that many rows have in common, kept once.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::ScopeSet;

/// So many different sets are shared. An app asks for few; what a provider makes up beyond that
/// is kept by each row for itself.
const SHARED: usize = 1_000;
/// A set with more names outside the catalogue is not shared, so that all of them are small.
const OTHERS: usize = 16;

static SETS: LazyLock<RwLock<HashSet<Arc<ScopeSet>>>> = LazyLock::new(RwLock::default);

/// A set of scopes in eight bytes, if others have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SharedScopes(Arc<ScopeSet>);

impl Deref for SharedScopes {
    type Target = ScopeSet;

    #[inline]
    fn deref(&self) -> &ScopeSet {
        &self.0
    }
}

impl Default for SharedScopes {
    fn default() -> Self {
        ScopeSet::default().into()
    }
}

impl From<ScopeSet> for SharedScopes {
    fn from(set: ScopeSet) -> Self {
        let known = SETS.read().unwrap_or_else(PoisonError::into_inner).get(&set).cloned();
        if let Some(known) = known {
            return Self(known);
        }
        let set = Arc::new(set);
        let mut sets = SETS.write().unwrap_or_else(PoisonError::into_inner);
        if sets.len() < SHARED && set.others.len() <= OTHERS {
            // Another thread may have been faster.
            let shared = sets.get(&set).cloned();
            return Self(shared.unwrap_or_else(|| {
                sets.insert(set.clone());
                set
            }));
        }
        Self(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &str) -> SharedScopes {
        ScopeSet::parse(names).into()
    }

    #[test]
    fn equal_sets_are_one_and_no_more_than_a_thousand_are_kept() {
        assert!(Arc::ptr_eq(&of("openid shared-a").0, &of("shared-a openid").0));
        assert_ne!(of("openid"), of("email"));
        let long = (0..=OTHERS).map(|number| format!("long-{number}")).collect::<Vec<_>>();
        assert!(!Arc::ptr_eq(&of(&long.join(" ")).0, &of(&long.join(" ")).0));
        for number in 0..2 * SHARED {
            assert_eq!(of(&format!("made-up-{number}")).to_string(), format!("made-up-{number}"));
        }
        assert_eq!(SETS.read().unwrap().len(), SHARED);
        assert!(Arc::ptr_eq(&of("openid shared-a").0, &of("openid shared-a").0), "as before");
    }
}
