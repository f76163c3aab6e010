//! English.

use super::super::kind::{LinkKind, PageKind};
use super::{Labels, Words};

pub(super) const LABELS: Labels = Labels {
    why: "Needed to {why}.",
    signed_in: "Signed in",
    chosen: "Chosen",
    ways: "What you can do",
    support: "Get help",
    back_to: "Back to {app}",
    send: "Send",
    hidden: "(not shown)",
};

pub(super) fn words(kind: PageKind) -> Words {
    let words = |title, lead| Words { title, lead, note: None };
    match kind {
        PageKind::Declined => Words {
            title: "Permission needed",
            lead: "This page needs access that you have not granted at {provider}:",
            note: Some("Everything else keeps working. You can grant this now, or later."),
        },
        PageKind::Denied => words("Cancelled", "You cancelled at {provider}. Nothing has changed."),
        PageKind::OtherAccount => words(
            "Two different accounts",
            "You are signed in with one account and chose another at {provider}. Nothing of the \
             other account was kept.",
        ),
        _ => own_login(kind),
    }
}

fn own_login(kind: PageKind) -> Words {
    let words = |title, lead| Words { title, lead, note: None };
    match kind {
        PageKind::Taken => words(
            "This account is in use",
            "The account that you chose at {provider} is linked to another user of this app. \
             Nothing was changed.",
        ),
        PageKind::LoginNeeded => words(
            "Please log in first",
            "You are not logged in to this app, or no longer. Nothing was sent or changed.",
        ),
        PageKind::Returning => words("One moment", "You are coming back from {provider}."),
        _ => meanwhile(kind),
    }
}

fn meanwhile(kind: PageKind) -> Words {
    let words = |title, lead| Words { title, lead, note: None };
    match kind {
        PageKind::Held => Words {
            title: "One step before this",
            lead: "To do this, the app first needs your permission at {provider}.",
            note: Some(
                "What you filled in is kept for ten minutes. After this step you can look at it \
                 and send it.",
            ),
        },
        PageKind::Confirm => Words {
            title: "Ready to send",
            lead: "This is what you filled in. It has not been sent yet.",
            note: None,
        },
        PageKind::SendAgain => Words {
            title: "One step before you send this",
            lead: "To do this, the app first needs your permission at {provider}.",
            note: Some(
                "What you filled in was not sent. After this step you come back to the form: \
                 please send it again there.",
            ),
        },
        PageKind::CrossSite => words(
            "Not from this site",
            "This form was sent from another site, so nothing was done.",
        ),
        PageKind::Framed => words(
            "Continue in the full window",
            "This needs your permission at {provider}, outside of this frame.",
        ),
        PageKind::SignedOut => words(
            "Signed out",
            "You are signed out of this app. What you granted at {provider} stays granted.",
        ),
        _ => trouble(kind),
    }
}

fn trouble(kind: PageKind) -> Words {
    let words = |title, lead| Words { title, lead, note: None };
    match kind {
        PageKind::Expired => {
            words("This took too long", "The link has expired. Nothing was changed.")
        }
        PageKind::Unusable => words(
            "This link cannot be used",
            "It was not begun in this browser, or it was used before. Nothing was changed.",
        ),
        PageKind::AdminPolicy => words(
            "Your administrator does not allow this",
            "Your organization's settings at {provider} forbid this app the access. Please ask \
             your administrator.",
        ),
        PageKind::AppRefused => words(
            "This app is not set up correctly",
            "{provider} refused the app itself. Its operator has to act; nothing of yours was \
             lost.",
        ),
        PageKind::Unavailable => words(
            "Please try again in a moment",
            "{provider} could not be reached just now. Nothing was lost.",
        ),
        PageKind::Untrusted => words(
            "The answer could not be trusted",
            "{provider} answered in a way that this app does not accept. Nothing was changed.",
        ),
        _ => words("Something went wrong", "The app could not finish this. Nothing was changed."),
    }
}

pub(super) fn link(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Grant => "Grant access",
        LinkKind::Retry => "Try again",
        LinkKind::Continue => "Continue",
        LinkKind::KeepAccount => "Continue as {account}",
        LinkKind::SwitchAccount => "Switch to {account}",
        LinkKind::StartAgain => "Start again",
        LinkKind::SignIn => "Sign in again",
        LinkKind::LogIn => "Log in",
        LinkKind::Back => "Back to the app",
    }
}
