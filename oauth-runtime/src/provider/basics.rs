//! The provider that every other one is described against.

use url::Url;

use super::credentials::ClientCredentials;
use super::differences::{
    AbsentScope, AccountChoice, BRIEF, ClientAuthentication, Identification, Increment,
    IssParameter, OfflineAccess, OtherIssuers, RevocationAuthentication, ScopeNames, Text,
};
use super::profile::{Apis, Endpoints, Provider};
use super::refusals::of_all;

/// What every provider has.
pub(super) struct Basics {
    pub(super) key: Text,
    pub(super) name: Text,
    pub(super) issuer: Text,
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) identification: Identification,
    pub(super) apis: Apis,
    pub(super) credentials: ClientCredentials,
}

impl Basics {
    /// A provider that does what the standards say, and no more.
    pub(super) fn by_the_book(self) -> Provider {
        let Self { key, name, issuer, authorization, token, identification, apis, credentials } =
            self;
        Provider {
            key,
            name,
            issuer,
            other_issuers: OtherIssuers::Aliases(&[]),
            endpoints: Endpoints { authorization, token, revocation: None, userinfo: None },
            identification,
            catalogued: false,
            scope_names: ScopeNames::default(),
            absent_scope: AbsentScope::AsRequested,
            unstated_lifetime: BRIEF,
            increment: Increment::Replaces,
            iss_parameter: IssParameter::Optional,
            client_authentication: ClientAuthentication::Basic,
            revocation_authentication: RevocationAuthentication::Client,
            offline_access: OfflineAccess::WithConsent,
            account_choice: AccountChoice::SignIn,
            hosted_domains: false,
            verified_emails: true,
            base_scopes: vec!["openid".into(), "email".into()],
            parameters: Vec::new(),
            apis,
            refusals: of_all(),
            credentials,
        }
    }
}
