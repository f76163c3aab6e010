//! The pages about a form whose handler had begun, in English.

use super::super::Words;
use crate::pages::kind::PageKind;

/// Of a form whose handler ran, until it turned out that something is missing.
pub(in super::super) const AFTER_BEGIN: &[(PageKind, Words)] = &[
    (
        PageKind::Held,
        Words {
            title: "One more step to finish this",
            lead: "To finish this, the app needs your permission at {provider}.",
            note: Some(
                "The app had begun already, so a part of it may be done. What you filled in is kept for ten \
                 minutes: after this step you can look at it and send it again.",
            ),
        },
    ),
    (
        PageKind::Confirm,
        Words {
            title: "Ready to send again",
            lead: "This is what you filled in. The app had begun with it, so a part of it may be done already.",
            note: None,
        },
    ),
    (
        PageKind::SendAgain,
        Words {
            title: "One more step before you send this again",
            lead: "To finish this, the app needs your permission at {provider}.",
            note: Some(
                "The app had begun already, so a part of it may be done. After this step, please look at \
                 what is there, and send the form again where that is needed.",
            ),
        },
    ),
];
