//! What can happen, by name.

use http::StatusCode;

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
    /// The provider ended the authorization before the user decided, or lost it.
    FlowInterrupted,
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
    /// A service account is refused: the operator has to act.
    ServiceAccount,
    /// The administrator of the user's organization forbids the access.
    AdminPolicy,
    /// A request to an API failed.
    Api,
    /// An API is not enabled for the app's project: the operator has to act.
    ApiDisabled,
    /// An API refuses the request, and no scope that it names would change that.
    ApiForbidden,
    /// An API got too many requests.
    ApiRateLimited,
    /// An API fails for the moment.
    ApiUnavailable,
    /// A request would have carried the token to a foreign host.
    ApiHost,
    /// The database that keeps the rows is not usable: its settings, schema or rights.
    ConfigStore,
    /// The database that keeps the rows does not answer just now.
    StoreUnavailable,
    /// There is no room for another pending row of these callers; trying later helps.
    TooManyPending,
    /// The app asks for what its own policy or snapshot does not have.
    #[cfg_attr(
        not(feature = "manifest"),
        expect(dead_code, reason = "the manifest alone makes it")
    )]
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
            Self::FlowInterrupted => "flow_interrupted",
            Self::ProviderResponse => "provider_response",
            Self::IdTokenInvalid => "id_token_invalid",
            Self::ProviderRefused => "provider_refused",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::ProviderTimeout => "provider_timeout",
            Self::InvalidGrant => "invalid_grant",
            Self::ServiceAccount => "service_account",
            Self::AdminPolicy => "admin_policy",
            Self::Api => "api",
            Self::ApiDisabled => "api_disabled",
            Self::ApiForbidden => "api_forbidden",
            Self::ApiRateLimited => "api_rate_limited",
            Self::ApiUnavailable => "api_unavailable",
            Self::ApiHost => "api_host",
            Self::ConfigStore => "config_store",
            Self::StoreUnavailable => "store_unavailable",
            Self::TooManyPending => "too_many_pending",
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
            Self::ConsentRequired
            | Self::AccessDenied
            | Self::AdminPolicy
            | Self::ApiForbidden
            | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::CallbackInvalid | Self::FlowExpired | Self::FlowInterrupted => {
                StatusCode::BAD_REQUEST
            }
            Self::ProviderResponse | Self::IdTokenInvalid | Self::Api => StatusCode::BAD_GATEWAY,
            Self::ProviderTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::ProviderUnavailable
            | Self::StoreUnavailable
            | Self::ProviderRefused
            | Self::ServiceAccount
            | Self::SignInFailed
            | Self::ApiDisabled
            | Self::ApiRateLimited
            | Self::ApiUnavailable
            | Self::TooManyPending
            | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Code;

    /// Every code, in the order of the enum.
    const ALL: [Code; 33] = [
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
        Code::ApiDisabled,
        Code::ApiForbidden,
        Code::ApiRateLimited,
        Code::ApiUnavailable,
        Code::ApiHost,
        Code::ConfigStore,
        Code::StoreUnavailable,
        Code::ManifestPolicy,
        Code::ShuttingDown,
        Code::Internal,
        Code::ServiceAccount,
        Code::TooManyPending,
        Code::FlowInterrupted,
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
            Code::ApiDisabled => 20,
            Code::ApiForbidden => 21,
            Code::ApiRateLimited => 22,
            Code::ApiUnavailable => 23,
            Code::ApiHost => 24,
            Code::ConfigStore => 25,
            Code::StoreUnavailable => 26,
            Code::ManifestPolicy => 27,
            Code::ShuttingDown => 28,
            Code::Internal => 29,
            Code::ServiceAccount => 30,
            Code::TooManyPending => 31,
            Code::FlowInterrupted => 32,
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
        let rows: Vec<_> = include_str!("../docs/error_codes.md").lines().filter_map(row).collect();
        let guide: BTreeSet<_> = rows.iter().copied().collect();
        let codes: BTreeSet<_> = ALL.map(|code| (code.as_str(), code.status().as_u16())).into();
        let (lacking, foreign) = (&codes - &guide, &guide - &codes);
        assert!(lacking.is_empty(), "add these to the table of docs/error_codes.md: {lacking:?}");
        assert!(foreign.is_empty(), "no code is so, in docs/error_codes.md: {foreign:?}");
        assert_eq!(rows.len(), ALL.len(), "a code is twice in docs/error_codes.md");
    }
}
