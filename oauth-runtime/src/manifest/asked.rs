//! The scopes of an app, each with who asks for it.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::entry::ManifestEntry;
use crate::scope::{Scope, Sensitivity};

/// A scope that the app may ask for.
///
/// ```standalone_crate
/// # use oauth_runtime::{ClientCredentials, OAuth, Token, requires_scopes};
/// use oauth_runtime::Sensitivity;
///
/// #[requires_scopes("gmail.send", why = "send your invitations")]
/// async fn invite(token: Token) {}
///
/// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
/// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
/// #     .build()?;
/// let manifest = oauth.manifest();
/// let scope = manifest.scopes().iter().find(|one| one.short_name() == "gmail.send").unwrap();
/// assert_eq!(scope.sensitivity(), Sensitivity::Sensitive);
/// assert_eq!(scope.why(), ["send your invitations"]);
/// println!("{} for {:?}", scope.scope().name(), scope.asked_by());
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct ManifestScope {
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'static str>,
    #[serde(rename = "name")]
    scope: Scope,
    sensitivity: Sensitivity,
    /// Who asks for it, as `module::name`.
    asked_by: Vec<String>,
    /// The reasons that people are told.
    why: Vec<&'static str>,
}

impl ManifestScope {
    /// The key of the provider whose scope it is, if it is not the one that signs people in.
    pub fn provider(&self) -> Option<&str> {
        self.provider
    }

    /// The scope.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Its name without what nearly all of Google's have in common.
    pub fn short_name(&self) -> &str {
        self.scope.short_name()
    }

    /// How closely the provider guards it.
    pub fn sensitivity(&self) -> Sensitivity {
        self.sensitivity
    }

    /// Who asks for it, as `module::name`.
    pub fn asked_by(&self) -> &[String] {
        &self.asked_by
    }

    /// The reasons that people are told.
    pub fn why(&self) -> &[&'static str] {
        &self.why
    }
}

/// Every scope that a handler names, by provider and name.
pub(super) fn scopes_of(handlers: &[ManifestEntry]) -> Vec<ManifestScope> {
    let mut scopes = BTreeMap::new();
    for handler in handlers {
        for scope in handler.all_scopes() {
            let place = (handler.provider, scope);
            let entry = scopes.entry(place).or_insert_with(|| ManifestScope {
                provider: handler.provider,
                scope,
                sensitivity: scope.sensitivity(),
                asked_by: Vec::new(),
                why: Vec::new(),
            });
            entry.asked_by.push(handler.path());
            if let Some(why) = handler.why.filter(|why| !entry.why.contains(why)) {
                entry.why.push(why);
            }
        }
    }
    scopes.into_values().collect()
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Sensitivity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
