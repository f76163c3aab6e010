//! Microsoft's identity platform (v2.0) as data.
//!
//! Facts from Microsoft's "OAuth 2.0 authorization code flow", "ID token claims" and "Scopes and
//! permissions in the Microsoft identity platform".

use url::Url;

use super::credentials::ClientCredentials;
use super::differences::{
    AccountChoice, Algorithm, ClientAuthentication, Increment, OfflineAccess, OtherIssuers,
    ScopeNames, is_guid,
};
use super::openid::secure;
use super::profile::{Apis, Provider};
use super::refusals::ApiRefusal;
use crate::error::{Code, Error};
use crate::shown;

const AUTHORITY: &str = "https://login.microsoftonline.com";
const BEFORE: &str = "https://login.microsoftonline.com/";
const AFTER: &str = "/v2.0";
/// The tenant of personal accounts.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const GRAPH: &str = "https://graph.microsoft.com/";

/// For want of a scope, of an administrator's consent, or of a right of the user.
const DENIED: [&str; 4] =
    ["ErrorAccessDenied", "Authorization_RequestDenied", "AccessDenied", "accessDenied"];

impl Provider {
    /// Microsoft, with the app registration of `credentials`. Its key is `microsoft`.
    ///
    /// `tenant` says whose accounts may sign in: the GUID of one organization, `organizations`
    /// for all of them, `consumers` for personal accounts, `common` for both. Where it stands for
    /// many, an account's [issuer](crate::AccountId::issuer) is that of its own tenant, and is
    /// checked against the tenant that the token names.
    ///
    /// Scopes are those of Microsoft Graph, short (`Mail.Read`) or in full
    /// (`https://graph.microsoft.com/Mail.Read`). Every authorization asks for
    /// `openid email profile offline_access`. An e-mail address never counts as verified: an
    /// administrator of any tenant can write any address into an account.
    ///
    /// ```
    /// use oauth_runtime::{ClientCredentials, Provider};
    /// let credentials = ClientCredentials::new("client-id", "fake-secret");
    /// let provider = Provider::microsoft("common", credentials)?;
    /// assert_eq!(provider.api_base("graph"), "https://graph.microsoft.com");
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `tenant` is none of these. A domain is not taken: ID tokens name the GUID.
    pub fn microsoft(tenant: &str, credentials: ClientCredentials) -> Result<Self, Error> {
        let (tenant, other_issuers) = tenants(tenant)?;
        let [authorize, token] =
            ["authorize", "token"].map(|name| format!("{AUTHORITY}/{tenant}/oauth2/v2.0/{name}"));
        let keys = format!("{AUTHORITY}/{tenant}/discovery/v2.0/keys");
        let (issuer, name) = (format!("{BEFORE}{tenant}{AFTER}"), "Microsoft");
        let plain =
            Self::openid("microsoft", name, &issuer, &authorize, &token, &keys, credentials)?
                .with_algorithms(&[Algorithm::Rs256])
                .with_base_scopes(["openid", "email", "profile", "offline_access"]);
        Ok(Self {
            other_issuers,
            scope_names: ScopeNames { commas: false, prefix: Some(GRAPH), covers: &[] },
            increment: Increment::Adds,
            client_authentication: ClientAuthentication::Post,
            offline_access: OfflineAccess::AsAsked,
            account_choice: AccountChoice::Chooser,
            verified_emails: false,
            apis: Apis::Origin(graph()?),
            ..plain.with_api_refusals(refusals())
        })
    }
}

/// The tenant as it stands in addresses, and whose issuers it stands for.
fn tenants(tenant: &str) -> Result<(&str, OtherIssuers), Error> {
    let all = |except| OtherIssuers::Tenants { before: BEFORE, after: AFTER, except };
    match tenant {
        "common" => Ok((tenant, all(None))),
        "organizations" => Ok((tenant, all(Some(PERSONAL)))),
        "consumers" => Ok((PERSONAL, OtherIssuers::Aliases(&[]))),
        guid if is_guid(guid) => Ok((guid, OtherIssuers::Aliases(&[]))),
        other => {
            let text = format!("the tenant {} is no GUID in lower case", shown::name(other));
            Err(Error::new(Code::ConfigOption, text).with_help(
                "give the directory (tenant) ID of the app registration, or `organizations`, \
                 `consumers` or `common`",
            ))
        }
    }
}

/// What Microsoft Graph says. The services behind it deny in one word what the app was not
/// granted and what the user may not do.
fn refusals() -> Vec<ApiRefusal> {
    const CODE: &str = "/error/code";
    const WORDS: &str = "/error/message";
    let missing = || ApiRefusal::missing_scope().with_status(403);
    vec![
        missing().with_member(CODE, ["ErrorInsufficientPermissionsInAccessToken"]),
        missing().with_words(WORDS, "Missing scope permissions on the request"),
        missing().with_words(WORDS, "PermissionScopeNotGranted"),
        ApiRefusal::denied().with_status(403).with_member(CODE, DENIED).with_help(
            "compare the scopes of the handler with what the documentation of the API \
                 wants, and whether an administrator has to consent to them",
        ),
    ]
}

fn graph() -> Result<Url, Error> {
    secure("API", GRAPH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "11111111-2222-4333-8444-555555555555";
    const THEIRS: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

    fn microsoft(tenant: &str) -> Result<Provider, Error> {
        Provider::microsoft(tenant, ClientCredentials::new("id", "fake-secret"))
    }

    fn issuer(tenant: &str) -> String {
        format!("https://login.microsoftonline.com/{tenant}/v2.0")
    }

    /// C4, C5: which tenants may sign in, each by the issuer of its own.
    #[test]
    fn each_tenant_is_an_issuer_of_its_own() {
        for (tenant, ours, theirs, personal) in [
            ("common", true, true, true),
            ("organizations", true, true, false),
            ("consumers", false, false, true),
            (OURS, true, false, false),
        ] {
            let provider = microsoft(tenant).unwrap();
            for (other, expected) in [(OURS, ours), (THEIRS, theirs), (PERSONAL, personal)] {
                let text = issuer(other);
                let found = provider.canonical_issuer(&text);
                assert_eq!(found, expected.then_some(&*text), "{tenant}: {other}");
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_tenant_is_none() {
        let provider = microsoft("common").unwrap();
        for bad in [
            issuer("common"),
            issuer(""),
            issuer(&OURS.to_uppercase().replace('1', "A")),
            issuer(&format!("{OURS}/x")),
            format!("{}/", issuer(OURS)),
            issuer(OURS).replace("https", "http"),
            issuer(OURS).replace("v2.0", "v1.0"),
            format!("https://evil.example/{OURS}/v2.0"),
            format!("https://sts.windows.net/{OURS}/"),
        ] {
            assert_eq!(provider.canonical_issuer(&bad), None, "{bad}");
        }
        for bad in ["contoso.onmicrosoft.com", "", "Common", "../x", "common/oauth2"] {
            assert_eq!(microsoft(bad).unwrap_err().code(), "config_option", "{bad}");
        }
    }

    #[test]
    fn both_forms_of_a_scope_are_one() {
        let read =
            microsoft("common").unwrap().read_scope("Mail.Read https://graph.microsoft.com/X.Y");
        for name in [
            "Mail.Read",
            "https://graph.microsoft.com/Mail.Read",
            "X.Y",
            "https://graph.microsoft.com/X.Y",
        ] {
            assert!(read.split(' ').any(|one| one == name), "{read}");
        }
    }
}
