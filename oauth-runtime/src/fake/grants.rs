//! What each person has granted to the project.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::scopes::Scopes;

/// Google keeps one grant for an account and a project, whichever client asked.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Grants(BTreeMap<String, Grant>);

#[derive(Default, Serialize, Deserialize)]
struct Grant {
    scopes: Scopes,
    clients: BTreeSet<String>,
}

impl Grants {
    /// All that the account has granted, to any client.
    pub(crate) fn scopes(&self, subject: &str) -> Scopes {
        self.0.get(subject).map(|grant| grant.scopes.clone()).unwrap_or_default()
    }

    /// Adds `granted` and takes `withdrawn` away.
    pub(crate) fn record(&mut self, subject: &str, granted: &Scopes, withdrawn: &Scopes) {
        let grant = self.0.entry(subject.to_owned()).or_default();
        grant.scopes.retain(|scope| !withdrawn.contains(scope));
        grant.scopes.extend(granted.iter().cloned());
    }

    /// Notes that the client was let in; whether this was the first time.
    pub(crate) fn admit(&mut self, subject: &str, client_id: &str) -> bool {
        let grant = self.0.entry(subject.to_owned()).or_default();
        grant.clients.insert(client_id.to_owned())
    }

    /// Takes everything back, for all clients of the project.
    pub(crate) fn remove(&mut self, subject: &str) {
        self.0.remove(subject);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> Scopes {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn grants_add_up_until_they_are_withdrawn() {
        let mut grants = Grants::default();
        grants.record("1", &set(&["a", "b"]), &set(&[]));
        grants.record("1", &set(&["c"]), &set(&["a"]));
        assert_eq!(grants.scopes("1"), set(&["b", "c"]));
        assert_eq!(grants.scopes("2"), set(&[]));
        grants.remove("1");
        assert_eq!(grants.scopes("1"), set(&[]));
    }

    #[test]
    fn a_client_is_new_once_for_each_account_and_again_after_removal() {
        let mut grants = Grants::default();
        assert!(grants.admit("1", "x"));
        assert!(!grants.admit("1", "x"));
        assert!(grants.admit("2", "x"));
        grants.remove("1");
        assert!(grants.admit("1", "x"));
    }
}
