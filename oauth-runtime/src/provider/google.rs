//! Google's web-server flow as data.
//!
//! Facts from Google's "Using OAuth 2.0 for Web Server Applications" and its OpenID Connect
//! discovery document.

use std::time::Duration;

use url::Url;

use super::basics::Basics;
use super::credentials::{ClientCredentials, ClientKind};
use super::differences::{
    AbsentScope, AccountChoice, Algorithm, ClientAuthentication, Identification, Increment,
    OfflineAccess, OtherIssuers, RevocationAuthentication,
};
use super::profile::GOOGLE;
use super::profile::{Apis, Provider};
use super::refusals::ApiRefusal;

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

/// Reasons for a 403 that more scopes would turn into a yes.
const LACKS_SCOPE: &[&str] = &["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"];
/// The same where an API gives no such reason, but only words.
const LACKS_SCOPE_IN_WORDS: [&str; 3] = [
    "insufficient authentication scopes",
    "do not give access to all of the requested spaces",
    "Metadata scope does not support",
];
/// Too much at once.
const LIMITED: &[&str] = &[
    "rateLimitExceeded",
    "rateLimitExceededUnreg",
    "userRateLimitExceeded",
    "userRateLimitExceededUnreg",
    "RATE_LIMIT_EXCEEDED",
    "concurrentLimitExceeded",
    "servingLimitExceeded",
];
/// A quota of a day, or of what there may be.
const USED_UP: &[&str] = &[
    "quotaExceeded",
    "dailyLimitExceeded",
    "dailyLimitExceededUnreg",
    "limitExceeded",
    "sharingRateLimitExceeded",
    "variableTermLimitExceeded",
];
/// What the user may not do, or has no place for.
const USERS_OWN: &[&str] =
    &["insufficientFilePermissions", "notACalendarUser", "storageQuotaExceeded"];
/// After how long it is worth to ask whether a quota is there again.
const AN_HOUR: Duration = Duration::from_secs(3600);

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
            ..basics(credentials).by_the_book().with_api_refusals(refusals())
        };
        // Its ID tokens tell what the scopes allow: no userinfo is asked.
        google.endpoints.revocation = Some(fixed("https://oauth2.googleapis.com/revoke"));
        google
    }
}

/// What its APIs say: reasons in the newer shape of an error and in the older one, or words alone.
fn refusals() -> Vec<ApiRefusal> {
    const WORDS: &str = "/error/message";
    let mut known = lasting_limits();
    // Analytics says so of the user in the word that elsewhere is of the token.
    let no_right = ApiRefusal::forbidden().with_status(403).with_words(WORDS, "User does not have");
    known.extend(reasons(&no_right, LACKS_SCOPE));
    known.extend(reasons(&ApiRefusal::missing_scope().with_status(403), LACKS_SCOPE));
    known.extend(
        LACKS_SCOPE_IN_WORDS
            .map(|words| ApiRefusal::missing_scope().with_status(403).with_words(WORDS, words)),
    );
    let disabled = ApiRefusal::disabled()
        .with_status(403)
        .with_link("/error/details/*/metadata/activationUrl")
        .with_link("/error/details/*/links/*/url");
    known.extend(reasons(&disabled, &["SERVICE_DISABLED", "accessNotConfigured"]));
    known.extend(reasons(&ApiRefusal::rate_limited().with_status(403), LIMITED));
    known.extend(reasons(&ApiRefusal::admin_policy().with_status(403), &["domainPolicy"]));
    let unseen = ApiRefusal::forbidden().with_status(403).with_help(
        "with `drive.file` the app sees the files that it made and those that the user opened \
         with it: let the user pick the file",
    );
    known.extend(reasons(&unseen, &["appNotAuthorizedToFile"]));
    known.extend(reasons(&ApiRefusal::forbidden().with_status(403), USERS_OWN));
    let no_channel = ApiRefusal::forbidden()
        .with_status(401)
        .with_help("the user's account has no YouTube channel: the user makes one at youtube.com");
    known.extend(reasons(&no_channel, &["youtubeSignupRequired"]));
    known
}

/// The limits that hours lift, and no repetition.
fn lasting_limits() -> Vec<ApiRefusal> {
    let used_up = || ApiRefusal::rate_limited().with_wait(AN_HOUR);
    let mut known = reasons(&used_up().with_status(403), USED_UP).to_vec();
    for status in [403, 429] {
        let limit = "/error/details/*/metadata/quota_limit";
        known.push(used_up().with_status(status).with_words(limit, "PerDay"));
    }
    known
}

/// The same with one of these reasons, in either shape.
fn reasons(refusal: &ApiRefusal, reasons: &'static [&'static str]) -> [ApiRefusal; 2] {
    ["/error/details/*/reason", "/error/errors/*/reason"]
        .map(|path| refusal.clone().with_member(path, reasons.iter().copied()))
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
