//! Labels and links in German.

use super::super::Labels;
use crate::pages::kind::LinkKind;

pub(in super::super) const LABELS: Labels = Labels {
    // The handler's words are in the app's language, so they stand apart.
    why: "Zweck: {why}",
    signed_in: "Angemeldet als",
    chosen: "Gewählt haben Sie",
    ways: "Was Sie tun können",
    support: "Hilfe",
    back_to: "Zurück zu {app}",
    send: "Senden",
    disconnect: "Trennen",
    granted: "Sie haben erlaubt",
    nothing_granted: "Sie haben nichts erlaubt außer, dass die App weiß, wer Sie sind.",
    left_out: "Sie haben ausgelassen",
    since: "seit",
    hidden: "(nicht gezeigt)",
};

pub(in super::super) const LINKS: &[(LinkKind, &str)] = &[
    (LinkKind::Grant, "Zugriff erlauben"),
    (LinkKind::Retry, "Noch einmal versuchen"),
    (LinkKind::Continue, "Weiter"),
    (LinkKind::KeepAccount, "Weiter als {account}"),
    (LinkKind::SwitchAccount, "Zu {account} wechseln"),
    (LinkKind::ChooseAccount, "Anderes Konto wählen"),
    (LinkKind::StartAgain, "Neu beginnen"),
    (LinkKind::ConnectAgain, "Konto neu verbinden"),
    (LinkKind::SignIn, "Erneut anmelden"),
    (LinkKind::LogIn, "Anmelden"),
    (LinkKind::SignOut, "Abmelden"),
    (LinkKind::SignOutEverywhere, "In jedem Browser abmelden"),
    (LinkKind::Back, "Zurück zur App"),
];
