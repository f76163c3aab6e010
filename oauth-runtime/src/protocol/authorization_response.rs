//! The authorization response (RFC 6749 §4.1.2, RFC 9207), as it comes back on the callback.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::words::Words;
use crate::error::{Code, Error};
use crate::provider::{IssParameter, Provider};
use crate::secret::Secret;

const MAX_QUERY: usize = 8 * 1024;
const MAX_STATE: usize = 200;
const MAX_CODE: usize = 4 * 1024;
/// What a response may carry (RFC 6749 §4.1.2, RFC 9207 §2), the ones that are read first.
const PARAMETERS: [&str; 7] =
    ["state", "iss", "code", "error", "error_description", "error_uri", "scope"];

/// What the provider sent back with the browser.
pub(crate) struct AuthorizationResponse {
    pub(crate) state: String,
    pub(crate) iss: Option<String>,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    /// `code`: to be exchanged once, after every check.
    Code(Secret),
    /// `error` (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6), classified; whether it refuses what
    /// was asked for, so that asking for less may do.
    Error { error: Error, of_scopes: bool },
}

/// Proof that the returned state is the one that this browser's flow was begun with. A token
/// request cannot be made without it.
pub(crate) struct StateVerified(());

impl StateVerified {
    /// Compares in constant time.
    pub(crate) fn compare(returned: &str, own: &str) -> Result<Self, Error> {
        verify_slices_are_equal(returned.as_bytes(), own.as_bytes())
            .map(|()| Self(()))
            .map_err(|_| invalid("the state is not the one of this browser's flow"))
    }

    #[cfg(test)]
    pub(super) fn for_test() -> Self {
        Self(())
    }
}

impl AuthorizationResponse {
    /// Reads a callback's query. Every parameter that means something is there once at most;
    /// others are passed over (RFC 6749 §3.1, §4.1.2).
    pub(crate) fn parse(query: &str) -> Result<Self, Error> {
        if query.len() > MAX_QUERY {
            return Err(invalid("the callback's query is too long"));
        }
        let [state, iss, code, error, description, ..] = parameters(query)?;
        let state = state.filter(|state| is_state(state));
        let state = state.ok_or_else(|| invalid("the callback carries no usable state"))?;
        let outcome = match (code, error) {
            (Some(code), None) if is_code(&code) => Outcome::Code(Secret::new(code)),
            (Some(_), None) => return Err(invalid("the code is not one")),
            (None, Some(word)) => Outcome::Error {
                error: classify(&word, description.as_deref()),
                of_scopes: OF_SCOPES.contains(&&*word),
            },
            _ => return Err(invalid("the callback carries both a code and an error, or neither")),
        };
        Ok(Self { state, iss, outcome })
    }
}

/// The values of the parameters that mean something, each of which is there once at most.
/// Others may come as they like: the redirect URI has its own query, and providers add some.
fn parameters(query: &str) -> Result<[Option<String>; PARAMETERS.len()], Error> {
    let mut values = [const { None }; PARAMETERS.len()];
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let Some(index) = PARAMETERS.iter().position(|known| *known == name) else { continue };
        if values[index].replace(value.into_owned()).is_some() {
            return Err(invalid("the callback carries a parameter twice"));
        }
    }
    Ok(values)
}

/// Ours is base64url; anything else is not ours, and is not worth a hash.
fn is_state(text: &str) -> bool {
    let own = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=MAX_STATE).contains(&text.len()) && text.bytes().all(own)
}

/// `1*VSCHAR` (RFC 6749 §A.11).
fn is_code(text: &str) -> bool {
    (1..=MAX_CODE).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// Checks who answered (RFC 9207 §2.4). An error may lack what a code must have.
pub(crate) fn check_issuer(
    provider: &Provider,
    iss: Option<&str>,
    for_code: bool,
) -> Result<(), Error> {
    match iss {
        Some(iss) if provider.canonical_issuer(iss).is_some() => Ok(()),
        Some(_) => Err(invalid("the answer comes from another issuer")),
        None if for_code && provider.iss_parameter() == IssParameter::Required => {
            Err(invalid("the answer does not say which issuer it comes from"))
        }
        None => Ok(()),
    }
}

/// The user, or the provider for the user, said no.
const OF_USER: [&str; 9] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "login_required",
    "user_cancelled",
    "user_cancelled_authorize",
    "user_cancelled_login",
    "user_denied",
];
/// The administrator of the user's organization forbids it.
const OF_ADMIN: [&str; 3] = ["admin_policy_enforced", "disallowed_useragent", "org_internal"];
/// The request or the client is wrong, which the operator alone can mend.
const OF_OPERATOR: [&str; 19] = [
    "application_suspended",
    "invalid_authorization_details",
    "invalid_client",
    "invalid_dpop_proof",
    "invalid_request",
    "invalid_request_object",
    "invalid_request_uri",
    "invalid_resource",
    "invalid_scope",
    "invalid_target",
    "redirect_uri_mismatch",
    "registration_not_supported",
    "request_not_supported",
    "request_uri_not_supported",
    "unauthorized_client",
    "unmet_authentication_requirements",
    "unsupported_response_mode",
    "unsupported_response_type",
    "use_dpop_nonce",
];
/// Some of what was asked for is not known, or not allowed to this client.
const OF_SCOPES: [&str; 3] = ["invalid_resource", "invalid_scope", "invalid_target"];
/// The provider cannot just now.
const FOR_NOW: [&str; 3] = ["server_error", "slow_down", "temporarily_unavailable"];

/// What an `error` means for the user and for us (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
/// The list is open: by any other word the provider says that it has not come to an end, such as
/// one that lost its own login cookie, and the user begins again. Its words are for the log alone.
fn classify(error: &str, description: Option<&str>) -> Error {
    let (code, text) = if OF_USER.contains(&error) {
        (Code::AccessDenied, "the user or the provider refused")
    } else if OF_ADMIN.contains(&error) {
        (Code::AdminPolicy, "a policy forbids the authorization")
    } else if FOR_NOW.contains(&error) {
        (Code::ProviderUnavailable, "the provider cannot authorize just now")
    } else if OF_OPERATOR.contains(&error) {
        (Code::ProviderRefused, "the provider refuses the request")
    } else {
        (Code::FlowInterrupted, "the provider did not finish the authorization")
    };
    Error::new(code, format!("{text}{}", Words::of(error, description)))
}

fn invalid(text: &'static str) -> Error {
    Error::new(Code::CallbackInvalid, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ClientCredentials;

    fn parse(query: &str) -> Result<AuthorizationResponse, Error> {
        AuthorizationResponse::parse(query)
    }

    #[test]
    fn a_code_comes_with_its_state_whatever_else_is_there() {
        let query = "state=ab_-9&code=4%2F0a&scope=x&authuser=0&authuser=1&hd=e&prompt=n&tenant=";
        let response = parse(query).unwrap();
        assert_eq!(response.state, "ab_-9");
        assert_eq!(response.iss, None);
        assert!(matches!(response.outcome, Outcome::Code(code) if code.is(b"4/0a")));
    }

    /// A3, A11.
    #[test]
    fn a_malformed_callback_is_refused() {
        let long = "a".repeat(10_000);
        let cases = [
            String::new(),
            "code=x".to_owned(),
            "state=&code=x".to_owned(),
            "state=a".to_owned(),
            "state=a&code=".to_owned(),
            "state=a&state=b&code=x".to_owned(),
            "state=a&state=a&code=x".to_owned(),
            "state=a&code=x&code=y".to_owned(),
            "state=a&code=x&error=access_denied".to_owned(),
            "state=a&error=a&error=b".to_owned(),
            "state=a&code=x&iss=a&iss=b".to_owned(),
            "state=a&code=x&scope=a&scope=b".to_owned(),
            "state=a&%73tate=b&code=x".to_owned(),
            "state=a&code=x&code=".to_owned(),
            "state=a&code=x&error=".to_owned(),
            "state=a&code=&error=access_denied".to_owned(),
            "state=a&error=x&error_description=a&error_description=b".to_owned(),
            "state=a&error=x&error_uri=a&error_uri=b".to_owned(),
            "state=a+b&code=x".to_owned(),
            "state=%ff&code=x".to_owned(),
            "state=a&code=%ff".to_owned(),
            "state=a&code=%C3%A9".to_owned(),
            "error=access_denied".to_owned(),
            "state=a%00&code=x".to_owned(),
            "state=%C3%A9&code=x".to_owned(),
            "state=a&code=%0d%0a".to_owned(),
            format!("state={long}&code=x"),
            format!("state=a&code=x&y={}", "a".repeat(MAX_QUERY)),
            format!("state={}&code=x", "a".repeat(MAX_STATE + 1)),
            format!("state=a&code={}", "a".repeat(MAX_CODE + 1)),
        ];
        for query in cases {
            let error = parse(&query).err().unwrap_or_else(|| panic!("{query:.60}"));
            assert_eq!(error.code(), "callback_invalid", "{query:.60}");
            assert!(error.to_string().len() < 80, "an echo: {error}");
        }
        let edge = format!("state={}&code={}", "a".repeat(MAX_STATE), "~".repeat(MAX_CODE));
        assert!(parse(&edge).is_ok());
    }

    /// D20: known errors are told apart, and their words are for one line of the log.
    #[test]
    fn errors_are_classified_and_never_repeated_raw() {
        let cases = [
            ("access_denied", "access_denied"),
            ("interaction_required", "access_denied"),
            ("consent_required", "access_denied"),
            ("login_required", "access_denied"),
            ("account_selection_required", "access_denied"),
            ("ACCESS_DENIED", "flow_interrupted"),
            ("", "flow_interrupted"),
            ("admin_policy_enforced", "admin_policy"),
            ("org_internal", "admin_policy"),
            ("disallowed_useragent", "admin_policy"),
            ("temporarily_unavailable", "provider_unavailable"),
            ("invalid_scope", "provider_refused"),
            ("request_forbidden", "flow_interrupted"),
            ("invalid_target", "provider_refused"),
            ("user_cancelled_login", "access_denied"),
            ("<script>%0d%0a", "flow_interrupted"),
        ];
        for (word, code) in cases {
            let query =
                format!("state=a&error={word}&error_description=<b>&error_uri=javascript:x");
            let Outcome::Error { error, .. } = parse(&query).unwrap().outcome else {
                panic!("{word}")
            };
            assert_eq!(error.code(), code, "{word}");
            assert!(!error.to_string().contains(['\r', '\n']), "{word}");
            assert!(error.to_string().contains("\"<b>\""), "for the log: {error}");
        }
    }

    /// B5, B6.
    #[test]
    fn another_issuer_is_refused_and_none_is_fine_where_it_is_optional() {
        let google = Provider::google(ClientCredentials::new("id", "fake-secret"));
        assert!(check_issuer(&google, Some("https://accounts.google.com"), true).is_ok());
        assert!(check_issuer(&google, None, true).is_ok());
        for iss in ["https://evil.example", "", "https://accounts.google.com/"] {
            for for_code in [true, false] {
                assert!(check_issuer(&google, Some(iss), for_code).is_err(), "{iss}");
            }
        }
    }

    /// RFC 9207 §2.4: who announces `iss` sends it with every code; an error may lack it.
    #[test]
    fn an_announced_issuer_is_demanded_of_a_code() {
        let credentials = ClientCredentials::new("id", "fake-secret");
        let [issuer, a, t, k] =
            ["", "/a", "/t", "/k"].map(|path| format!("https://id.example{path}"));
        let provider = Provider::openid("x", "X", &issuer, &a, &t, &k, credentials).unwrap();
        let provider = provider.with_required_iss();
        assert!(check_issuer(&provider, None, true).is_err());
        assert!(check_issuer(&provider, None, false).is_ok());
        assert!(check_issuer(&provider, Some("https://id.example"), true).is_ok());
        assert!(check_issuer(&provider, Some("https://accounts.google.com"), false).is_err());
    }

    #[test]
    fn a_state_verifies_only_against_itself() {
        assert!(StateVerified::compare("abc", "abc").is_ok());
        for other in ["abd", "ab", "abcd", ""] {
            assert!(StateVerified::compare("abc", other).is_err(), "{other}");
        }
    }
}
