//! The pages about a form whose handler had begun, in German.

use super::super::Words;
use crate::pages::kind::PageKind;

/// Of a form whose handler ran, until it turned out that something is missing.
pub(in super::super) const AFTER_BEGIN: &[(PageKind, Words)] = &[
    (
        PageKind::Held,
        Words {
            title: "Noch ein Schritt, um das abzuschließen",
            lead: "Um das abzuschließen, braucht die App Ihre Erlaubnis bei {provider}.",
            note: Some(
                "Die App hatte schon begonnen, ein Teil kann also erledigt sein. Ihre Eingaben werden zehn \
                 Minuten aufbewahrt: Nach diesem Schritt können Sie sie ansehen und noch einmal senden.",
            ),
        },
    ),
    (
        PageKind::Confirm,
        Words {
            title: "Bereit, noch einmal zu senden",
            lead: "Das haben Sie eingegeben. Die App hatte damit begonnen, ein Teil kann also schon erledigt sein.",
            note: None,
        },
    ),
    (
        PageKind::SendAgain,
        Words {
            title: "Noch ein Schritt, bevor Sie das noch einmal senden",
            lead: "Um das abzuschließen, braucht die App Ihre Erlaubnis bei {provider}.",
            note: Some(
                "Die App hatte schon begonnen, ein Teil kann also erledigt sein. Bitte sehen Sie nach diesem \
                 Schritt nach, was da ist, und senden Sie das Formular noch einmal, wo es nötig ist.",
            ),
        },
    ),
];
