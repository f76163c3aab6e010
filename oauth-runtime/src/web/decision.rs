//! What the guard does, decided without doing it.

use super::request_kind::RequestKind;
use crate::tokens::{Freshness, Need, Verdict};

/// How the user stands towards what the handler requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    SignedOut,
    /// A required scope is not granted.
    Missing,
    /// All is granted; the access token has this much life.
    Granted(Freshness),
    /// All was granted, but the token has ended, and nothing renews it before the user acts.
    Dead,
    /// All was granted, the token has ended, and nobody can say now whether it can be renewed.
    Unknown,
}

impl From<Verdict> for Standing {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Now(freshness) => Self::Granted(freshness),
            Verdict::AfterRefresh => Self::Granted(Freshness::Expired),
            Verdict::AfterUser(Need::Consent) => Self::Missing,
            Verdict::AfterUser(Need::Renewal) => Self::Dead,
        }
    }
}

/// What came before the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    /// The person said no to it, or was at the provider for it a moment ago, so that one more
    /// round would hardly help: from then on a click is needed, and no two servers send a
    /// browser round and round.
    pub(crate) answered: bool,
    /// The app says what will be asked before the provider asks it.
    pub(crate) explains: bool,
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
    /// The handler does not run; the person can change that.
    Refuse(Refusal),
    /// The handler does not run; it may later, with nobody doing anything.
    Wait,
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
    /// The form came from elsewhere, where that is allowed. It is not kept: a page leads on.
    SendAgain,
}

/// The whole table: standing × kind of request, and what came before.
pub(crate) fn decide(standing: Standing, kind: RequestKind, before: Before) -> Decision {
    match standing {
        Standing::Granted(Freshness::Fresh) => Decision::Proceed,
        Standing::Granted(Freshness::Stale) => Decision::ProceedAndRefresh,
        Standing::Granted(Freshness::Expired) => Decision::RefreshFirst,
        Standing::Unknown => Decision::Wait,
        Standing::SignedOut | Standing::Missing | Standing::Dead => {
            Decision::Refuse(refusal(kind, before))
        }
    }
}

/// The shape of a no.
pub(crate) fn refusal(kind: RequestKind, before: Before) -> Refusal {
    match kind {
        RequestKind::Page if before.answered => Refusal::Explain,
        RequestKind::Page if before.explains => Refusal::Rationale,
        RequestKind::Page => Refusal::Redirect,
        RequestKind::Form => Refusal::Hold,
        RequestKind::CrossSite => Refusal::SendAgain,
        RequestKind::Fetch => Refusal::Problem,
        RequestKind::Htmx => Refusal::HtmxProblem,
        RequestKind::Frame => Refusal::LeaveFrame,
        RequestKind::Quiet => Refusal::Quiet,
    }
}

#[cfg(test)]
mod tests {
    use super::Decision::{Proceed, ProceedAndRefresh, RefreshFirst, Wait};
    use super::*;

    /// The columns.
    const KINDS: [RequestKind; 7] = [
        RequestKind::Page,
        RequestKind::Form,
        RequestKind::Fetch,
        RequestKind::Htmx,
        RequestKind::Quiet,
        RequestKind::Frame,
        RequestKind::CrossSite,
    ];
    const STANDINGS: [Standing; 7] = [
        Standing::SignedOut,
        Standing::Missing,
        Standing::Dead,
        Standing::Granted(Freshness::Fresh),
        Standing::Granted(Freshness::Stale),
        Standing::Granted(Freshness::Expired),
        Standing::Unknown,
    ];
    /// First visit, explained first, answered before, both.
    const BEFORE: [Before; 4] = [
        Before { answered: false, explains: false },
        Before { answered: false, explains: true },
        Before { answered: true, explains: false },
        Before { answered: true, explains: true },
    ];

    /// The row of a no: only the page differs by what came before.
    const fn no(page: Refusal) -> [Decision; 7] {
        [
            Decision::Refuse(page),
            Decision::Refuse(Refusal::Hold),
            Decision::Refuse(Refusal::Problem),
            Decision::Refuse(Refusal::HtmxProblem),
            Decision::Refuse(Refusal::Quiet),
            Decision::Refuse(Refusal::LeaveFrame),
            Decision::Refuse(Refusal::SendAgain),
        ]
    }

    /// One row for a standing and what came before; in it, one cell for a kind of request.
    fn row(standing: Standing, before: Before) -> [Decision; 7] {
        match (standing, before.answered, before.explains) {
            // All granted, and the token lives: the handler, whoever asks and how.
            (Standing::Granted(Freshness::Fresh), _, _) => [Proceed; 7],
            (Standing::Granted(Freshness::Stale), _, _) => [ProceedAndRefresh; 7],
            (Standing::Granted(Freshness::Expired), _, _) => [RefreshFirst; 7],
            // Nobody can say: 503 for all.
            (Standing::Unknown, _, _) => [Wait; 7],
            // Signed out, a scope missing, or the access gone.
            (_, false, false) => no(Refusal::Redirect),
            (_, false, true) => no(Refusal::Rationale),
            // Declined before, or back a moment ago: never a second automatic redirect.
            (_, true, _) => no(Refusal::Explain),
        }
    }

    #[test]
    fn every_cell_of_the_table_is_as_it_is_written() {
        for (standing, before) in STANDINGS.iter().flat_map(|s| BEFORE.map(|before| (*s, before))) {
            for (kind, expected) in KINDS.into_iter().zip(row(standing, before)) {
                let decision = decide(standing, kind, before);
                assert_eq!(decision, expected, "{standing:?}, {kind:?}, {before:?}");
            }
        }
    }

    /// Invariant 10: nothing but a token that lives and holds every scope lets a handler run.
    #[test]
    fn a_handler_runs_only_where_all_is_granted_and_the_token_lives() {
        for (standing, kind) in STANDINGS.iter().flat_map(|s| KINDS.map(|kind| (*s, kind))) {
            let lives = matches!(standing, Standing::Granted(Freshness::Fresh | Freshness::Stale));
            for before in BEFORE {
                let decision = decide(standing, kind, before);
                let runs = matches!(decision, Proceed | ProceedAndRefresh);
                assert_eq!(runs, lives, "{standing:?}, {kind:?}, {before:?}");
            }
        }
    }

    /// Invariants 16 and 19: a browser is sent to a provider only as a page, and only unanswered.
    #[test]
    fn only_a_page_that_was_not_answered_is_sent_to_the_provider() {
        for (standing, kind) in STANDINGS.iter().flat_map(|s| KINDS.map(|kind| (*s, kind))) {
            for before in BEFORE {
                let sent = decide(standing, kind, before) == Decision::Refuse(Refusal::Redirect);
                assert!(!sent || (kind == RequestKind::Page && !before.answered));
            }
        }
    }

    /// A kind or a standing that is added has to be added to the lists above as well: the
    /// compiler asks for it here.
    #[test]
    fn the_lists_are_complete() {
        let column = |kind: RequestKind| match kind {
            RequestKind::Page => 0,
            RequestKind::Form => 1,
            RequestKind::Fetch => 2,
            RequestKind::Htmx => 3,
            RequestKind::Quiet => 4,
            RequestKind::Frame => 5,
            RequestKind::CrossSite => 6,
        };
        let line = |standing: Standing| match standing {
            Standing::SignedOut => 0,
            Standing::Missing => 1,
            Standing::Dead => 2,
            Standing::Granted(Freshness::Fresh) => 3,
            Standing::Granted(Freshness::Stale) => 4,
            Standing::Granted(Freshness::Expired) => 5,
            Standing::Unknown => 6,
        };
        assert_eq!(KINDS.map(column), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(STANDINGS.map(line), [0, 1, 2, 3, 4, 5, 6]);
    }
}
