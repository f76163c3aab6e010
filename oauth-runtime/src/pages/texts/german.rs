//! German.

use super::super::kind::{LinkKind, PageKind};
use super::{Labels, Words};

pub(super) const LABELS: Labels = Labels {
    // The handler's words are in the app's language, so they stand apart.
    why: "Wozu: {why}",
    signed_in: "Angemeldet",
    chosen: "Gewählt",
    ways: "Was Sie tun können",
    support: "Hilfe",
    back_to: "Zurück zu {app}",
    send: "Senden",
    hidden: "(nicht gezeigt)",
};

pub(super) fn words(kind: PageKind) -> Words {
    let words = |title, lead| Words { title, lead, note: None };
    match kind {
        PageKind::Declined => Words {
            title: "Berechtigung nötig",
            lead: "Diese Seite braucht einen Zugriff, den Sie bei {provider} nicht erlaubt haben:",
            note: Some(
                "Alles andere funktioniert weiter. Sie können das jetzt erlauben oder später.",
            ),
        },
        PageKind::Denied => words(
            "Abgebrochen",
            "Sie haben bei {provider} abgebrochen. Es hat sich nichts geändert.",
        ),
        PageKind::OtherAccount => words(
            "Zwei verschiedene Konten",
            "Sie sind mit einem Konto angemeldet und haben bei {provider} ein anderes gewählt. \
             Vom anderen Konto wurde nichts behalten.",
        ),
        _ => own_login(kind),
    }
}

fn own_login(kind: PageKind) -> Words {
    let words = |title, lead| Words { title, lead, note: None };
    match kind {
        PageKind::Taken => words(
            "Dieses Konto ist vergeben",
            "Das Konto, das Sie bei {provider} gewählt haben, gehört in dieser App schon zu \
             jemand anderem. Es wurde nichts geändert.",
        ),
        PageKind::LoginNeeded => words(
            "Bitte zuerst anmelden",
            "Sie sind in dieser App nicht oder nicht mehr angemeldet. Es wurde nichts gesendet \
             und nichts geändert.",
        ),
        PageKind::Returning => words("Einen Moment", "Sie kommen von {provider} zurück."),
        _ => meanwhile(kind),
    }
}

fn meanwhile(kind: PageKind) -> Words {
    let words = |title, lead| Words { title, lead, note: None };
    match kind {
        PageKind::Held => Words {
            title: "Vorher noch ein Schritt",
            lead: "Dafür braucht die App zuerst Ihre Erlaubnis bei {provider}.",
            note: Some(
                "Ihre Eingaben werden zehn Minuten aufbewahrt. Nach diesem Schritt können Sie sie \
                 ansehen und senden.",
            ),
        },
        PageKind::Confirm => Words {
            title: "Bereit zum Senden",
            lead: "Das haben Sie eingegeben. Es wurde noch nicht gesendet.",
            note: None,
        },
        PageKind::SendAgain => Words {
            title: "Noch ein Schritt vor dem Senden",
            lead: "Dafür braucht die App zuerst Ihre Erlaubnis bei {provider}.",
            note: Some(
                "Ihre Eingaben wurden nicht gesendet. Nach diesem Schritt kommen Sie zum Formular \
                 zurück: Bitte senden Sie es dort noch einmal ab.",
            ),
        },
        PageKind::CrossSite => words(
            "Nicht von dieser Website",
            "Dieses Formular kam von einer anderen Website, deshalb wurde nichts getan.",
        ),
        PageKind::Framed => words(
            "Im ganzen Fenster fortfahren",
            "Das braucht Ihre Erlaubnis bei {provider}, außerhalb dieses Rahmens.",
        ),
        PageKind::SignedOut => words(
            "Abgemeldet",
            "Sie sind von dieser App abgemeldet. Was Sie bei {provider} erlaubt haben, bleibt \
             erlaubt.",
        ),
        _ => trouble(kind),
    }
}

fn trouble(kind: PageKind) -> Words {
    let words = |title, lead| Words { title, lead, note: None };
    match kind {
        PageKind::Expired => {
            words("Das hat zu lange gedauert", "Der Link ist abgelaufen. Es wurde nichts geändert.")
        }
        PageKind::Unusable => words(
            "Dieser Link lässt sich nicht verwenden",
            "Er stammt nicht aus diesem Browser oder wurde schon verwendet. Es wurde nichts \
             geändert.",
        ),
        PageKind::AdminPolicy => words(
            "Ihre Administration erlaubt das nicht",
            "Die Einstellungen Ihrer Organisation bei {provider} verbieten dieser App den \
             Zugriff. Bitte fragen Sie Ihre Administration.",
        ),
        PageKind::AppRefused => words(
            "Diese App ist nicht richtig eingerichtet",
            "{provider} hat die App selbst abgelehnt. Wer sie betreibt, muss handeln; von Ihnen \
             ging nichts verloren.",
        ),
        PageKind::Unavailable => words(
            "Bitte versuchen Sie es gleich noch einmal",
            "{provider} war gerade nicht zu erreichen. Es ging nichts verloren.",
        ),
        PageKind::Untrusted => words(
            "Der Antwort war nicht zu trauen",
            "{provider} hat auf eine Weise geantwortet, die diese App nicht annimmt. Es wurde \
             nichts geändert.",
        ),
        _ => words(
            "Etwas ist schiefgegangen",
            "Die App konnte das nicht abschließen. Es wurde nichts geändert.",
        ),
    }
}

pub(super) fn link(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Grant => "Zugriff erlauben",
        LinkKind::Retry => "Noch einmal versuchen",
        LinkKind::Continue => "Weiter",
        LinkKind::KeepAccount => "Weiter als {account}",
        LinkKind::SwitchAccount => "Wechseln zu {account}",
        LinkKind::StartAgain => "Von vorn beginnen",
        LinkKind::SignIn => "Wieder anmelden",
        LinkKind::LogIn => "Anmelden",
        LinkKind::Back => "Zurück zur App",
    }
}
