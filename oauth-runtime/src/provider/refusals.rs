//! How the APIs of a provider say no, and what each no means.

use std::time::Duration;

use super::differences::Text;
use super::profile::Provider;

/// One way in which an API of a provider refuses a request, and what it means by that.
///
/// An API answers 403 for a missing scope, for too many requests, for a rule of an
/// administrator, or because the user may not do this; which one it is, the body or a header
/// says in words of its own. The providers that are built in bring theirs, and for every
/// provider these hold: a challenge or a body with `error=insufficient_scope`
/// ([RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)), 429, and 403 with
/// `Retry-After`. More are added with [`Provider::with_api_refusals`](crate::Provider::with_api_refusals).
///
/// All conditions of a refusal have to hold; the first refusal whose conditions do is what the
/// answer means. Where none does, the error says no more than the API itself.
///
/// ```
/// use oauth_runtime::{ApiRefusal, ClientCredentials, Provider, UserApi};
///
/// let provider = Provider::oauth2(
///     "music",
///     "Music",
///     "https://music.example.com",
///     "https://music.example.com/authorize",
///     "https://music.example.com/token",
///     UserApi::new("https://api.music.example.com/me", "id")?,
///     ClientCredentials::new("client-id", "fake-secret"),
/// )?
/// .with_api_refusals([
///     // {"error":{"status":403,"message":"Insufficient client scope"}}
///     ApiRefusal::missing_scope().with_status(403).with_words("/error/message", "client scope"),
///     // [{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]
///     ApiRefusal::rate_limited().with_member("/*/errorCode", ["REQUEST_LIMIT_EXCEEDED"]),
/// ]);
/// # drop(provider);
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a refusal is known once it is added to a provider"]
pub struct ApiRefusal {
    pub(crate) meaning: ApiMeaning,
    /// Any status between 400 and 499, if there is none.
    pub(crate) statuses: Vec<u16>,
    pub(crate) signs: Vec<ApiSign>,
    pub(crate) help: Option<Text>,
    pub(crate) links: Vec<ApiPlace>,
    /// The header that says when requests are taken again.
    pub(crate) reset: Option<Text>,
    /// How long to wait where the answer does not say.
    pub(crate) wait: Option<Duration>,
}

/// What an API means by a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiMeaning {
    /// The token lacks a scope.
    MissingScope,
    /// There were too many requests.
    RateLimited,
    /// The operator has to enable the API.
    Disabled,
    /// An administrator has to allow it.
    AdminPolicy,
    /// The user may not do this.
    Forbidden,
    /// Either a scope is missing or the user may not do this.
    Denied,
}

/// A part of an answer.
#[derive(Clone, Debug)]
pub(crate) enum ApiPlace {
    /// A member of the JSON body: a JSON Pointer (RFC 6901), in which `*` is each entry.
    Member(Text),
    /// A header, whose parameters are apart (`required; url=…`): its value, or one of them.
    Header { name: Text, parameter: Option<Text> },
    /// `error` of a challenge for a bearer token (RFC 6750 §3).
    Challenge,
}

/// What has to be there.
#[derive(Clone, Debug)]
pub(crate) enum ApiSign {
    /// One of these values.
    Is(ApiPlace, Vec<Text>),
    /// A text in which these words are.
    Says(ApiPlace, Text),
    /// Anything.
    Has(ApiPlace),
    /// None of the scopes that one header lists is among those that the other one lists.
    HoldsNone { accepted: Text, held: Text },
}

impl ApiRefusal {
    const fn new(meaning: ApiMeaning) -> Self {
        Self {
            meaning,
            statuses: Vec::new(),
            signs: Vec::new(),
            help: None,
            links: Vec::new(),
            reset: None,
            wait: None,
        }
    }

    /// The token lacks a scope: `consent_required`.
    pub const fn missing_scope() -> Self {
        Self::new(ApiMeaning::MissingScope)
    }

    /// There were too many requests: `api_rate_limited`. The request is sent again if the wait
    /// is short.
    pub const fn rate_limited() -> Self {
        Self::new(ApiMeaning::RateLimited)
    }

    /// The operator has to enable the API for the app: `api_disabled`.
    pub const fn disabled() -> Self {
        Self::new(ApiMeaning::Disabled)
    }

    /// The administrator of the user's organization has to allow it: `admin_policy`.
    pub const fn admin_policy() -> Self {
        Self::new(ApiMeaning::AdminPolicy)
    }

    /// The user may not do this, whatever the app was granted: `api_forbidden`.
    pub const fn forbidden() -> Self {
        Self::new(ApiMeaning::Forbidden)
    }

    /// A scope is missing or the user may not do this, and the API does not say which:
    /// `api_forbidden`.
    pub const fn denied() -> Self {
        Self::new(ApiMeaning::Denied)
    }

    /// The answer has this status, or one of several that are given so.
    pub fn with_status(mut self, status: u16) -> Self {
        self.statuses.push(status);
        self
    }

    /// A member of the JSON body is one of these texts or numbers. `path` is a JSON Pointer
    /// ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)), in which `*` stands for each entry
    /// of an array or object.
    pub fn with_member<I: IntoIterator<Item: Into<Text>>>(
        self,
        path: impl Into<Text>,
        values: I,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.with_sign(ApiSign::Is(ApiPlace::Member(path.into()), values))
    }

    /// A member of the JSON body is a text in which these words are.
    pub fn with_words(self, path: impl Into<Text>, words: impl Into<Text>) -> Self {
        self.with_sign(ApiSign::Says(ApiPlace::Member(path.into()), words.into()))
    }

    /// A header has this value, up to its first semicolon.
    pub fn with_header(self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        let place = ApiPlace::Header { name: name.into(), parameter: None };
        self.with_sign(ApiSign::Is(place, vec![value.into()]))
    }

    /// A header is there.
    pub fn with_any_header(self, name: impl Into<Text>) -> Self {
        let place = ApiPlace::Header { name: name.into(), parameter: None };
        self.with_sign(ApiSign::Has(place))
    }

    /// `WWW-Authenticate` has a challenge for a bearer token with this `error`.
    pub fn with_challenge(self, error: impl Into<Text>) -> Self {
        self.with_sign(ApiSign::Is(ApiPlace::Challenge, vec![error.into()]))
    }

    /// One header lists scopes of which one suffices, the other those of the token, and no scope
    /// is in both.
    pub fn with_scopes(self, accepted: impl Into<Text>, held: impl Into<Text>) -> Self {
        self.with_sign(ApiSign::HoldsNone { accepted: accepted.into(), held: held.into() })
    }

    /// Says what is to be done about it: the [help](crate::Error::help) of the error.
    pub fn with_help(mut self, help: impl Into<Text>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A member of the JSON body with an https address where that is done; the first that is
    /// there counts.
    pub fn with_link(mut self, path: impl Into<Text>) -> Self {
        self.links.push(ApiPlace::Member(path.into()));
        self
    }

    /// The same in a parameter of a header.
    pub fn with_header_link(mut self, name: impl Into<Text>, parameter: impl Into<Text>) -> Self {
        let parameter = Some(parameter.into());
        self.links.push(ApiPlace::Header { name: name.into(), parameter });
        self
    }

    /// A header that says when requests are taken again, in seconds since 1970 or from now, where
    /// there is no `Retry-After`.
    pub fn with_reset(mut self, header: impl Into<Text>) -> Self {
        self.reset = Some(header.into());
        self
    }

    /// How long to wait where the answer does not say. More than eight seconds are not waited but
    /// told, in [`retry_after`](crate::Error::retry_after) of the error.
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    fn with_sign(mut self, sign: ApiSign) -> Self {
        self.signs.push(sign);
        self
    }
}

impl Provider {
    /// Adds what the provider's APIs say where they refuse a request, and what they mean by it.
    /// It is looked at before all that is known of them already.
    pub fn with_api_refusals(mut self, refusals: impl IntoIterator<Item = ApiRefusal>) -> Self {
        self.refusals.splice(0..0, refusals);
        self
    }
}

/// What holds for the APIs of every provider.
pub(super) fn of_all() -> Vec<ApiRefusal> {
    const LACKS: &str = "insufficient_scope";
    vec![
        ApiRefusal::missing_scope().with_challenge(LACKS),
        ApiRefusal::missing_scope().with_member("/error", [LACKS]),
        ApiRefusal::rate_limited().with_status(429),
        ApiRefusal::rate_limited().with_status(403).with_any_header("retry-after"),
    ]
}
