//! Whom a provider vouches for.

/// Whom a sign-in proves, as the provider names them.
///
/// Only issuer and subject together name an account for good; all else is for display and may
/// change, or change hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// In its canonical form.
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    pub(crate) picture: Option<String>,
    pub(crate) hosted_domain: Option<String>,
}

impl Identity {
    /// The issuer, in its canonical form (`iss`, OpenID Connect Core §2).
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The subject (`sub`), unique at its issuer only.
    pub fn subject(&self) -> &str {
        &self.subject
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
        self.email().unwrap_or(&self.subject)
    }
}
