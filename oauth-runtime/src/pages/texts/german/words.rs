//! The pages in German.

use super::super::Words;
use crate::pages::kind::PageKind;

pub(in super::super) const WORDS: &[(PageKind, Words)] = &[
    (
        PageKind::Rationale,
        Words {
            title: "Ihre Erlaubnis ist nötig",
            lead: "Um weiterzumachen, bittet diese App Sie bei {provider} um:",
            note: Some("Sie entscheiden dort und können es jederzeit zurücknehmen."),
        },
    ),
    (
        PageKind::Declined,
        Words {
            title: "Berechtigung nötig",
            lead: "Diese Seite braucht Ihre Erlaubnis bei {provider} für:",
            note: Some("Sie können das jetzt erlauben oder später."),
        },
    ),
    (
        PageKind::Denied,
        Words {
            title: "Zugriff nicht erlaubt",
            lead: "{provider} hat dieser App keinen Zugriff gegeben. Es hat sich nichts geändert.",
            note: None,
        },
    ),
    (
        PageKind::OtherAccount,
        Words {
            title: "Zwei verschiedene Konten",
            lead: "Sie sind mit einem Konto angemeldet und haben bei {provider} ein anderes gewählt. \
             Vom anderen Konto wurde nichts gespeichert.",
            note: None,
        },
    ),
    (
        PageKind::Taken,
        Words {
            title: "Dieses Konto ist vergeben",
            lead: "Das Konto, das Sie bei {provider} gewählt haben, gehört in dieser App schon zu jemand \
             anderem. Es wurde nichts geändert.",
            note: None,
        },
    ),
    (
        PageKind::NotAllowed,
        Words {
            title: "Dieses Konto ist hier nicht zugelassen",
            lead: "Das Konto, das Sie bei {provider} gewählt haben, darf diese App nicht benutzen. Von ihm wurde nichts gespeichert.",
            note: None,
        },
    ),
    (
        PageKind::LoginNeeded,
        Words {
            title: "Bitte zuerst anmelden",
            lead: "Sie sind in dieser App nicht oder nicht mehr angemeldet. Es wurde nichts gesendet und \
             nichts geändert.",
            note: None,
        },
    ),
    (
        PageKind::Returning,
        Words { title: "Einen Moment", lead: "Sie kommen von {provider} zurück.", note: None },
    ),
    (
        PageKind::Done,
        Words {
            title: "Sie können dieses Fenster schließen",
            lead: "Die Seite, die es geöffnet hat, macht von selbst weiter.",
            note: None,
        },
    ),
    (
        PageKind::Held,
        Words {
            title: "Vorher noch ein Schritt",
            lead: "Dafür braucht die App zuerst Ihre Erlaubnis bei {provider}.",
            note: Some(
                "Ihre Eingaben werden zehn Minuten aufbewahrt. Nach diesem Schritt können Sie sie \
                 ansehen und senden.",
            ),
        },
    ),
    (
        PageKind::Confirm,
        Words {
            title: "Bereit zum Senden",
            lead: "Das haben Sie eingegeben. Es wurde noch nicht gesendet.",
            note: None,
        },
    ),
    (
        PageKind::SendAgain,
        Words {
            title: "Noch ein Schritt vor dem Senden",
            lead: "Dafür braucht die App zuerst Ihre Erlaubnis bei {provider}.",
            note: Some(
                "Ihre Eingaben wurden nicht gesendet. Bitte gehen Sie nach diesem Schritt zum Formular \
                 und senden Sie es noch einmal ab.",
            ),
        },
    ),
    (
        PageKind::CrossSite,
        Words {
            title: "Nicht von dieser Website",
            lead: "Dieses Formular kam von einer anderen Website, deshalb wurde nichts getan.",
            note: None,
        },
    ),
    (
        PageKind::Framed,
        Words {
            title: "Im ganzen Fenster fortfahren",
            lead: "Das braucht Ihre Erlaubnis bei {provider}, außerhalb dieses Rahmens.",
            note: None,
        },
    ),
    (
        PageKind::Account,
        Words {
            title: "Ihr Konto",
            lead: "Was diese App mit Ihren Konten anderswo tun darf, und wie Sie es beenden.",
            note: None,
        },
    ),
    (
        PageKind::SignedOutEverywhere,
        Words {
            title: "Überall abgemeldet",
            lead: "In keinem Browser ist Ihr Konto noch bei dieser App angemeldet. Was Sie bei \
             {provider} erlaubt haben, bleibt erlaubt.",
            note: None,
        },
    ),
    (
        PageKind::SignedOut,
        Words {
            title: "Abgemeldet",
            lead: "Sie sind von dieser App abgemeldet. Was Sie bei {provider} erlaubt haben, bleibt \
             erlaubt.",
            note: None,
        },
    ),
    (
        PageKind::Disconnect,
        Words {
            title: "Konto trennen?",
            lead: "{provider} nimmt dann alles zurück, was Sie dieser App je erlaubt haben, wo immer Sie sie nutzen.",
            note: Some(
                "Was die App gespeichert oder geändert hat, bleibt, wie es ist. Sie können den Zugriff jederzeit wieder erlauben.",
            ),
        },
    ),
    (
        PageKind::Disconnected,
        Words {
            title: "Ihr Konto ist getrennt",
            lead: "{provider} hat alles zurückgenommen, was Sie dieser App erlaubt hatten.",
            note: None,
        },
    ),
    (
        PageKind::DisconnectPending,
        Words {
            title: "Ihr Konto ist hier getrennt",
            lead: "Diese App hat ihren Zugriff gelöscht. {provider} hat noch nicht geantwortet und wird weiter gefragt.",
            note: Some("Sie können den Zugriff auch selbst zurücknehmen: in Ihrem Konto dort."),
        },
    ),
    (
        PageKind::DisconnectedHere,
        Words {
            title: "Diese App hat ihren Zugriff gelöscht",
            lead: "Bei {provider} können nur Sie selbst ihn zurücknehmen: in Ihrem Konto dort.",
            note: None,
        },
    ),
    (
        PageKind::NotConnected,
        Words {
            title: "Kein Konto ist verbunden",
            lead: "Diese App hat keinen Zugriff auf ein Konto von Ihnen bei {provider}.",
            note: None,
        },
    ),
    (
        PageKind::EndedMeanwhile,
        Words {
            title: "Inzwischen getrennt",
            lead: "Ihr Konto wurde getrennt, nachdem dies begonnen war. Deshalb wurde nichts behalten.",
            note: None,
        },
    ),
    (
        PageKind::AccessEnded,
        Words {
            title: "Bitte erneut bei {provider} anmelden",
            lead: "{provider} erneuert den Zugriff nicht mehr, den Sie dieser App erlaubt haben, für:",
            note: Some(
                "Hier geht nichts von Ihnen verloren. Melden Sie sich dort noch einmal an, um \
                 weiterzumachen.",
            ),
        },
    ),
    (
        PageKind::Interrupted,
        Words {
            title: "{provider} hat das nicht beendet",
            lead: "Es endete, bevor Sie entscheiden konnten. Es hat sich nichts geändert. Bitte \
             beginnen Sie neu.",
            note: None,
        },
    ),
    (
        PageKind::Expired,
        Words {
            title: "Das hat zu lange gedauert",
            lead: "Der Link ist abgelaufen. Bitte beginnen Sie neu.",
            note: None,
        },
    ),
    (
        PageKind::Unusable,
        Words {
            title: "Dieser Link lässt sich nicht verwenden",
            lead: "Er wurde schon verwendet oder gehört zu einem anderen Browser oder einer anderen \
             Sitzung. Vielleicht nimmt dieser Browser keine Cookies an.",
            note: None,
        },
    ),
    (
        PageKind::AdminPolicy,
        Words {
            title: "Ihre IT-Administration erlaubt das nicht",
            lead: "Die Einstellungen einer Organisation bei {provider} geben dieser App keinen Zugriff. \
             Bitte fragen Sie Ihre IT-Administration.",
            note: None,
        },
    ),
    (
        PageKind::AppRefused,
        Words {
            title: "Diese App ist nicht richtig eingerichtet",
            lead: "{provider} hat die App selbst abgelehnt. Wer sie betreibt, muss handeln; von Ihnen \
             ging nichts verloren.",
            note: None,
        },
    ),
    (
        PageKind::Unavailable,
        Words {
            title: "Bitte versuchen Sie es gleich noch einmal",
            lead: "Das lässt sich gerade nicht abschließen. Es ging nichts verloren.",
            note: None,
        },
    ),
    (
        PageKind::Untrusted,
        Words {
            title: "Die Antwort war nicht vertrauenswürdig",
            lead: "{provider} hat auf eine Weise geantwortet, die diese App nicht akzeptiert. Sie hat \
             nichts davon gespeichert.",
            note: None,
        },
    ),
    (
        PageKind::Forbidden,
        Words {
            title: "Das wurde nicht erlaubt",
            lead: "{provider} hat abgelehnt, worum die App mit Ihrem Konto gebeten hat. Wenn Sie das \
             dürfen sollten, wenden Sie sich bitte an die Betreiber der App.",
            note: None,
        },
    ),
    (
        PageKind::Failed,
        Words {
            title: "Etwas ist schiefgegangen",
            lead: "Die App konnte das nicht abschließen.",
            note: None,
        },
    ),
];
