//! What sets one provider apart from another, without a branch in the flow.

use std::time::Duration;

use url::Url;

use super::credentials::ClientCredentials;
use super::differences::{
    AbsentScope, AccountChoice, Algorithm, ClientAuthentication, Identification, Increment,
    IssParameter, LASTING, OfflineAccess, OtherIssuers, RevocationAuthentication, ScopeNames, Text,
    is_guid,
};
#[cfg(feature = "fake")]
use super::redirect_uri::check_redirect_uri;
use super::refusals::ApiRefusal;
#[cfg(feature = "fake")]
use crate::error::{Code, Error};
use crate::scope::ScopeSet;

/// A provider and this app's client at it: issuer, endpoints, API hosts, and the points in
/// which providers differ.
///
/// ```
/// use oauth_runtime::{ClientCredentials, Provider};
/// let provider = Provider::google(ClientCredentials::new("client-id", "fake-secret"));
/// assert_eq!(provider.api_base("drive"), "https://www.googleapis.com");
/// assert_eq!(provider.api_base("gmail"), "https://gmail.googleapis.com");
/// ```
#[derive(Clone, Debug)]
pub struct Provider {
    pub(super) key: Text,
    pub(super) name: Text,
    pub(super) issuer: Text,
    pub(super) other_issuers: OtherIssuers,
    pub(super) endpoints: Endpoints,
    pub(super) identification: Identification,
    /// Whether its scopes are those of the catalogue; else every name is its own.
    pub(super) catalogued: bool,
    pub(super) scope_names: ScopeNames,
    pub(super) absent_scope: AbsentScope,
    /// How long an access token is taken to live whose response does not say.
    pub(super) unstated_lifetime: Duration,
    pub(super) increment: Increment,
    pub(super) iss_parameter: IssParameter,
    pub(super) client_authentication: ClientAuthentication,
    pub(super) revocation_authentication: RevocationAuthentication,
    pub(super) offline_access: OfflineAccess,
    pub(super) account_choice: AccountChoice,
    /// Whether its ID tokens name the organization of an account (Google's `hd`).
    pub(super) hosted_domains: bool,
    /// Whether its word that it verified an e-mail address counts.
    pub(super) verified_emails: bool,
    /// What every authorization asks for, unless the app says otherwise.
    pub(super) base_scopes: Vec<Text>,
    /// Sent with every authorization request.
    pub(super) parameters: Vec<(&'static str, &'static str)>,
    pub(super) apis: Apis,
    /// How its APIs say no; the first that fits counts.
    pub(super) refusals: Vec<ApiRefusal>,
    pub(super) credentials: ClientCredentials,
}

/// Where a provider answers.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    pub(super) authorization: Url,
    pub(super) token: Url,
    /// Where tokens are revoked, if the provider lets apps do that (RFC 7009).
    pub(super) revocation: Option<Url>,
    /// Where e-mail and name are, if they are not in the ID token.
    pub(super) userinfo: Option<Url>,
}

/// Where a provider's APIs are.
#[derive(Clone, Debug)]
pub(super) enum Apis {
    /// `https://{shared}` for the older ones, `https://{api}.{domain}` for the others; every
    /// host of the domain may see a token.
    Domain { domain: &'static str, shared: &'static str, older: &'static [&'static str] },
    /// All at one origin.
    Origin(Url),
}

/// The issuer that is Google.
pub(super) const GOOGLE: &str = "https://accounts.google.com";

impl Provider {
    /// The root address of an API by its name, without a slash at its end, as the API's
    /// discovery document states it.
    ///
    /// The app, the demo and the fake server share it, so that the same code reaches either.
    pub fn api_base(&self, api: &str) -> String {
        match &self.apis {
            Apis::Domain { shared, older, .. } if older.contains(&api) => {
                format!("https://{shared}")
            }
            Apis::Domain { domain, .. } => format!("https://{api}.{domain}"),
            Apis::Origin(origin) => origin.origin().ascii_serialization(),
        }
    }

    /// Whether a token of this provider may be sent there.
    pub(crate) fn may_receive_token(&self, url: &Url) -> bool {
        match &self.apis {
            Apis::Domain { domain, .. } => {
                let host = url.host_str().unwrap_or_default();
                let below = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
                url.scheme() == "https" && url.port().is_none() && below
            }
            Apis::Origin(origin) => url.origin() == origin.origin(),
        }
    }

    /// The same provider with every endpoint and API at one origin on loopback, which is where
    /// a fake server stands in for it. The issuer stays.
    #[cfg(feature = "fake")]
    pub(crate) fn hosted_at(mut self, origin: &str) -> Result<Self, Error> {
        let origin = check_redirect_uri(origin)?;
        if origin.scheme() != "http" {
            return Err(Error::new(Code::ConfigOption, "a fake server listens on loopback alone"));
        }
        let moved = |url: &Url| {
            let mut moved = origin.clone();
            moved.set_path(url.path());
            moved
        };
        self.endpoints = Endpoints {
            authorization: moved(&self.endpoints.authorization),
            token: moved(&self.endpoints.token),
            revocation: self.endpoints.revocation.as_ref().map(moved),
            userinfo: self.endpoints.userinfo.as_ref().map(moved),
        };
        if let Identification::IdToken { jwks, .. } = &mut self.identification {
            *jwks = moved(jwks);
        }
        self.apis = Apis::Origin(origin);
        Ok(self)
    }

    /// The canonical issuer.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The name by which code refers to it, such as `google`.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The name by which people know it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The canonical form of an issuer that is this provider's.
    pub(crate) fn canonical_issuer<'a>(&'a self, issuer: &'a str) -> Option<&'a str> {
        match self.other_issuers {
            OtherIssuers::Aliases(aliases) => {
                let known = issuer == self.issuer || aliases.contains(&issuer);
                known.then_some(&self.issuer)
            }
            OtherIssuers::Tenants { except, .. } => {
                let tenant = self.tenant_of(issuer).filter(|tenant| Some(*tenant) != except);
                tenant.map(|_| issuer)
            }
        }
    }

    /// The tenant whose issuer this is, where the provider has one for each.
    pub(crate) fn tenant_of<'a>(&self, issuer: &'a str) -> Option<&'a str> {
        let OtherIssuers::Tenants { before, after, .. } = self.other_issuers else { return None };
        let tenant = issuer.strip_prefix(before)?.strip_suffix(after)?;
        is_guid(tenant).then_some(tenant)
    }

    pub(crate) fn authorization_endpoint(&self) -> &Url {
        &self.endpoints.authorization
    }

    pub(crate) fn token_endpoint(&self) -> &Url {
        &self.endpoints.token
    }

    pub(crate) fn identification(&self) -> &Identification {
        &self.identification
    }

    pub(crate) fn revocation_endpoint(&self) -> Option<&Url> {
        self.endpoints.revocation.as_ref()
    }

    pub(crate) fn userinfo_endpoint(&self) -> Option<&Url> {
        self.endpoints.userinfo.as_ref()
    }

    pub(crate) fn revocation_authentication(&self) -> RevocationAuthentication {
        self.revocation_authentication
    }

    pub(crate) fn is_catalogued(&self) -> bool {
        self.catalogued
    }

    /// Those of its ID tokens; none where it has no such tokens.
    pub(crate) fn algorithms(&self) -> &'static [Algorithm] {
        match &self.identification {
            Identification::IdToken { algorithms, .. } => algorithms,
            Identification::UserApi(_) => &[],
        }
    }

    /// The names in a `scope` of one of its answers, as handlers write them: apart by spaces,
    /// in the short form too, with those that the provider left out since others cover them.
    pub(crate) fn read_scope(&self, scope: &str) -> String {
        self.scope_names.read(scope)
    }

    pub(crate) fn vouches_for_emails(&self) -> bool {
        self.verified_emails
    }

    pub(crate) fn unstated_lifetime(&self) -> Duration {
        self.unstated_lifetime
    }

    /// Whether its access tokens live until they are revoked, so that none is ever refreshed.
    pub(crate) fn has_lasting_tokens(&self) -> bool {
        self.unstated_lifetime == LASTING
    }

    pub(crate) fn base_scopes(&self) -> impl Iterator<Item = &str> {
        self.base_scopes.iter().map(|name| &**name)
    }

    pub(crate) fn absent_scope(&self) -> AbsentScope {
        self.absent_scope
    }

    pub(crate) fn increment(&self) -> Increment {
        self.increment
    }

    pub(crate) fn iss_parameter(&self) -> IssParameter {
        self.iss_parameter
    }

    pub(crate) fn client_authentication(&self) -> ClientAuthentication {
        self.client_authentication
    }

    /// Whether a request for these scopes has to show the consent page to bring what it asks for.
    pub(crate) fn wants_consent_for(&self, scopes: &ScopeSet) -> bool {
        self.offline_access == OfflineAccess::WithConsent && scopes.contains_name("offline_access")
    }

    /// Whether it is Google, which alone has service accounts and sends security events.
    pub(crate) fn is_google(&self) -> bool {
        self.issuer == GOOGLE
    }

    pub(crate) fn has_hosted_domains(&self) -> bool {
        self.hosted_domains
    }

    pub(crate) fn account_choice(&self) -> AccountChoice {
        self.account_choice
    }

    pub(crate) fn parameters(&self) -> &[(&'static str, &'static str)] {
        &self.parameters
    }

    pub(crate) fn refusals(&self) -> &[ApiRefusal] {
        &self.refusals
    }

    pub(crate) fn credentials(&self) -> &ClientCredentials {
        &self.credentials
    }

    pub(crate) fn client_id(&self) -> &str {
        self.credentials.client_id()
    }
}
