//! What an API means by an answer that is no success.

use http::{HeaderMap, Response, StatusCode, header};
use serde_json::Value;

use crate::error::{Code, Error};

/// Reasons of Google's APIs for a 403 that more scopes would turn into a yes.
const LACKS_SCOPE: [&str; 2] = ["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"];
/// The same where Drive and Gmail give no such reason, but only words.
const LACKS_SCOPE_IN_WORDS: [&str; 2] =
    ["do not give access to all of the requested spaces", "Metadata scope does not support"];

/// The error of an answer that is no success: `consent_required` where the token lacks a scope
/// for it, else `api` with the status, and with the reason as far as the API gives one.
pub(super) fn refused(response: &Response<Vec<u8>>) -> Error {
    let status = response.status();
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if status == StatusCode::FORBIDDEN && lacks_scope(response.headers(), &body) {
        let text = "the API wants a scope that the token does not have";
        return Error::new(Code::ConsentRequired, text).with_api_status(status);
    }
    let reason = message(&body).map(|reason| format!(": {:?}", cut(reason))).unwrap_or_default();
    Error::new(Code::Api, format!("the API answered {}{reason}", status.as_u16()))
        .with_api_status(status)
}

/// RFC 6750 §3.1, and the forms in which Google's APIs say the same.
fn lacks_scope(headers: &HeaderMap, body: &Value) -> bool {
    let challenges = headers.get_all(header::WWW_AUTHENTICATE).iter();
    let mut challenges = challenges.filter_map(|value| value.to_str().ok());
    let list = |path: &str| body.pointer(path).and_then(Value::as_array).into_iter().flatten();
    let reasons = list("/error/details").chain(list("/error/errors"));
    let mut reasons = reasons.filter_map(|entry| entry.get("reason")?.as_str());
    challenges.any(names_insufficient_scope)
        || reasons.any(|reason| LACKS_SCOPE.contains(&reason))
        || message(body).is_some_and(|text| LACKS_SCOPE_IN_WORDS.iter().any(|it| text.contains(it)))
}

/// Some servers forget the quotes.
fn names_insufficient_scope(challenge: &str) -> bool {
    let challenge = challenge.replace([' ', '"'], "");
    let (_, parameters) = challenge.split_once("Bearer").unwrap_or_default();
    parameters.split(',').any(|parameter| parameter == "error=insufficient_scope")
}

fn message(body: &Value) -> Option<&str> {
    body.pointer("/error/message")?.as_str()
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(200).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn code(status: u16, challenge: Option<&'static str>, body: &str) -> &'static str {
        let mut response = Response::new(body.as_bytes().to_vec());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if let Some(challenge) = challenge {
            let value = HeaderValue::from_static(challenge);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        let error = refused(&response);
        assert_eq!(error.api_status(), Some(response.status()));
        error.code()
    }

    #[test]
    fn only_a_403_that_speaks_of_scopes_asks_for_consent() {
        let with_challenge = [
            ("Bearer error=\"insufficient_scope\", scope=\"drive\"", "consent_required"),
            ("Bearer realm=\"x\", error=insufficient_scope", "consent_required"),
            ("Bearer error=\"invalid_token\"", "api"),
            ("Basic realm=\"insufficient_scope\"", "api"),
        ];
        for (challenge, expected) in with_challenge {
            assert_eq!(code(403, Some(challenge), ""), expected, "{challenge}");
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
            assert_eq!(code(403, None, body) == "consent_required", consent, "{body}");
            assert_eq!(code(404, None, body), "api", "{body}");
        }
    }
}
