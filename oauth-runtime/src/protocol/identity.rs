//! Whom a provider vouches for.

use super::AccountId;

/// Whom a sign-in proves, as the provider names them.
///
/// Only issuer and subject together name an account for good; all else is for display and may
/// change, or change hands.
///
/// ```
/// use oauth_runtime::Identity;
///
/// /// What to write down of somebody, and under what.
/// fn record(identity: &Identity) -> (String, Option<&str>) {
///     let key = format!("{}#{}", identity.issuer(), identity.subject());
///     (key, identity.email().filter(|_| identity.email_verified()))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The issuer is in its canonical form.
    pub(crate) id: AccountId,
    pub(crate) email: Option<Box<str>>,
    pub(crate) email_verified: bool,
    pub(crate) name: Option<Box<str>>,
    pub(crate) picture: Option<Box<str>>,
    pub(crate) hosted_domain: Option<Box<str>>,
}

impl Identity {
    /// Whom a provider names and says no more of.
    pub(crate) fn bare(id: AccountId) -> Self {
        Self {
            id,
            email: None,
            email_verified: false,
            name: None,
            picture: None,
            hosted_domain: None,
        }
    }

    /// The issuer, in its canonical form (`iss`, OpenID Connect Core §2).
    pub fn issuer(&self) -> &str {
        self.id.issuer()
    }

    /// The subject (`sub`), unique at its issuer only.
    pub fn subject(&self) -> &str {
        self.id.subject()
    }

    /// The e-mail address, if the sign-in asked for it. It may change hands.
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Whether the provider says that it verified the address.
    pub fn email_verified(&self) -> bool {
        self.email_verified
    }

    /// The name, if the sign-in asked for `profile`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address of a picture, if the sign-in asked for `profile`.
    pub fn picture(&self) -> Option<&str> {
        self.picture.as_deref()
    }

    /// The domain of the organization that manages the account at Google (`hd`). The domain of
    /// the e-mail address says nothing about that.
    pub fn hosted_domain(&self) -> Option<&str> {
        self.hosted_domain.as_deref()
    }

    /// How the account is named to its owner.
    pub(crate) fn label(&self) -> &str {
        self.email().or(self.name()).unwrap_or(self.subject())
    }
}
