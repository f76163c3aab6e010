//! The one error of the library.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;
type Text = Cow<'static, str>;

/// What happened, as one stable word. The web layer turns each into a status and a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum Code {
    /// The credentials are missing, malformed or of another kind.
    ConfigCredentials,
    /// A redirect URI breaks a rule or matches none of the registered ones.
    ConfigRedirectUri,
    /// The public URL breaks a rule or does not fit the redirect URI.
    ConfigPublicUrl,
    /// A sealing key is weak, unreadable or missing.
    ConfigKeys,
    /// Another setting of the builder is out of its range.
    ConfigOption,
    /// Nobody is signed in.
    SignInRequired,
    /// A required scope is not granted.
    ConsentRequired,
    /// The user said no, to everything or to a required scope.
    AccessDenied,
    /// The app's own part of a sign-in failed.
    SignInFailed,
    /// A state-changing request came from another site.
    CrossSite,
    /// The callback belongs to no flow of this browser, or is malformed.
    CallbackInvalid,
    /// The flow or link is ours, but too old.
    FlowExpired,
    /// The provider answered something that its protocol does not allow.
    ProviderResponse,
    /// The ID token is not valid for this client and flow.
    IdTokenInvalid,
    /// The provider refuses this client: the operator has to act.
    ProviderRefused,
    /// The provider cannot be reached or is failing; trying later may help.
    ProviderUnavailable,
    /// The provider did not answer in time.
    ProviderTimeout,
    /// The provider says that the grant is gone: the user has to authorize again.
    InvalidGrant,
    /// The administrator of the user's organization forbids the access.
    AdminPolicy,
    /// A request to an API failed.
    Api,
    /// A request would have carried the token to a foreign host.
    ApiHost,
    /// The database that keeps the rows is not usable: its settings, schema or rights.
    ConfigStore,
    /// The database that keeps the rows does not answer just now.
    StoreUnavailable,
    /// The app asks for what its own policy or snapshot does not have.
    #[cfg(feature = "manifest")]
    ManifestPolicy,
    /// The library is shutting down.
    ShuttingDown,
    /// A promise of this library to itself is broken.
    Internal,
}

impl Code {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ConfigCredentials => "config_credentials",
            Self::ConfigRedirectUri => "config_redirect_uri",
            Self::ConfigPublicUrl => "config_public_url",
            Self::ConfigKeys => "config_keys",
            Self::ConfigOption => "config_option",
            Self::SignInRequired => "sign_in_required",
            Self::ConsentRequired => "consent_required",
            Self::AccessDenied => "access_denied",
            Self::SignInFailed => "sign_in_failed",
            Self::CrossSite => "cross_site",
            Self::CallbackInvalid => "callback_invalid",
            Self::FlowExpired => "flow_expired",
            Self::ProviderResponse => "provider_response",
            Self::IdTokenInvalid => "id_token_invalid",
            Self::ProviderRefused => "provider_refused",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::ProviderTimeout => "provider_timeout",
            Self::InvalidGrant => "invalid_grant",
            Self::AdminPolicy => "admin_policy",
            Self::Api => "api",
            Self::ApiHost => "api_host",
            Self::ConfigStore => "config_store",
            Self::StoreUnavailable => "store_unavailable",
            #[cfg(feature = "manifest")]
            Self::ManifestPolicy => "manifest_policy",
            Self::ShuttingDown => "shutting_down",
            Self::Internal => "internal",
        }
    }
}

impl Code {
    /// The status of a page or problem document about it.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::SignInRequired | Self::InvalidGrant => StatusCode::UNAUTHORIZED,
            Self::ConsentRequired | Self::AccessDenied | Self::AdminPolicy | Self::CrossSite => {
                StatusCode::FORBIDDEN
            }
            Self::CallbackInvalid | Self::FlowExpired => StatusCode::BAD_REQUEST,
            Self::ProviderResponse | Self::IdTokenInvalid | Self::Api => StatusCode::BAD_GATEWAY,
            Self::ProviderTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::ProviderUnavailable
            | Self::StoreUnavailable
            | Self::ProviderRefused
            | Self::SignInFailed
            | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Why something did not work, with what to do about it.
///
/// Opaque on purpose: [`code`](Self::code) is stable and can be matched on, the predicates
/// answer the questions that a program has, and `Debug` prints text and help for a person,
/// since that is what a `main` that returns it shows.
///
/// ```
/// use oauth_runtime::ClientCredentials;
/// let error = ClientCredentials::from_file("no-such-file.json").unwrap_err();
/// assert_eq!(error.code(), "config_credentials");
/// assert!(!error.is_transient());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    text: Text,
    help: Option<Text>,
    source: Option<BoxError>,
    retry_after: Option<Duration>,
    api_status: Option<StatusCode>,
    answer: Option<Answer>,
}

/// What a refused request is answered, made where the request was at hand.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) response: http::Response<String>,
    /// The link that begins the authorization, relative to our own origin.
    pub(crate) authorize_url: Option<String>,
}

impl Error {
    pub(crate) fn new(code: Code, text: impl Into<Text>) -> Self {
        Self(Box::new(Inner {
            code,
            text: text.into(),
            help: None,
            source: None,
            retry_after: None,
            api_status: None,
            answer: None,
        }))
    }

    /// What a [`Store`](crate::Store) returns when its database fails for the moment: a request
    /// is answered 503, and nothing is lost. `source` is shown to the operator.
    pub fn store(name: &str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(
            Code::StoreUnavailable,
            format!("the store ({name}) does not answer as it should"),
        )
        .with_source(source)
        .with_retry_after(Some(Duration::from_secs(2)))
    }

    /// The same where an operator has to change settings, rights or schema. `text` says what is
    /// wrong, in lower case, and `help` what to do; neither holds a secret.
    pub fn store_unusable(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Code::ConfigStore, text.into()).with_help(help.into())
    }

    pub(crate) fn with_help(mut self, help: impl Into<Text>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_api_status(mut self, status: StatusCode) -> Self {
        self.0.api_status = Some(status);
        self
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Self {
        self.0.answer = Some(answer);
        self
    }

    pub(crate) fn kind(&self) -> Code {
        self.0.code
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.code.status()
    }

    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.0.answer.as_ref()
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The same error for a second waiter. The source cannot be cloned and stays behind.
    pub(crate) fn share(&self) -> Self {
        let inner = &self.0;
        Self(Box::new(Inner {
            code: inner.code,
            text: inner.text.clone(),
            help: inner.help.clone(),
            source: None,
            retry_after: inner.retry_after,
            api_status: inner.api_status,
            answer: inner.answer.clone(),
        }))
    }

    /// A stable word for what happened, such as `"consent_required"`.
    pub fn code(&self) -> &'static str {
        self.0.code.as_str()
    }

    /// What to do about it, where the library knows.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Whether the user has to sign in or authorize before the same request can succeed.
    pub fn is_consent_required(&self) -> bool {
        use Code::{ConsentRequired, InvalidGrant, SignInRequired};
        matches!(self.0.code, SignInRequired | ConsentRequired | InvalidGrant)
    }

    /// Whether the same request may succeed later without anybody acting.
    pub fn is_transient(&self) -> bool {
        use Code::{ProviderTimeout, ProviderUnavailable, ShuttingDown, StoreUnavailable};
        let code = self.0.code;
        matches!(code, ProviderUnavailable | ProviderTimeout | StoreUnavailable | ShuttingDown)
    }

    /// The status that an API answered, where the error is about one.
    pub fn api_status(&self) -> Option<StatusCode> {
        self.0.api_status
    }

    /// The link that begins the missing authorization: relative to the app's own origin, or
    /// whole where the error arose [outside of a request](crate::Account::token).
    pub fn authorize_url(&self) -> Option<&str> {
        self.0.answer.as_ref()?.authorize_url.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.0.text, self.code())?;
        if let Some(help) = self.help() {
            write!(f, "\n  help: {help}")?;
        }
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, "\n  caused by: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Code, Error};

    /// Every code, in the order of the enum.
    const ALL: [Code; 25] = [
        Code::ConfigCredentials,
        Code::ConfigRedirectUri,
        Code::ConfigPublicUrl,
        Code::ConfigKeys,
        Code::ConfigOption,
        Code::SignInRequired,
        Code::ConsentRequired,
        Code::AccessDenied,
        Code::SignInFailed,
        Code::CrossSite,
        Code::CallbackInvalid,
        Code::FlowExpired,
        Code::ProviderResponse,
        Code::IdTokenInvalid,
        Code::ProviderRefused,
        Code::ProviderUnavailable,
        Code::ProviderTimeout,
        Code::InvalidGrant,
        Code::AdminPolicy,
        Code::Api,
        Code::ApiHost,
        Code::ConfigStore,
        Code::StoreUnavailable,
        Code::ShuttingDown,
        Code::Internal,
    ];

    /// A code that is added has to be added to the list as well: the compiler asks for it.
    #[test]
    fn the_list_of_all_codes_is_complete() {
        let place = |code: Code| match code {
            Code::ConfigCredentials => 0,
            Code::ConfigRedirectUri => 1,
            Code::ConfigPublicUrl => 2,
            Code::ConfigKeys => 3,
            Code::ConfigOption => 4,
            Code::SignInRequired => 5,
            Code::ConsentRequired => 6,
            Code::AccessDenied => 7,
            Code::SignInFailed => 8,
            Code::CrossSite => 9,
            Code::CallbackInvalid => 10,
            Code::FlowExpired => 11,
            Code::ProviderResponse => 12,
            Code::IdTokenInvalid => 13,
            Code::ProviderRefused => 14,
            Code::ProviderUnavailable => 15,
            Code::ProviderTimeout => 16,
            Code::InvalidGrant => 17,
            Code::AdminPolicy => 18,
            Code::Api => 19,
            Code::ApiHost => 20,
            Code::ConfigStore => 21,
            Code::StoreUnavailable => 22,
            Code::ShuttingDown => 23,
            Code::Internal => 24,
        };
        let places: Vec<usize> = ALL.map(place).to_vec();
        assert_eq!(places, (0..ALL.len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_guide_has_every_code_with_its_status_and_no_other() {
        let row = |line: &'static str| {
            let (code, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            Some((code, rest.split(" | ").next()?.parse::<u16>().ok()?))
        };
        let rows: Vec<_> = include_str!("docs/error_codes.md").lines().filter_map(row).collect();
        let guide: BTreeSet<_> = rows.iter().copied().collect();
        let codes: BTreeSet<_> = ALL.map(|code| (code.as_str(), code.status().as_u16())).into();
        let (lacking, foreign) = (&codes - &guide, &guide - &codes);
        assert!(lacking.is_empty(), "add these to the table of docs/error_codes.md: {lacking:?}");
        assert!(foreign.is_empty(), "no code is so, in docs/error_codes.md: {foreign:?}");
        assert_eq!(rows.len(), ALL.len(), "a code is twice in docs/error_codes.md");
    }

    #[test]
    fn debug_shows_text_help_and_causes_for_the_person_who_starts_the_app() {
        let error = Error::new(Code::ConfigKeys, "the key file cannot be read")
            .with_help("make one with `openssl rand -base64 32`")
            .with_source(std::io::Error::other("denied"));
        let shown = format!("{error:?}");
        assert_eq!(
            shown,
            "the key file cannot be read [config_keys]\n  help: make one with `openssl rand \
             -base64 32`\n  caused by: denied"
        );
        assert_eq!(error.to_string(), "the key file cannot be read");
    }
}
