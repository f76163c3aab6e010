//! What the guard does, decided without doing it.

use super::request_kind::RequestKind;
use crate::tokens::Freshness;

/// How the person stands towards what the handler requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    SignedOut,
    /// A required scope is not granted; `declined` if the person left it out before.
    Missing {
        declined: bool,
    },
    /// All is granted; the access token has this much life.
    Granted(Freshness),
    /// All was granted, but the token has ended and nothing can renew it.
    Dead,
}

/// What to do with the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Run the handler.
    Proceed,
    /// Run the handler and refresh the token behind it.
    ProceedAndRefresh,
    /// Refresh first, then decide again.
    RefreshFirst,
    /// The handler does not run.
    Refuse(Refusal),
}

/// The shape of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 303 to the provider.
    Redirect,
    /// A page that says what will be asked, before the provider asks it.
    Rationale,
    /// A page that says what is missing, with a link to grant it.
    Explain,
    /// 307 to our own route that keeps the form, or a page where it cannot be kept.
    Hold,
    /// A problem document.
    Problem,
    /// The same, and HTMX is told to follow our link.
    HtmxProblem,
    /// A page with a link that leads out of the frame.
    LeaveFrame,
    /// A status, and nothing else.
    Quiet,
    /// The form came from elsewhere.
    CrossSite,
}

/// The whole table: standing × kind of request.
pub(crate) fn decide(standing: Standing, kind: RequestKind) -> Decision {
    match standing {
        Standing::Granted(Freshness::Fresh) => Decision::Proceed,
        Standing::Granted(Freshness::Stale) => Decision::ProceedAndRefresh,
        Standing::Granted(Freshness::Expired) => Decision::RefreshFirst,
        Standing::SignedOut | Standing::Dead => Decision::Refuse(refusal(kind, false)),
        Standing::Missing { declined } => Decision::Refuse(refusal(kind, declined)),
    }
}

fn refusal(kind: RequestKind, declined: bool) -> Refusal {
    match kind {
        RequestKind::Page if declined => Refusal::Explain,
        RequestKind::Page => Refusal::Redirect,
        RequestKind::Form => Refusal::Hold,
        RequestKind::CrossSite => Refusal::CrossSite,
        RequestKind::Fetch => Refusal::Problem,
        RequestKind::Htmx => Refusal::HtmxProblem,
        RequestKind::Frame => Refusal::LeaveFrame,
        RequestKind::Quiet => Refusal::Quiet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [RequestKind; 7] = [
        RequestKind::Page,
        RequestKind::Form,
        RequestKind::CrossSite,
        RequestKind::Fetch,
        RequestKind::Htmx,
        RequestKind::Frame,
        RequestKind::Quiet,
    ];

    #[test]
    fn whoever_is_granted_and_fresh_passes_whatever_the_request() {
        for kind in KINDS {
            let granted = |freshness| decide(Standing::Granted(freshness), kind);
            assert_eq!(granted(Freshness::Fresh), Decision::Proceed);
            assert_eq!(granted(Freshness::Stale), Decision::ProceedAndRefresh);
            assert_eq!(granted(Freshness::Expired), Decision::RefreshFirst);
        }
    }

    #[test]
    fn every_refusal_has_the_shape_of_its_request() {
        use Refusal as R;
        let (out, dead) = (Standing::SignedOut, Standing::Dead);
        let (missing, declined) =
            (Standing::Missing { declined: false }, Standing::Missing { declined: true });
        // One row a kind: signed out, missing, declined, dead.
        let table = [
            (RequestKind::Page, [R::Redirect, R::Redirect, R::Explain, R::Redirect]),
            (RequestKind::Form, [R::Hold; 4]),
            (RequestKind::CrossSite, [R::CrossSite; 4]),
            (RequestKind::Fetch, [R::Problem; 4]),
            (RequestKind::Htmx, [R::HtmxProblem; 4]),
            (RequestKind::Frame, [R::LeaveFrame; 4]),
            (RequestKind::Quiet, [R::Quiet; 4]),
        ];
        assert_eq!(table.map(|row| row.0), KINDS);
        for (kind, refusals) in table {
            for (standing, refusal) in [out, missing, declined, dead].into_iter().zip(refusals) {
                let decision = decide(standing, kind);
                assert_eq!(decision, Decision::Refuse(refusal), "{standing:?} {kind:?}");
            }
        }
    }
}
