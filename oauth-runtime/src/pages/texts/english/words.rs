//! The pages in English.

use super::super::Words;
use crate::pages::kind::PageKind;

pub(in super::super) const WORDS: &[(PageKind, Words)] = &[
    (
        PageKind::Rationale,
        Words {
            title: "Your permission is needed",
            lead: "To go on, this app asks you at {provider} for:",
            note: Some("You decide there, and can take it back at any time."),
        },
    ),
    (
        PageKind::Declined,
        Words {
            title: "Permission needed",
            lead: "This page needs your permission at {provider} for:",
            note: Some("You can grant this now, or later."),
        },
    ),
    (
        PageKind::Denied,
        Words {
            title: "Access was not granted",
            lead: "{provider} gave this app no access. Nothing has changed.",
            note: None,
        },
    ),
    (
        PageKind::OtherAccount,
        Words {
            title: "Two different accounts",
            lead: "You are signed in with one account and chose another at {provider}. Nothing of the \
             other account was kept.",
            note: None,
        },
    ),
    (
        PageKind::Taken,
        Words {
            title: "This account is in use",
            lead: "The account that you chose at {provider} is linked to another user of this app. \
             Nothing was changed.",
            note: None,
        },
    ),
    (
        PageKind::NotAllowed,
        Words {
            title: "This account cannot be used here",
            lead: "The account that you chose at {provider} is not admitted to this app. Nothing of it was kept.",
            note: None,
        },
    ),
    (
        PageKind::LoginNeeded,
        Words {
            title: "Please log in first",
            lead: "You are not logged in to this app, or no longer. Nothing was sent or changed.",
            note: None,
        },
    ),
    (
        PageKind::Returning,
        Words { title: "One moment", lead: "You are coming back from {provider}.", note: None },
    ),
    (
        PageKind::Done,
        Words {
            title: "You can close this window",
            lead: "The page that opened it goes on by itself.",
            note: None,
        },
    ),
    (
        PageKind::Held,
        Words {
            title: "One step before this",
            lead: "To do this, the app first needs your permission at {provider}.",
            note: Some(
                "What you filled in is kept for ten minutes. After this step you can look at it \
                 and send it.",
            ),
        },
    ),
    (
        PageKind::Confirm,
        Words {
            title: "Ready to send",
            lead: "This is what you filled in. It has not been sent yet.",
            note: None,
        },
    ),
    (
        PageKind::SendAgain,
        Words {
            title: "One step before you send this",
            lead: "To do this, the app first needs your permission at {provider}.",
            note: Some(
                "What you filled in was not sent. After this step, please go to the form and send \
                 it again.",
            ),
        },
    ),
    (
        PageKind::CrossSite,
        Words {
            title: "Not from this site",
            lead: "This form was sent from another site, so nothing was done.",
            note: None,
        },
    ),
    (
        PageKind::Framed,
        Words {
            title: "Continue in the full window",
            lead: "This needs your permission at {provider}, outside this frame.",
            note: None,
        },
    ),
    (
        PageKind::Account,
        Words {
            title: "Your account",
            lead: "What this app may do with your accounts elsewhere, and how to end it.",
            note: None,
        },
    ),
    (
        PageKind::SignedOutEverywhere,
        Words {
            title: "Signed out everywhere",
            lead: "No browser is signed in to this app with your account any longer. What you granted at \
             {provider} stays granted.",
            note: None,
        },
    ),
    (
        PageKind::SignedOut,
        Words {
            title: "Signed out",
            lead: "You are signed out of this app. What you granted at {provider} stays granted.",
            note: None,
        },
    ),
    (
        PageKind::Disconnect,
        Words {
            title: "Disconnect your account?",
            lead: "{provider} then takes back everything that you ever granted to this app, wherever you use it.",
            note: Some(
                "What the app has saved or changed stays as it is. You can grant access again at any time.",
            ),
        },
    ),
    (
        PageKind::Disconnected,
        Words {
            title: "Your account is disconnected",
            lead: "{provider} has taken back everything that you granted to this app.",
            note: None,
        },
    ),
    (
        PageKind::DisconnectPending,
        Words {
            title: "Your account is disconnected here",
            lead: "This app has deleted its access. {provider} did not answer yet, and is told again until it does.",
            note: Some("You can also take the access back yourself, in your account there."),
        },
    ),
    (
        PageKind::DisconnectedHere,
        Words {
            title: "This app has deleted its access",
            lead: "At {provider}, only you can take it back: in your account there.",
            note: None,
        },
    ),
    (
        PageKind::NotConnected,
        Words {
            title: "No account is connected",
            lead: "This app has no access to an account of yours at {provider}.",
            note: None,
        },
    ),
    (
        PageKind::EndedMeanwhile,
        Words {
            title: "Disconnected meanwhile",
            lead: "Your account was disconnected after this was begun, so nothing of it was kept.",
            note: None,
        },
    ),
    (
        PageKind::AccessEnded,
        Words {
            title: "Sign in at {provider} again",
            lead: "{provider} no longer renews the access that you gave this app, for:",
            note: Some("Nothing of yours here is lost. Sign in there once more to go on."),
        },
    ),
    (
        PageKind::Interrupted,
        Words {
            title: "{provider} did not finish this",
            lead: "It ended before you could decide. Nothing has changed. Please start again.",
            note: None,
        },
    ),
    (
        PageKind::Expired,
        Words {
            title: "This took too long",
            lead: "The link has expired. Please start again.",
            note: None,
        },
    ),
    (
        PageKind::Unusable,
        Words {
            title: "This link cannot be used",
            lead: "It was used before, or it belongs to another browser or session. Perhaps this browser \
             keeps no cookies.",
            note: None,
        },
    ),
    (
        PageKind::AdminPolicy,
        Words {
            title: "Your administrator does not allow this",
            lead: "An organization's settings at {provider} do not let this app have access. Please \
             ask your administrator.",
            note: None,
        },
    ),
    (
        PageKind::AppRefused,
        Words {
            title: "This app is not set up correctly",
            lead: "{provider} refused the app itself. Whoever runs it has to mend this; nothing of \
             yours was lost.",
            note: None,
        },
    ),
    (
        PageKind::Unavailable,
        Words {
            title: "Please try again in a moment",
            lead: "This cannot be finished just now. Nothing was lost.",
            note: None,
        },
    ),
    (
        PageKind::Untrusted,
        Words {
            title: "The answer could not be trusted",
            lead: "{provider} answered in a way that this app does not accept. It has kept nothing of it.",
            note: None,
        },
    ),
    (
        PageKind::Forbidden,
        Words {
            title: "This was not allowed",
            lead: "{provider} refused what the app asked for with your account. If you should be \
             allowed to do this, please tell the people who run the app.",
            note: None,
        },
    ),
    (
        PageKind::Failed,
        Words { title: "Something went wrong", lead: "The app could not finish this.", note: None },
    ),
];
