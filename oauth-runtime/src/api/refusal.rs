//! What an API means by an answer that is no success.

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use crate::error::{Code, Error};
use crate::http::retry_after;
use crate::scope::Requirement;
use crate::web::Token;

/// Reasons for a 403 that more scopes would turn into a yes.
const LACKS_SCOPE: [&str; 2] = ["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"];
/// The same where Drive and Gmail give no such reason, but only words.
const LACKS_SCOPE_IN_WORDS: [&str; 2] =
    ["do not give access to all of the requested spaces", "Metadata scope does not support"];
/// The app's project may not call this API at all.
const DISABLED: [&str; 2] = ["SERVICE_DISABLED", "accessNotConfigured"];
/// Too much at once.
const LIMITED: [&str; 4] =
    ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"];
/// The administrator of the person's organization said no.
const POLICY: [&str; 1] = ["domainPolicy"];

impl Error {
    /// What an API's answer means, for those who call it with an HTTP client of their own:
    /// `None` for a success, else the error that [`ApiClient`](crate::ApiClient) would return.
    ///
    /// Returned from the handler that has the token, it is the right answer of that request:
    /// where a scope is missing, the person is asked for it and the request resumed. After a 401
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
        let refused = status.is_client_error() || status.is_server_error();
        refused.then(|| token.grant().refused(Self::of_answer(status, headers, body)))
    }

    /// The error of an answer that is no success.
    pub(super) fn of_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = match status.as_u16() {
            403 => forbidden(headers, &body),
            429 => limited(),
            408 | 500.. => Self::new(Code::ApiUnavailable, "the API fails for the moment"),
            _ => Self::new(Code::Api, "the API refuses the request"),
        };
        let wait = retry_after(headers).filter(|_| error.is_transient());
        let said = format!("{error} (it answered {}{})", status.as_u16(), quoted(&body));
        error.with_text(said).with_api_status(status).with_retry_after(wait)
    }
}

/// A 403 has as many meanings as there are APIs: it is read, not guessed.
fn forbidden(headers: &HeaderMap, body: &Value) -> Error {
    let is = |known: &[&str]| reasons(body).any(|reason| known.contains(&reason));
    if is(&LACKS_SCOPE) || challenged(headers) || says_so(body) {
        let text = "the API wants a scope that the token does not have";
        Error::new(Code::ConsentRequired, text)
    } else if is(&DISABLED) {
        let text = "the API is not enabled for the project of the app's client";
        Error::new(Code::ApiDisabled, text).with_help(match activation_url(body) {
            Some(url) => format!("enable it at {url} and wait a few minutes"),
            None => "enable it in the provider's console and wait a few minutes".to_owned(),
        })
    } else if is(&LIMITED) {
        limited()
    } else if is(&POLICY) {
        let text = "the administrator of the person's organization forbids the access";
        Error::new(Code::AdminPolicy, text)
            .with_help("the administrator can allow the app in the organization's console")
    } else {
        let text = "the person may not do this, whatever the app was granted";
        Error::new(Code::ApiForbidden, text)
    }
}

fn limited() -> Error {
    Error::new(Code::ApiRateLimited, "the API got too many requests")
}

/// The reasons of the new shape, then those of the old one.
fn reasons(body: &Value) -> impl Iterator<Item = &str> {
    let list = |path: &str| body.pointer(path).and_then(Value::as_array).into_iter().flatten();
    let entries = list("/error/details").chain(list("/error/errors"));
    entries.filter_map(|entry| entry.get("reason")?.as_str())
}

fn says_so(body: &Value) -> bool {
    message(body).is_some_and(|text| LACKS_SCOPE_IN_WORDS.iter().any(|it| text.contains(it)))
}

/// RFC 6750 §3.1. Some servers forget the quotes.
fn challenged(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(header::WWW_AUTHENTICATE).iter();
    challenges.filter_map(|value| value.to_str().ok()).any(|challenge| {
        let challenge = challenge.replace([' ', '"'], "");
        let (_, parameters) = challenge.split_once("Bearer").unwrap_or_default();
        parameters.split(',').any(|parameter| parameter == "error=insufficient_scope")
    })
}

/// Where an operator enables the API: shown to nobody else, and only if it is an address.
fn activation_url(body: &Value) -> Option<&str> {
    let details = body.pointer("/error/details")?.as_array()?;
    let mut urls = details.iter().filter_map(|it| it.pointer("/metadata/activationUrl")?.as_str());
    urls.find(|url| url.starts_with("https://") && url.chars().all(|c| c.is_ascii_graphic()))
}

fn message(body: &Value) -> Option<&str> {
    let error = body.get("error")?;
    error.get("message").or_else(|| body.get("error_description")).unwrap_or(error).as_str()
}

/// What the API itself says, as far as it says something.
fn quoted(body: &Value) -> String {
    let message = message(body).or_else(|| body.get("message")?.as_str());
    message.map(|text| format!(": {:?}", cut(text))).unwrap_or_default()
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(200).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn error(status: u16, challenge: Option<&'static str>, body: &str) -> Error {
        let mut headers = HeaderMap::new();
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        let status = StatusCode::from_u16(status).unwrap();
        let error = Error::of_answer(status, &headers, body.as_bytes());
        assert_eq!(error.api_status(), Some(status));
        error
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
            (403, "dailyLimitExceeded", "api_forbidden", false),
            (429, "", "api_rate_limited", true),
            (400, "invalid", "api", false),
            (401, "authError", "api", false),
            (412, "conditionNotMet", "api", false),
            (408, "", "api_unavailable", true),
            (500, "backendError", "api_unavailable", true),
            (503, "", "api_unavailable", true),
        ] {
            let error = error(status, None, &of(reason));
            assert_eq!((error.code(), error.is_transient()), (code, transient), "{reason}");
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
        for body in [
            r#"{"error":{"message":"no such\nfile"}}"#,
            r#"{"error":"x","error_description":"no such\nfile"}"#,
            r#"{"message":"no such\nfile"}"#,
        ] {
            let text = error(404, None, body).to_string();
            assert_eq!(
                text, "the API refuses the request (it answered 404: \"no such\\nfile\")",
                "{body}"
            );
        }
        let long = format!(r#"{{"message":"{}"}}"#, "ü".repeat(999));
        assert!(error(404, None, &long).to_string().chars().count() < 270);
        let bare = error(404, None, "<html>").to_string();
        assert_eq!(bare, "the API refuses the request (it answered 404)");
    }
}
