//! Google's web-server flow as data.
//!
//! Facts from Google's "Using OAuth 2.0 for Web Server Applications" and its OpenID Connect
//! discovery document.

use url::Url;

use super::basics::Basics;
use super::credentials::{ClientCredentials, ClientKind};
use super::differences::{
    AbsentScope, AccountChoice, Algorithm, ClientAuthentication, Identification, Increment,
    OfflineAccess, OtherIssuers, RevocationAuthentication,
};
use super::profile::GOOGLE;
use super::profile::{Apis, Provider};

/// APIs whose root address is the shared host.
const OLDER_APIS: [&str; 12] = [
    "adsense",
    "analytics",
    "blogger",
    "books",
    "calendar",
    "customsearch",
    "drive",
    "fitness",
    "oauth2",
    "tasks",
    "webmasters",
    "youtube",
];

impl Provider {
    /// Google, with the client of `credentials`.
    pub fn google(credentials: ClientCredentials) -> Self {
        let mut parameters = vec![("access_type", "offline")];
        // Google refuses incremental authorization to installed clients.
        let increment = match credentials.kind() {
            ClientKind::Installed => Increment::Replaces,
            ClientKind::Web => Increment::Adds,
        };
        if increment == Increment::Adds {
            parameters.push(("include_granted_scopes", "true"));
        }
        let mut google = Self {
            other_issuers: OtherIssuers::Aliases(&["accounts.google.com"]),
            catalogued: true,
            absent_scope: AbsentScope::ProtocolError,
            increment,
            client_authentication: ClientAuthentication::Post,
            revocation_authentication: RevocationAuthentication::TokenAlone,
            offline_access: OfflineAccess::AsAsked,
            account_choice: AccountChoice::Chooser,
            hosted_domains: true,
            parameters,
            ..basics(credentials).by_the_book()
        };
        // Its ID tokens tell what the scopes allow: no userinfo is asked.
        google.endpoints.revocation = Some(fixed("https://oauth2.googleapis.com/revoke"));
        google
    }
}

fn basics(credentials: ClientCredentials) -> Basics {
    Basics {
        key: "google".into(),
        name: "Google".into(),
        issuer: GOOGLE.into(),
        authorization: fixed("https://accounts.google.com/o/oauth2/v2/auth"),
        token: fixed("https://oauth2.googleapis.com/token"),
        identification: Identification::IdToken {
            jwks: fixed("https://www.googleapis.com/oauth2/v3/certs"),
            algorithms: &[Algorithm::Rs256],
        },
        apis: Apis::Domain {
            domain: "googleapis.com",
            shared: "www.googleapis.com",
            older: &OLDER_APIS,
        },
        credentials,
    }
}

/// An address that is written above; the tests below read every one of them.
fn fixed(text: &'static str) -> Url {
    Url::parse(text).unwrap_or_else(|_| unreachable!("{text} is an address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn google() -> Provider {
        Provider::google(ClientCredentials::new("id", "secret"))
    }

    /// Invariant 1: a token goes to the provider's hosts, over https, and nowhere else.
    #[test]
    fn only_googles_api_hosts_may_see_a_token() {
        let cases = [
            ("https://www.googleapis.com/drive/v3/files", true),
            ("https://gmail.googleapis.com/gmail/v1/users/me", true),
            ("https://a.b.googleapis.com/", true),
            ("http://www.googleapis.com/", false),
            ("https://www.googleapis.com:8443/", false),
            ("https://googleapis.com/", false),
            ("https://evilgoogleapis.com/", false),
            ("https://www.googleapis.com.evil.example/", false),
            ("https://evil.example/www.googleapis.com", false),
            ("https://www.googleapis.com@evil.example/", false),
            ("https://accounts.google.com/", false),
        ];
        for (url, expected) in cases {
            let url = Url::parse(url).unwrap();
            assert_eq!(google().may_receive_token(&url), expected, "{url}");
        }
    }

    #[test]
    fn both_forms_of_the_issuer_are_one() {
        let google = google();
        for form in ["accounts.google.com", "https://accounts.google.com"] {
            assert_eq!(google.canonical_issuer(form), Some("https://accounts.google.com"));
        }
        for other in ["https://accounts.google.com/", "http://accounts.google.com", "", "evil"] {
            assert_eq!(google.canonical_issuer(other), None, "{other}");
        }
    }
}
