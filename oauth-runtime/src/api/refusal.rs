//! What an API means by an answer that is no success.

use std::fmt;

use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::said::Said;
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::provider::{ApiMeaning, ApiRefusal, Provider};
use crate::scope::Requirement;
use crate::web::{Grant, Token};

/// As much of a refusal is looked at, in bytes.
pub(super) const MAX_REFUSAL: usize = 64 * 1024;
/// As much of a path is named.
const PATH: usize = 200;

/// Whether an answer is a success (RFC 9110 §15.3). A redirect is none: nothing was done, and the
/// token does not go where the answer says.
pub(super) fn is_success(status: StatusCode) -> bool {
    status.is_success()
}

/// Whether another token may turn a refusal into a yes, which was asked for with this one.
pub(super) fn may_replace(grant: &Grant, error: &Error) -> bool {
    is_of_token(error) && grant.may_be_replaced(error.is_of_invalid_token())
}

/// Whether a refusal is one of the token.
pub(super) fn is_of_token(error: &Error) -> bool {
    let status = error.api_status();
    status == Some(StatusCode::UNAUTHORIZED) && error.kind() == Code::Api
}

/// A call of an API as it is told: its query is not.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a Url,
    /// The address was made by the API, and may be a capability: its path is not told either.
    pub(super) hides_path: bool,
}

/// An answer that is no success.
#[derive(Clone, Copy)]
pub(super) struct Refusal<'a> {
    /// `None` where the app made the call with a client of its own.
    pub(super) call: Option<Call<'a>>,
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

impl Error {
    /// What an API's answer means, for those who call it with an HTTP client of their own:
    /// `None` for a success, which is 2xx, else the error that [`ApiClient`](crate::ApiClient)
    /// would return.
    ///
    /// Returned from the handler that has the token, it is the right answer of that request:
    /// where a scope is missing, the user is asked for it and the request resumed. After a 401
    /// call [`Token::replaced`], and send once more what does no harm twice.
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use oauth_runtime::{Error, Token, requires_scopes};
    /// # async fn call(_: http::HeaderValue) -> (StatusCode, HeaderMap, Vec<u8>) {
    /// #     (StatusCode::OK, HeaderMap::new(), Vec::new())
    /// # }
    ///
    /// #[requires_scopes("drive.file", why = "keep your notes in your Drive")]
    /// async fn save(token: Token) -> Result<Vec<u8>, Error> {
    ///     let (status, headers, body) = call(token.authorization()).await; // a client of yours
    ///     match Error::from_api(&token, status, &headers, &body) {
    ///         Some(error) => Err(error),
    ///         None => Ok(body),
    ///     }
    /// }
    /// ```
    pub fn from_api<R: Requirement>(
        token: &Token<R>,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Self> {
        let refusal = Refusal { call: None, status, headers, body };
        let grant = token.grant();
        (!is_success(status)).then(|| grant.refused(refusal.of_grant(grant)))
    }
}

impl Refusal<'_> {
    /// The error that it is where the call was made with the token of a grant.
    pub(super) fn of_grant(&self, grant: &Grant) -> Error {
        let secret = grant.tokens.access.expose();
        self.error(grant.provider(), secret, grant.oauth.0.clock.now())
    }

    /// The same where the token, `secret`, is none of a grant.
    pub(super) fn error(&self, provider: &Provider, secret: &str, now: Timestamp) -> Error {
        let said = Said::new(self.status, self.headers, self.body, secret);
        let known = provider.refusals().iter().find(|refusal| said.is(refusal, provider));
        let error = match known {
            Some(refusal) => meant(refusal, &said),
            None => self.unknown(provider, &said),
        };
        let wait = said.wait(known, now).filter(|_| error.is_transient());
        let who: &dyn fmt::Display = self.call.as_ref().map_or(&"it", |call| call);
        let (status, words) = (self.status.as_u16(), said.words());
        let text = format!("{} ({who} answered {status}{words})", error.text());
        error.with_text(text).with_api_status(self.status).with_retry_after(wait)
    }

    /// What the status alone says.
    fn unknown(&self, provider: &Provider, said: &Said<'_>) -> Error {
        match self.status.as_u16() {
            304 => Error::new(Code::Api, "nothing has changed since what the request names")
                .with_help("`ApiRequest::accepting` this status makes it an answer"),
            300..=399 => self.moved(provider, said),
            401 => {
                let error = Error::new(Code::Api, "the API does not take the token");
                if said.names_invalid_token() { error.of_invalid_token() } else { error }
            }
            403 => Error::new(Code::ApiForbidden, "the API refuses the request"),
            408 | 500.. => Error::new(Code::ApiUnavailable, "the API fails for the moment"),
            _ => Error::new(Code::Api, "the API refuses the request"),
        }
    }

    fn moved(&self, provider: &Provider, said: &Said<'_>) -> Error {
        let asked = self.call.map(|call| call.url);
        let Some(target) = said.location(asked) else {
            return Error::new(Code::Api, "the API redirects the request, and does not say where");
        };
        let at_home = asked.is_some_and(|asked| asked.origin() == target.origin());
        let is_known = at_home || provider.may_receive_token(&target);
        let help = if is_known {
            "send the request to that address: a redirect is not followed with a token"
        } else {
            "the token does not go there: if the answer is what you want, let the request be \
             `ApiRequest::accepting` this status, and fetch its `Location` without the token"
        };
        // The path of a download that needs no token is as good as one.
        let place = Place { url: &target, hides_path: !is_known };
        let text = format!("the API redirects the request to {place}");
        Error::new(Code::Api, text).with_help(help)
    }
}

/// What a refusal means that the provider's data know.
fn meant(refusal: &ApiRefusal, said: &Said<'_>) -> Error {
    let (code, text) = match refusal.meaning {
        ApiMeaning::MissingScope => {
            (Code::ConsentRequired, "the API wants a scope that the token does not have")
        }
        ApiMeaning::RateLimited => (Code::ApiRateLimited, "the API got too many requests"),
        ApiMeaning::Disabled => {
            (Code::ApiDisabled, "the API is not enabled for the project of the app's client")
        }
        ApiMeaning::AdminPolicy => {
            (Code::AdminPolicy, "the administrator of the user's organization forbids the access")
        }
        ApiMeaning::Forbidden => (Code::ApiForbidden, "the user may not do this"),
        ApiMeaning::Denied => (
            Code::ApiForbidden,
            "the API denies the access: a scope is missing, or the user may not do this",
        ),
    };
    let error = Error::new(code, text);
    match help(refusal, said) {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// What is to be done about it: as the provider's data or the answer itself say.
fn help(refusal: &ApiRefusal, said: &Said<'_>) -> Option<String> {
    let link = said.link(&refusal.links);
    if let Some(help) = &refusal.help {
        return Some(link.map_or_else(|| help.to_string(), |link| format!("{help}: {link}")));
    }
    match (refusal.meaning, link) {
        (ApiMeaning::MissingScope, None) => {
            let scopes = said.scopes(refusal)?;
            Some(format!("let the handler declare what the API names: {scopes}"))
        }
        (ApiMeaning::Disabled, link) => {
            let place = link.map(|link| format!("at {link}"));
            let place = place.as_deref().unwrap_or("in the provider's console");
            Some(format!("enable it {place} and wait a few minutes"))
        }
        (ApiMeaning::AdminPolicy, None) => {
            Some("the administrator can allow the app in the organization's console".to_owned())
        }
        (_, link) => link.map(|link| format!("see {link}")),
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, Place { url: self.url, hides_path: self.hides_path })
    }
}

/// Host and path of an address, and nothing else of it: the rest may be a secret.
struct Place<'a> {
    url: &'a Url,
    hides_path: bool,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.host_str().unwrap_or("(no host)"))?;
        if let Some(port) = self.url.port() {
            write!(f, ":{port}")?;
        }
        let path = if self.hides_path { "/…" } else { self.url.path() };
        // The parser of addresses writes a path in ASCII.
        match path.get(..PATH) {
            Some(beginning) => write!(f, "{beginning}…"),
            None => f.write_str(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::provider::{ClientCredentials, UserApi};

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);
    const TOKEN: &str = "ya29.fake-token";

    fn credentials() -> ClientCredentials {
        ClientCredentials::new("id", "fake-secret")
    }

    fn google() -> Provider {
        Provider::google(credentials())
    }

    fn github() -> Provider {
        Provider::github(credentials()).unwrap()
    }

    fn graph() -> Provider {
        Provider::microsoft("common", credentials()).unwrap()
    }

    /// A provider of which nothing is known but its addresses.
    fn any() -> Provider {
        let at = |path: &str| format!("https://git.example.com/{path}");
        let urls = ["", "authorize", "token", "keys"].map(at);
        Provider::openid("git", "Git", &urls[0], &urls[1], &urls[2], &urls[3], credentials())
            .unwrap()
    }

    fn error_of(provider: &Provider, status: u16, headers: &[(&str, &str)], body: &str) -> Error {
        let pairs = headers.iter().map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        });
        let (headers, status) = (pairs.collect(), StatusCode::from_u16(status).unwrap());
        let (method, url) = (Method::GET, Url::parse("https://api.github.com/a/b?key=q").unwrap());
        let call = Some(Call { method: &method, url: &url, hides_path: false });
        let refusal = Refusal { call, status, headers: &headers, body: body.as_bytes() };
        let error = refusal.error(provider, TOKEN, NOW);
        assert_eq!(error.api_status(), Some(status));
        let text = format!("{error:?}");
        assert!(text.contains("GET api.github.com/a/b answered"), "{text}");
        assert!(!text.contains("key=q") && !text.contains("person"), "{text}");
        error
    }

    fn error(status: u16, challenge: Option<&str>, body: &str) -> Error {
        let challenge = challenge.map(|challenge| ("www-authenticate", challenge));
        error_of(&google(), status, challenge.as_slice(), body)
    }

    struct Row {
        /// The public report that the answer is from, or what is documented.
        report: &'static str,
        status: u16,
        headers: &'static [(&'static str, &'static str)],
        body: &'static str,
        code: &'static str,
        /// Parts of the text, and of the help.
        says: &'static str,
        help: &'static str,
        wait: Option<u64>,
    }

    const ROW: Row = Row {
        report: "",
        status: 403,
        headers: &[],
        body: "",
        code: "api_forbidden",
        says: "the API refuses the request",
        help: "",
        wait: None,
    };

    #[track_caller]
    fn check(provider: &Provider, rows: &[Row]) {
        for Row { report, status, headers, body, code, says, help, wait } in rows {
            let error = error_of(provider, *status, headers, body);
            let (text, shown) = (error.to_string(), error.help().unwrap_or_default());
            assert_eq!(error.code(), *code, "{report}: {error:?}");
            assert!(text.contains(says), "{report}: {text}");
            assert!(shown.contains(help), "{report}: {shown}");
            assert_eq!(error.retry_after(), wait.map(Duration::from_secs), "{report}");
        }
    }

    const WANTS: &str = "wants a scope that the token does not have";

    #[test]
    #[expect(clippy::too_many_lines, reason = "it is a table")]
    fn googles_refusals_are_understood() {
        check(
            &google(),
            &[
                Row {
                    report: "dust-tt/dust#29045",
                    body: r#"{"error":{"code":403,"message":"The user has not granted the app 123 write access to the file x.","errors":[{"message":"The user has not granted the app 123 write access to the file x.","domain":"global","reason":"appNotAuthorizedToFile"}]}}"#,
                    says: "the user may not do this (GET api.github.com/a/b answered 403 appNotAuthorizedToFile: \"The user has not",
                    help: "let the user pick the file",
                    ..ROW
                },
                Row {
                    report: "googleworkspace/java-samples#62: as the client library writes it",
                    body: r#"{"code":403,"errors":[{"domain":"global","message":"Insufficient Permission","reason":"insufficientPermissions"}],"message":"Insufficient Permission"}"#,
                    says: "refuses the request (GET api.github.com/a/b answered 403: \"Insufficient Permission\")",
                    ..ROW
                },
                Row {
                    report: "words alone",
                    body: r#"{"error":{"code":403,"message":"Request had insufficient authentication scopes.","status":"PERMISSION_DENIED"}}"#,
                    code: "consent_required",
                    says: WANTS,
                    ..ROW
                },
                Row {
                    report: "the same with a challenge",
                    headers: &[(
                        "www-authenticate",
                        "Bearer realm=\"https://accounts.google.com/\", error=\"insufficient_scope\", scope=\"https://www.googleapis.com/auth/photoslibrary\"",
                    )],
                    code: "consent_required",
                    says: WANTS,
                    help: "photoslibrary",
                    ..ROW
                },
                Row {
                    report: "Gmail: no mail service",
                    status: 400,
                    body: r#"{"error":{"errors":[{"domain":"global","reason":"failedPrecondition","message":"Mail service not enabled"}],"code":400,"message":"Mail service not enabled"}}"#,
                    code: "api",
                    says: "answered 400 failedPrecondition: \"Mail service not enabled\"",
                    ..ROW
                },
                Row {
                    report: "Calendar: no user of it",
                    body: r#"{"error":{"errors":[{"domain":"calendar","reason":"notACalendarUser","message":"The user must be signed up for Google Calendar."}],"code":403,"message":"The user must be signed up for Google Calendar."}}"#,
                    says: "the user may not do this (GET api.github.com/a/b answered 403 notACalendarUser",
                    ..ROW
                },
                Row {
                    report: "Analytics: no right of the user",
                    body: r#"{"error":{"errors":[{"domain":"global","reason":"insufficientPermissions","message":"User does not have sufficient permissions for this profile."}],"code":403,"message":"User does not have sufficient permissions for this profile."}}"#,
                    says: "the user may not do this",
                    ..ROW
                },
                Row {
                    report: "tokland/youtube-upload#288, IonicaBizau/youtube-api#36",
                    status: 401,
                    body: r#"{"error":{"errors":[{"domain":"youtube.header","reason":"youtubeSignupRequired","message":"Unauthorized","locationType":"header","location":"Authorization"}],"code":401,"message":"Unauthorized"}}"#,
                    says: "the user may not do this (GET api.github.com/a/b answered 401 youtubeSignupRequired: \"Unauthorized\")",
                    help: "no YouTube channel",
                    ..ROW
                },
                Row {
                    report: "tokland/youtube-upload#288: the quota of a day",
                    body: r#"{"error":{"errors":[{"domain":"youtube.quota","reason":"quotaExceeded","message":"The request cannot be completed because you have exceeded your quota."}],"code":403,"message":"The request cannot be completed because you have exceeded your quota."}}"#,
                    code: "api_rate_limited",
                    says: "too many requests",
                    wait: Some(3600),
                    ..ROW
                },
                Row {
                    report: "SERVICE_DISABLED with its address among the links",
                    body: r#"{"error":{"code":403,"message":"Google Drive API has not been used in project 123 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"Google developers console API activation","url":"https://console.developers.google.com/apis/api/drive.googleapis.com/overview?project=123"}]},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"service":"drive.googleapis.com","consumer":"projects/123"}}]}}"#,
                    code: "api_disabled",
                    says: "is not enabled",
                    help: "enable it at https://console.developers.google.com/apis/api/drive.googleapis.com/overview?project=123 and",
                    ..ROW
                },
                Row {
                    report: "USER_PROJECT_DENIED",
                    body: r#"{"error":{"code":403,"message":"Caller does not have required permission to use project x.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"USER_PROJECT_DENIED","domain":"googleapis.com"}]}}"#,
                    says: "refuses the request (GET api.github.com/a/b answered 403 USER_PROJECT_DENIED: \"Caller does not have",
                    ..ROW
                },
                Row {
                    report: "Sheets: 429",
                    status: 429,
                    body: r#"{"error":{"code":429,"message":"Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'","status":"RESOURCE_EXHAUSTED","details":[{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"ReadRequestsPerMinutePerUser"}}]}}"#,
                    code: "api_rate_limited",
                    says: "too many requests",
                    ..ROW
                },
                Row {
                    report: "429 for a day",
                    status: 429,
                    body: r#"{"error":{"code":429,"details":[{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"QueriesPerDay"}}]}}"#,
                    code: "api_rate_limited",
                    says: "too many requests",
                    wait: Some(3600),
                    ..ROW
                },
                Row {
                    report: "PERMISSION_DENIED alone",
                    body: r#"{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}"#,
                    says: "refuses the request (GET api.github.com/a/b answered 403 PERMISSION_DENIED: \"The caller",
                    ..ROW
                },
                Row {
                    report: "a page for robots",
                    headers: &[("content-type", "text/html")],
                    body: "<!doctype html><title>Sorry…</title>",
                    says: "refuses the request (GET api.github.com/a/b answered 403)",
                    ..ROW
                },
                Row {
                    report: "dailyLimitExceeded",
                    body: r#"{"error":{"errors":[{"domain":"usageLimits","reason":"dailyLimitExceeded","message":"Daily Limit Exceeded"}],"code":403,"message":"Daily Limit Exceeded"}}"#,
                    code: "api_rate_limited",
                    says: "too many requests",
                    wait: Some(3600),
                    ..ROW
                },
            ],
        );
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "it is a table")]
    fn githubs_refusals_are_understood() {
        check(
            &github(),
            &[
                Row {
                    report: "hub4j/github-api#220, KnpLabs/php-github-api#1070",
                    headers: &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1790002400")],
                    body: r#"{"message":"API rate limit exceeded for user ID 123.","documentation_url":"https://docs.github.com/rest"}"#,
                    code: "api_rate_limited",
                    says: "too many requests (GET api.github.com/a/b answered 403: \"API rate limit exceeded",
                    wait: Some(2400),
                    ..ROW
                },
                Row {
                    report: "the same with 429, and by the API's own clock",
                    status: 429,
                    headers: &[
                        ("x-ratelimit-remaining", "0"),
                        ("x-ratelimit-reset", "1961711995"),
                        ("date", "Sun, 29 Feb 2032 23:59:50 GMT"),
                    ],
                    code: "api_rate_limited",
                    says: "too many requests",
                    wait: Some(5),
                    ..ROW
                },
                Row {
                    report: "a secondary limit",
                    headers: &[("retry-after", "90"), ("x-ratelimit-remaining", "4000")],
                    body: r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}"#,
                    code: "api_rate_limited",
                    says: "too many requests",
                    wait: Some(90),
                    ..ROW
                },
                Row {
                    report: "a secondary limit without a time",
                    body: r#"{"message":"You have exceeded a secondary rate limit."}"#,
                    code: "api_rate_limited",
                    says: "too many requests",
                    wait: Some(60),
                    ..ROW
                },
                Row {
                    report: "SAML",
                    headers: &[(
                        "x-github-sso",
                        "required; url=https://github.com/orgs/octo/sso?authorization_request=AZSC",
                    )],
                    body: r#"{"message":"Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization."}"#,
                    code: "admin_policy",
                    says: "SAML enforcement",
                    help: "authorizes the app once more: https://github.com/orgs/octo/sso?authorization_request=AZSC",
                    ..ROW
                },
                Row {
                    report: "restrictions of an organization",
                    body: r#"{"message":"Although you appear to have the correct authorization credentials, the `octo` organization has enabled OAuth App access restrictions, meaning that data access to third-parties is limited."}"#,
                    code: "admin_policy",
                    says: "Although you appear",
                    help: "an owner of the organization approves",
                    ..ROW
                },
                Row {
                    report: "AlexsJones/prop-rep#1",
                    headers: &[
                        ("x-oauth-scopes", "gist, public_repo"),
                        ("x-accepted-oauth-scopes", "admin:org, read:org, user"),
                    ],
                    body: r#"{"message":"You need at least read:org scope or user scope to list your organizations."}"#,
                    code: "consent_required",
                    says: WANTS,
                    help: "\"admin:org read:org user\"",
                    ..ROW
                },
                Row {
                    report: "the same in words alone",
                    body: r#"{"message":"You need at least read:org scope or user scope to list your organizations."}"#,
                    code: "consent_required",
                    says: WANTS,
                    ..ROW
                },
                Row {
                    report: "a scope that another one covers is held",
                    headers: &[
                        ("x-oauth-scopes", "repo, user"),
                        ("x-accepted-oauth-scopes", "public_repo"),
                    ],
                    body: r#"{"message":"Must have admin rights to Repository."}"#,
                    says: "refuses the request (GET api.github.com/a/b answered 403: \"Must have admin",
                    ..ROW
                },
                Row {
                    report: "no scope is needed",
                    headers: &[("x-oauth-scopes", ""), ("x-accepted-oauth-scopes", "")],
                    ..ROW
                },
                Row {
                    report: "what is not there is not asked for",
                    status: 404,
                    headers: &[("x-oauth-scopes", "gist"), ("x-accepted-oauth-scopes", "repo")],
                    body: r#"{"message":"Not Found"}"#,
                    code: "api",
                    says: "answered 404: \"Not Found\"",
                    ..ROW
                },
            ],
        );
    }

    #[test]
    fn refusals_of_microsoft_graph_are_understood() {
        check(
            &graph(),
            &[
                Row {
                    report: "AzureAD/microsoft-identity-web#2445",
                    body: r#"{"error":{"code":"Forbidden","message":"Missing scope permissions on the request. API requires one of 'Chat.ReadBasic, Chat.Read'. Scopes on the request 'openid, User.Read'"}}"#,
                    code: "consent_required",
                    says: "API requires one of 'Chat.ReadBasic",
                    ..ROW
                },
                Row {
                    report: "kayasax/EasyPIM#37",
                    body: r#"{"error":{"code":"UnknownError","message":"{\"errorCode\":\"PermissionScopeNotGranted\",\"message\":\"Authorization failed due to missing permission scope PrivilegedAccess.Read.AzureADGroup.\"}","innerError":{"date":"x"}}}"#,
                    code: "consent_required",
                    says: WANTS,
                    ..ROW
                },
                Row {
                    report: "Azure-Samples/ms-identity-python-webapp#86",
                    body: r#"{"error":{"code":"ErrorInsufficientPermissionsInAccessToken","innerError":{}}}"#,
                    code: "consent_required",
                    says: WANTS,
                    ..ROW
                },
                Row {
                    report: "microsoftgraph/python-sample-auth#12",
                    body: r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}"#,
                    says: "a scope is missing, or the user may not do this (GET api.github.com/a/b answered 403 Authorization_RequestDenied: \"Insufficient privileges",
                    help: "whether an administrator has to consent",
                    ..ROW
                },
                Row {
                    report: "microsoftgraph/aspnetcore-connect-sample#37",
                    body: r#"{"error":{"code":"ErrorAccessDenied","message":"Access is denied. Check credentials and try again."}}"#,
                    says: "a scope is missing, or the user may not do this",
                    ..ROW
                },
                Row {
                    report: "microsoftgraph/msgraph-sdk-dotnet#1416: a claims challenge",
                    status: 401,
                    headers: &[(
                        "www-authenticate",
                        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", client_id=\"x\", error=\"insufficient_claims\", claims=\"eyJ9\"",
                    )],
                    body: r#"{"error":{"code":"InvalidAuthenticationToken","message":"Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"}}"#,
                    code: "api",
                    says: "does not take the token (GET api.github.com/a/b answered 401 InvalidAuthenticationToken: \"Continuous",
                    ..ROW
                },
                Row {
                    report: "throttling",
                    status: 429,
                    headers: &[("retry-after", "300")],
                    body: r#"{"error":{"code":"TooManyRequests","message":"Please retry"}}"#,
                    code: "api_rate_limited",
                    says: "TooManyRequests",
                    wait: Some(300),
                    ..ROW
                },
            ],
        );
    }

    #[test]
    fn refusals_by_the_standards_are_understood_at_every_provider() {
        let rows = [
            Row {
                report: "fh1ch/passport-gitlab2#5",
                body: r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_user"}"#,
                code: "consent_required",
                says: "answered 403 insufficient_scope: \"The request requires",
                help: "what the API names: \"api read_user\"",
                ..ROW
            },
            Row {
                report: "RFC 6750 §3.1, with a status of a server's own",
                status: 401,
                headers: &[("www-authenticate", "Bearer error=insufficient_scope, scope=mail")],
                code: "consent_required",
                says: WANTS,
                help: "\"mail\"",
                ..ROW
            },
            Row {
                report: "GitLab: a token that was revoked",
                status: 401,
                body: r#"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}"#,
                code: "api",
                says: "does not take the token (GET api.github.com/a/b answered 401 invalid_token: \"Token was revoked",
                ..ROW
            },
            Row {
                report: "a reason in the challenge alone",
                status: 401,
                headers: &[(
                    "www-authenticate",
                    "Bearer error=\"invalid_token\", error_description=\"it was revoked\"",
                )],
                code: "api",
                says: "answered 401 invalid_token: \"it was revoked\"",
                ..ROW
            },
            Row {
                report: "a limit with 403",
                headers: &[("retry-after", "7")],
                code: "api_rate_limited",
                says: "too many requests",
                wait: Some(7),
                ..ROW
            },
            Row {
                report: "a wait of years is told as one of a day",
                status: 429,
                headers: &[("retry-after", "99999999999")],
                code: "api_rate_limited",
                says: "too many requests",
                wait: Some(86_400),
                ..ROW
            },
            Row {
                report: "plain text",
                headers: &[("content-type", "text/plain; charset=utf-8")],
                body: "Request forbidden by\nadministrative rules.",
                says: "answered 403: \"Request forbidden by\\nadministrative rules.\"",
                ..ROW
            },
            Row { report: "nothing at all", says: "b answered 403)", ..ROW },
        ];
        for provider in [any(), google(), github(), graph()] {
            check(&provider, &rows);
        }
    }

    /// What an app can say of a provider that is not built in.
    #[test]
    fn refusals_of_any_provider_can_be_said_as_data() {
        let user_api = UserApi::new("https://api.example.com/me", "id").unwrap();
        let [issuer, authorize, token] =
            ["", "authorize", "token"].map(|path| format!("https://example.com/{path}"));
        let plain =
            Provider::oauth2("x", "X", &issuer, &authorize, &token, user_api, credentials());
        let missing = ApiRefusal::missing_scope;
        let provider = plain.unwrap().with_api_refusals([
            missing().with_status(403).with_words("/error/message", "Insufficient client scope"),
            missing().with_status(400).with_member("/code", ["4711"]),
            missing().with_status(403).with_member("/category", ["MISSING_SCOPES"]),
            missing().with_status(401).with_words("/message", "Missing scope"),
            missing()
                .with_member("/errors/*/code", ["missing"])
                .with_words("/errors/*/field", "_permission"),
            ApiRefusal::rate_limited().with_member("/*/errorCode", ["REQUEST_LIMIT_EXCEEDED"]),
            ApiRefusal::admin_policy().with_challenge("insufficient_claims").with_help("sign in"),
            ApiRefusal::disabled().with_member("/a~1b/c", ["off"]).with_link("/where"),
        ]);
        check(
            &provider,
            &[
                Row {
                    report: "Spotify",
                    body: r#"{"error":{"status":403,"message":"Insufficient client scope"}}"#,
                    code: "consent_required",
                    says: WANTS,
                    ..ROW
                },
                Row {
                    report: "Zoom",
                    status: 400,
                    body: r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[meeting:read:meeting]."}"#,
                    code: "consent_required",
                    says: WANTS,
                    ..ROW
                },
                Row {
                    report: "HubSpot",
                    body: r#"{"status":"error","message":"This app hasn't been granted all required scopes","category":"MISSING_SCOPES"}"#,
                    code: "consent_required",
                    says: WANTS,
                    ..ROW
                },
                Row {
                    report: "Twitch",
                    status: 401,
                    body: r#"{"error":"Unauthorized","status":401,"message":"Missing scope: user:read:email"}"#,
                    code: "consent_required",
                    says: "answered 401 Unauthorized: \"Missing scope",
                    ..ROW
                },
                Row {
                    report: "Strava",
                    status: 401,
                    body: r#"{"message":"Authorization Error","errors":[{"resource":"AccessToken","field":"activity:read_permission","code":"missing"}]}"#,
                    code: "consent_required",
                    says: WANTS,
                    ..ROW
                },
                Row {
                    report: "Salesforce",
                    body: r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
                    code: "api_rate_limited",
                    says: "answered 403 REQUEST_LIMIT_EXCEEDED: \"TotalRequests",
                    ..ROW
                },
                Row {
                    report: "a claims challenge",
                    status: 401,
                    headers: &[("www-authenticate", "Bearer error=\"insufficient_claims\"")],
                    code: "admin_policy",
                    says: "answered 401 insufficient_claims",
                    help: "sign in",
                    ..ROW
                },
                Row {
                    report: "a name with a slash",
                    body: r#"{"a/b":{"c":"off"},"where":"https://example.com/on"}"#,
                    code: "api_disabled",
                    says: "is not enabled",
                    help: "https://example.com/on",
                    ..ROW
                },
            ],
        );
    }

    #[test]
    fn only_a_403_that_speaks_of_scopes_asks_for_consent() {
        let with_challenge = [
            ("Bearer error=\"insufficient_scope\", scope=\"drive\"", "consent_required"),
            ("Bearer realm=\"x\", error=insufficient_scope", "consent_required"),
            ("Bearer error=\"invalid_token\"", "api_forbidden"),
            ("Basic realm=\"insufficient_scope\"", "api_forbidden"),
        ];
        for (challenge, expected) in with_challenge {
            assert_eq!(error(403, Some(challenge), "").code(), expected, "{challenge}");
        }
        let with_body = [
            (r#"{"error":{"details":[{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}"#, true),
            (r#"{"error":{"errors":[{"reason":"insufficientPermissions"}]}}"#, true),
            ("\u{feff}{\"error\":{\"errors\":[{\"reason\":\"insufficientPermissions\"}]}}", true),
            (r#"{"error":{"message":"Metadata scope does not support 'q' parameter"}}"#, true),
            (
                r#"{"error":{"message":"The granted scopes do not give access to all of the requested spaces."}}"#,
                true,
            ),
            (r#"{"error":{"errors":[{"reason":"insufficientFilePermissions"}]}}"#, false),
            (r#"{"error":{"details":[{"reason":"SERVICE_DISABLED"}]}}"#, false),
            (r#"{"error":{"errors":[{"reason":"rateLimitExceeded"}]}}"#, false),
            (r#"{"error":"insufficientPermissions"}"#, false),
            (r#"{"error":{"errors":7,"details":{},"message":[]}}"#, false),
            ("insufficientPermissions", false),
            ("", false),
        ];
        for (body, consent) in with_body {
            assert_eq!(error(403, None, body).code() == "consent_required", consent, "{body}");
            assert_eq!(error(404, None, body).code(), "api", "{body}");
        }
    }

    /// A member of another shape is as one that is not there, and takes no other away.
    #[test]
    fn members_of_another_shape_break_nothing() {
        for odd in ["7", "null", "[]", "{}", "[[]]", "\"x\"", "[7,null]", "{\"*\":1}", "true"] {
            for (name, rest) in [
                ("details", r#""errors":[7,{},{"reason":"insufficientPermissions"}]"#),
                (
                    "errors",
                    r#""details":[{"reason":1},{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]"#,
                ),
                ("message", r#""errors":[{"reason":"insufficientPermissions"}]"#),
            ] {
                let body = format!(r#"{{"error":{{"{name}":{odd},{rest}}}}}"#);
                assert_eq!(error(403, None, &body).code(), "consent_required", "{body}");
            }
            let body = format!(r#"{{"error":{odd},"message":{odd},"errors":{odd}}}"#);
            assert_eq!(error(403, None, &body).code(), "api_forbidden", "{body}");
            assert_eq!(error(403, None, odd).code(), "api_forbidden", "{odd}");
        }
        let deep = "[".repeat(50_000);
        assert_eq!(error(403, None, &deep).code(), "api_forbidden");
    }

    #[test]
    fn every_other_no_has_a_class_of_its_own() {
        let of = |reason: &str| format!(r#"{{"error":{{"errors":[{{"reason":"{reason}"}}]}}}}"#);
        for (status, reason, code, transient) in [
            (403, "accessNotConfigured", "api_disabled", false),
            (403, "rateLimitExceeded", "api_rate_limited", true),
            (403, "userRateLimitExceeded", "api_rate_limited", true),
            (403, "quotaExceeded", "api_rate_limited", true),
            (403, "domainPolicy", "admin_policy", false),
            (403, "insufficientFilePermissions", "api_forbidden", false),
            (429, "", "api_rate_limited", true),
            (400, "invalid", "api", false),
            (401, "authError", "api", false),
            (412, "conditionNotMet", "api", false),
            (304, "", "api", false),
            (408, "", "api_unavailable", true),
            (500, "backendError", "api_unavailable", true),
            (500, "insufficientPermissions", "api_unavailable", true),
            (503, "", "api_unavailable", true),
        ] {
            let error = error(status, None, &of(reason));
            assert_eq!((error.code(), error.is_transient()), (code, transient), "{reason}");
            assert_eq!(is_of_token(&error), status == 401, "{reason}");
        }
        for status in 100..=999 {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(is_success(status), (200..300).contains(&status.as_u16()), "{status}");
        }
    }

    /// A redirect is told by its target, without what may be a secret, and what to do about it.
    #[test]
    fn a_redirect_says_where_it_leads_and_what_to_do() {
        for (location, says, help) in [
            (
                Some("https://api.github.com/repositories/1?x=CANARY"),
                "to api.github.com/repositories/1 (",
                "to that address",
            ),
            (
                Some("/repositories/1#CANARY"),
                "to api.github.com/repositories/1 (",
                "to that address",
            ),
            (
                Some("https://ada:CANARY@codeload.github.com:8443/o/r?token=CANARY"),
                "to codeload.github.com:8443/… (",
                "without the token",
            ),
            (Some("http://api.github.com/x"), "to api.github.com/… (", "without the token"),
            (Some("https://[CANARY"), "does not say where", ""),
            (None, "does not say where", ""),
        ] {
            for status in [300, 301, 302, 303, 307, 308] {
                let headers = location.map(|location| ("location", location));
                let error = error_of(&github(), status, headers.as_slice(), "");
                let (text, shown) = (error.to_string(), error.help().unwrap_or_default());
                assert_eq!(error.code(), "api");
                assert!(text.contains(says) && shown.contains(help), "{location:?}: {error:?}");
                assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
            }
        }
    }

    #[test]
    fn an_operator_reads_where_to_enable_an_api_and_nothing_that_is_no_address() {
        let body = |url: &str| {
            format!(
                r#"{{"error":{{"message":"off","details":[{{"reason":"SERVICE_DISABLED",
                "metadata":{{"activationUrl":"{url}"}}}}]}}}}"#
            )
        };
        let shown = error(403, None, &body("https://console.example.com/apis?project=1"));
        let help = "enable it at https://console.example.com/apis?project=1 and wait a few minutes";
        assert_eq!((shown.code(), shown.help()), ("api_disabled", Some(help)));
        for url in ["javascript:alert(1)", "http://x.example", "https://x.example/ run this"] {
            assert!(error(403, None, &body(url)).help().unwrap().contains("console and"), "{url}");
        }
    }

    #[test]
    fn what_the_api_says_is_quoted_and_cut() {
        const CALL: &str = "the API refuses the request (GET api.github.com/a/b answered 404";
        for (body, said) in [
            (r#"{"error":{"message":"no such\nfile"}}"#, ": \"no such\\nfile\")"),
            (r#"{"error":"x","error_description":"no such\nfile"}"#, " x: \"no such\\nfile\")"),
            (r#"{"message":"no such\nfile"}"#, ": \"no such\\nfile\")"),
            (r#"{"errors":["no such\u001b[2Jfile"]}"#, ": \"no such\\u{1b}[2Jfile\")"),
            (r#"{"code":"a b\nc"}"#, ")"),
            ("<html>", ")"),
        ] {
            assert_eq!(error(404, None, body).to_string(), format!("{CALL}{said}"), "{body}");
        }
        let long = format!(r#"{{"message":"{}"}}"#, "ü".repeat(999));
        assert!(error(404, None, &long).to_string().chars().count() < 400);
    }

    /// What an API repeats of the token is not repeated again.
    #[test]
    fn a_token_that_an_api_shows_is_not_told() {
        for body in [
            format!(r#"{{"message":"no such token: {TOKEN}"}}"#),
            format!(r#"{{"message":"no","code":"{TOKEN}"}}"#),
            format!(r#"{{"error":"insufficient_scope","scope":"{TOKEN}"}}"#),
            format!(
                r#"{{"error":{{"details":[{{"reason":"SERVICE_DISABLED","metadata":{{"activationUrl":"https://x.example/{TOKEN}"}}}}]}}}}"#
            ),
        ] {
            let error = error(403, Some(&format!("Bearer error=\"{TOKEN}\"")), &body);
            assert!(!format!("{error:?}").contains(TOKEN), "{error:?}");
        }
    }
}
