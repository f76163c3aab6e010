//! One thing that the library does: its span, how it ended, and how long it took.

use std::time::Duration;

use tracing::{Span, field, info_span};

use crate::clock::Timestamp;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Somebody is sent to a provider.
    Authorize,
    /// Somebody comes back.
    Callback,
    /// A token is renewed.
    Refresh,
    /// A token is revoked.
    Revoke,
    /// An API is called.
    Api,
}

impl Action {
    /// The counter of how it ended, and the histogram of how long it took, in seconds.
    #[cfg_attr(
        not(any(feature = "metrics", test)),
        expect(dead_code, reason = "for metrics alone")
    )]
    pub(crate) const fn metrics(self) -> (&'static str, &'static str) {
        match self {
            Self::Authorize => ("oauth_authorize_total", "oauth_authorize_duration_seconds"),
            Self::Callback => ("oauth_callback_total", "oauth_callback_duration_seconds"),
            Self::Refresh => ("oauth_refresh_total", "oauth_refresh_duration_seconds"),
            Self::Revoke => ("oauth_revoke_total", "oauth_revoke_duration_seconds"),
            Self::Api => ("oauth_api_total", "oauth_api_duration_seconds"),
        }
    }

    /// The name of a span is known to the compiler.
    fn span(self, provider: &str) -> Span {
        match self {
            Self::Authorize => info_span!("authorize", provider, outcome = field::Empty),
            Self::Callback => info_span!("callback", provider, outcome = field::Empty),
            Self::Refresh => info_span!("refresh", provider, outcome = field::Empty),
            Self::Revoke => info_span!("revoke", provider, outcome = field::Empty),
            Self::Api => info_span!("api", provider, outcome = field::Empty),
        }
    }
}

/// Something that is being done.
#[must_use = "what was begun is to be ended"]
pub(crate) struct Act {
    action: Action,
    provider: String,
    begun: Timestamp,
    span: Span,
}

impl Act {
    pub(crate) fn begin(action: Action, provider: &str, now: Timestamp) -> Self {
        let (span, provider) = (action.span(provider), provider.to_owned());
        Self { action, provider, begun: now, span }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// `outcome` is one of few words: it becomes a label.
    pub(crate) fn end(self, outcome: &'static str, now: Timestamp) {
        self.span.record("outcome", outcome);
        measured(self.action, self.provider, outcome, now.since(self.begun));
    }
}

#[cfg(feature = "metrics")]
fn measured(action: Action, provider: String, outcome: &'static str, took: Duration) {
    let (total, seconds) = action.metrics();
    metrics::counter!(total, "provider" => provider.clone(), "outcome" => outcome).increment(1);
    metrics::histogram!(seconds, "provider" => provider, "outcome" => outcome).record(took);
}

#[cfg(not(feature = "metrics"))]
fn measured(_: Action, _: String, _: &'static str, _: Duration) {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Action::{Api, Authorize, Callback, Refresh, Revoke};

    #[test]
    fn the_guide_names_every_metric_and_no_other() {
        let named = |line: &'static str| line.strip_prefix("| `oauth_")?.split('`').next();
        let guide: BTreeSet<_> =
            include_str!("../docs/operate.md").lines().filter_map(named).collect();
        let all = [Authorize, Callback, Refresh, Revoke, Api].map(super::Action::metrics);
        let all = all.iter().flat_map(|(total, seconds)| [*total, *seconds]);
        let all = all.chain([super::super::room::REFUSED_FOR_ROOM]);
        let all: BTreeSet<_> = all.filter_map(|name| name.strip_prefix("oauth_")).collect();
        assert_eq!(guide, all);
    }
}
