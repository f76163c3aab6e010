//! Labels and links in English.

use super::super::Labels;
use crate::pages::kind::LinkKind;

pub(in super::super) const LABELS: Labels = Labels {
    why: "Needed to {why}.",
    signed_in: "Signed in as",
    chosen: "You chose",
    ways: "What you can do",
    support: "Get help",
    back_to: "Back to {app}",
    send: "Send",
    disconnect: "Disconnect",
    granted: "You granted",
    nothing_granted: "You granted nothing beyond who you are.",
    left_out: "You left out",
    since: "since",
    hidden: "(not shown)",
};

pub(in super::super) const LINKS: &[(LinkKind, &str)] = &[
    (LinkKind::Grant, "Grant access"),
    (LinkKind::Retry, "Try again"),
    (LinkKind::Continue, "Continue"),
    (LinkKind::KeepAccount, "Continue as {account}"),
    (LinkKind::SwitchAccount, "Switch to {account}"),
    (LinkKind::ChooseAccount, "Choose another account"),
    (LinkKind::StartAgain, "Start again"),
    (LinkKind::ConnectAgain, "Connect the account again"),
    (LinkKind::SignIn, "Sign in again"),
    (LinkKind::LogIn, "Log in"),
    (LinkKind::SignOut, "Sign out"),
    (LinkKind::SignOutEverywhere, "Sign out in every browser"),
    (LinkKind::Back, "Back to the app"),
];
