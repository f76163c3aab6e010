//! The extractor of the person.

use std::fmt;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::admitting::{Admitted, Extracting, signed_in, signed_in_or_not};
use super::state::HasOAuth;
use crate::error::Error;
use crate::oauth::SignedIn;
use crate::protocol::AccountId;
use crate::protocol::Identity;
use crate::scope::ScopeSet;
use crate::tokens::Consent;

/// The person who is signed in.
///
/// As an argument it asks whoever is not signed in to do so; `Option<User>` asks nothing.
/// Only [`account`](Self::account) names a person for good: e-mail and name are for display.
///
/// ```
/// use oauth_runtime::User;
///
/// async fn home(user: Option<User>) -> String {
///     match user {
///         Some(user) => format!("hello {}", user.name().unwrap_or("there")),
///         None => "hello stranger".to_owned(),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct User(SignedIn);

impl User {
    pub(super) fn new(who: SignedIn) -> Self {
        Self(who)
    }

    /// The account, issuer and subject together.
    pub fn account(&self) -> &AccountId {
        self.0.row().id()
    }

    /// The issuer, in its canonical form (`iss`, OpenID Connect Core §2).
    pub fn issuer(&self) -> &str {
        self.account().issuer()
    }

    /// The subject (`sub`), unique at its issuer only.
    pub fn subject(&self) -> &str {
        self.account().subject()
    }

    /// The e-mail address, if the sign-in asked for it. It may change hands.
    pub fn email(&self) -> Option<&str> {
        self.identity().email()
    }

    /// Whether the provider says that it verified the address.
    pub fn email_verified(&self) -> bool {
        self.identity().email_verified()
    }

    /// The name, if the sign-in asked for `profile`.
    pub fn name(&self) -> Option<&str> {
        self.identity().name()
    }

    /// The address of a picture, if the sign-in asked for `profile`.
    pub fn picture(&self) -> Option<&str> {
        self.identity().picture()
    }

    /// The domain of the organization that manages the account at Google (`hd`).
    pub fn hosted_domain(&self) -> Option<&str> {
        self.identity().hosted_domain()
    }

    /// All that the provider said of the person.
    pub fn identity(&self) -> &Identity {
        &self.0.row().identity
    }

    /// What the person said about each scope that was ever asked for, and when.
    ///
    /// ```
    /// use oauth_runtime::{Consent, User};
    ///
    /// async fn granted(user: User) -> String {
    ///     let since = |(name, consent)| match consent {
    ///         Consent::Granted(at) => Some(format!("{name} since {}\n", at.unix_seconds())),
    ///         _ => None,
    ///     };
    ///     user.consents().filter_map(since).collect()
    /// }
    /// ```
    pub fn consents(&self) -> impl Iterator<Item = (&str, Consent)> {
        self.0.row().consents.iter()
    }

    /// All scopes that the account granted, as the provider names them.
    pub fn scopes(&self) -> &ScopeSet {
        &self.0.row().granted
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("account", self.account()).finish_non_exhaustive()
    }
}

impl<S: HasOAuth + Sync> FromRequestParts<S> for User {
    type Rejection = Error;

    fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        Extracting::new(signed_in(state.oauth(), parts))
    }
}

impl<S: HasOAuth + Sync> OptionalFromRequestParts<S> for User {
    type Rejection = Error;

    fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> impl Future<Output = Result<Option<Self>, Error>> + Send {
        Extracting::new(signed_in_or_not(state.oauth(), parts))
    }
}

impl Admitted<SignedIn> for User {
    fn from_admitted(who: SignedIn) -> Self {
        Self(who)
    }
}

impl Admitted<Option<SignedIn>> for Option<User> {
    fn from_admitted(who: Option<SignedIn>) -> Self {
        who.map(User)
    }
}
