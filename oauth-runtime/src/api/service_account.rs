//! A service account: the app's own identity, beside its users.

use std::fmt;
use std::sync::Arc;

use crate::error::{Code, Error};
use crate::oauth::{Login, OAuth, SignedIn};
use crate::provider::ServiceAccountKey;
use crate::scope::{Requirement, ScopeSet};
use crate::tokens::{ProviderId, ServiceLogin, ServiceTokens};
use crate::web::{Asked, Grant, Purpose, Token};

/// A service account of Google's, made by [`OAuth::service_account`]: for the app's own data, or
/// for that of an organization which lets it act for its people.
///
/// Its tokens are kept until they end, and asked for once, however many need one at a time.
/// Clones share them: make it once, when the app starts.
///
/// ```no_run
/// use oauth_runtime::{Error, OAuth, ServiceAccountKey, Token, Covers, scope};
/// use serde_json::Value;
///
/// /// The same helper as for a user's token.
/// async fn files(token: &Token<impl Covers<scope::DriveReadonly>>) -> Result<Value, Error> {
///     let client = token.client();
///     client.get(&client.url("drive", "/drive/v3/files")).await
/// }
///
/// # async fn shown(oauth: OAuth) -> Result<(), Error> {
/// let robot = oauth.service_account(ServiceAccountKey::from_file("service_account.json")?)?;
/// let shared = files(&robot.token::<scope::DriveReadonly>().await?).await?;
///
/// // With domain-wide delegation: in the name of somebody of the organization.
/// let ada = robot.acting_as("ada@example.com");
/// let hers = files(&ada.token::<scope::DriveReadonly>().await?).await?;
/// # drop((shared, hers)); Ok(()) }
/// ```
#[derive(Clone)]
pub struct ServiceAccount {
    oauth: OAuth,
    provider: ProviderId,
    tokens: Arc<ServiceTokens>,
    subject: Option<Arc<str>>,
}

impl OAuth {
    /// A service account with this key. Nothing is sent yet.
    ///
    /// # Errors
    /// `config_option` if the app has no Google among its providers: service accounts are
    /// Google's.
    pub fn service_account(&self, key: ServiceAccountKey) -> Result<ServiceAccount, Error> {
        let provider = self.0.accounts.providers.google().ok_or_else(|| {
            Error::new(Code::ConfigOption, "service accounts are Google's")
                .with_help("add the provider: `.with_provider(Provider::google(credentials))`")
        })?;
        let tokens = Arc::new(ServiceTokens::new(key));
        Ok(ServiceAccount { oauth: self.clone(), provider, tokens, subject: None })
    }
}

impl ServiceAccount {
    /// The same account in the name of a person of the organization, by e-mail address.
    ///
    /// Its administrator has to allow it first, for the account's client id and each scope
    /// (domain-wide delegation). The tokens then see and change what is that person's.
    pub fn acting_as(&self, email: &str) -> Self {
        Self { subject: Some(email.into()), ..self.clone() }
    }

    /// The address of the account, with which files and calendars are shared.
    pub fn email(&self) -> &str {
        self.tokens.key().email()
    }

    /// A live token with the scopes that `R` requires, good for the same helpers as a user's.
    /// Scopes that `R` declares as optional are not asked for; of `any(…)` it is the first.
    ///
    /// Nobody can be asked for more: what an API refuses to this token is `service_account`, an
    /// error for the operator, and never a redirect.
    ///
    /// # Errors
    /// `service_account` if the key, the clock, a scope or the delegation is refused, each with
    /// what to do; `config_option` if `R` is another provider's; or that Google cannot be asked.
    pub async fn token<R: Requirement>(&self) -> Result<Token<R>, Error> {
        let (oauth, declaration) = (self.oauth.clone(), R::DECLARATION);
        if oauth.declared(declaration)? != self.provider {
            let name = declaration.name;
            let text = format!("the scopes of {name} are not Google's, as the service account is");
            return Err(Error::new(Code::ConfigOption, text)
                .with_help("declare scopes of Google's: `scope_set!(Name = \"…\")`"));
        }
        let scopes = declaration.whole(&ScopeSet::default()).missing;
        let at = (oauth.0.accounts.clone(), self.provider);
        let subject = self.subject.clone();
        let login = Arc::new(ServiceLogin::new(self.tokens.clone(), at, subject, scopes));
        let account = login.account().await?;
        let Some(tokens) = account.value.tokens.clone() else {
            return Err(Error::new(Code::Internal, "a service account's row has no token"));
        };
        let (key, provider) = (Default::default(), self.provider);
        let login = Login::Service(login);
        let signed_in = SignedIn { login, provider, owner: None, key, account };
        Ok(Token::from_grant(Grant {
            oauth,
            signed_in,
            tokens,
            purpose: Purpose::of(declaration),
            asked: Asked::nothing(),
        }))
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount")
            .field("email", &self.email())
            .field("acting_as", &self.subject)
            .finish_non_exhaustive()
    }
}
