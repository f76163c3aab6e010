//! What a page is about, and where its links lead.

/// What a page of the library is about.
///
/// A page is one of these in some language; an implementation of [`Pages`](crate::Pages)
/// chooses by it which ones to replace.
///
/// ```
/// use oauth_runtime::PageKind;
///
/// /// Which pages the app counts as a no of the person.
/// fn is_no(kind: PageKind) -> bool {
///     matches!(kind, PageKind::Denied | PageKind::Declined)
/// }
/// assert!(is_no(PageKind::Denied) && !is_no(PageKind::Expired));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PageKind {
    /// What the app is about to ask for and why, before the provider asks.
    Rationale,
    /// A required scope was left out, now or before.
    Declined,
    /// The person cancelled at the provider.
    Denied,
    /// Another account came back than the one signed in.
    OtherAccount,
    /// The account is linked to another user of the app, which has a login of its own.
    Taken,
    /// The app does not admit the account.
    NotAllowed,
    /// The person has to log in to the app first, which has a login of its own.
    LoginNeeded,
    /// The way back from the provider, which goes on by itself.
    Returning,
    /// A form was sent for which the person has to sign in or grant something first; it is kept.
    Held,
    /// The form that was kept, to be looked at and sent.
    Confirm,
    /// The same, but the form could not be kept.
    SendAgain,
    /// A form was sent from another site.
    CrossSite,
    /// The page stands in a frame, where providers refuse to be shown.
    Framed,
    /// The end of an authorization in a window that a script opened; it tells the script and
    /// closes by itself.
    Done,
    /// Who the person is, what he granted and when, and how to end it.
    Account,
    /// The person signed out.
    SignedOut,
    /// The person signed out in every browser.
    SignedOutEverywhere,
    /// The person is about to take back all that was granted.
    Disconnect,
    /// All that was granted was taken back.
    Disconnected,
    /// The same, but the provider has still to be told.
    DisconnectPending,
    /// The same, but only the person can tell the provider.
    DisconnectedHere,
    /// There was nothing to take back.
    NotConnected,
    /// The account was disconnected, or taken away, while an authorization was under way.
    EndedMeanwhile,
    /// The provider no longer renews the access: the user has to sign in there again.
    AccessEnded,
    /// The authorization, or the link to it, took longer than it lives.
    Expired,
    /// The provider ended the authorization before the user decided, or lost it.
    Interrupted,
    /// The link or callback belongs to another browser, or was used before.
    Unusable,
    /// The administrator of the person's organization forbids the access.
    AdminPolicy,
    /// The provider refused the app itself: its operator has to act.
    AppRefused,
    /// The provider cannot be reached, or the app is shutting down.
    Unavailable,
    /// The provider answered what its protocol does not allow.
    Untrusted,
    /// An API of the provider does not let the account do this.
    Forbidden,
    /// Anything else went wrong.
    Failed,
}

impl PageKind {
    /// Every kind of page, for a test or a preview of your own.
    pub const ALL: &'static [Self] = &[
        Self::Rationale,
        Self::Declined,
        Self::Denied,
        Self::OtherAccount,
        Self::Taken,
        Self::NotAllowed,
        Self::LoginNeeded,
        Self::Returning,
        Self::Held,
        Self::Confirm,
        Self::SendAgain,
        Self::CrossSite,
        Self::Framed,
        Self::Done,
        Self::Account,
        Self::SignedOut,
        Self::SignedOutEverywhere,
        Self::Disconnect,
        Self::Disconnected,
        Self::DisconnectPending,
        Self::DisconnectedHere,
        Self::NotConnected,
        Self::EndedMeanwhile,
        Self::AccessEnded,
        Self::Expired,
        Self::Interrupted,
        Self::Unusable,
        Self::AdminPolicy,
        Self::AppRefused,
        Self::Unavailable,
        Self::Untrusted,
        Self::Forbidden,
        Self::Failed,
    ];
}

/// Where a link of a page leads.
///
/// ```
/// use oauth_runtime::{LinkKind, Page};
///
/// /// The link that most people want, and the way out.
/// fn ways(page: &Page) -> (Option<&str>, Option<&str>) {
///     let back = page.links().iter().find(|link| link.kind() == LinkKind::Back);
///     (page.links().first().map(|link| link.href()), back.map(|link| link.href()))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkKind {
    /// To the provider, to grant what was left out.
    Grant,
    /// To the provider, once more.
    Retry,
    /// To the provider, for the first time.
    Continue,
    /// To the provider, with the account that is signed in.
    KeepAccount,
    /// To the provider, with the account that was chosen.
    SwitchAccount,
    /// To the provider, with yet another account.
    ChooseAccount,
    /// To the request with which it began.
    StartAgain,
    /// To the provider, where trying again may not be enough.
    ConnectAgain,
    /// To the provider, to sign in.
    SignIn,
    /// To the app's own login page.
    LogIn,
    /// Ends the session of this browser, by a form; among the [actions](crate::Page::actions).
    SignOut,
    /// Ends the sessions of all browsers, by a form; among the [actions](crate::Page::actions).
    SignOutEverywhere,
    /// To the app, with nothing begun.
    Back,
}

impl LinkKind {
    /// Every kind of link.
    pub const ALL: &'static [Self] = &[
        Self::Grant,
        Self::Retry,
        Self::Continue,
        Self::KeepAccount,
        Self::SwitchAccount,
        Self::ChooseAccount,
        Self::StartAgain,
        Self::ConnectAgain,
        Self::SignIn,
        Self::LogIn,
        Self::SignOut,
        Self::SignOutEverywhere,
        Self::Back,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind that is added here has to be added to the list as well: the compiler asks for it.
    #[test]
    fn the_list_of_all_kinds_is_complete() {
        let place = |kind: PageKind| match kind {
            PageKind::Rationale => 0,
            PageKind::Declined => 1,
            PageKind::Denied => 2,
            PageKind::OtherAccount => 3,
            PageKind::Taken => 4,
            PageKind::NotAllowed => 5,
            PageKind::LoginNeeded => 6,
            PageKind::Returning => 7,
            PageKind::Held => 8,
            PageKind::Confirm => 9,
            PageKind::SendAgain => 10,
            PageKind::CrossSite => 11,
            PageKind::Framed => 12,
            PageKind::Done => 13,
            PageKind::Account => 14,
            PageKind::SignedOut => 15,
            PageKind::SignedOutEverywhere => 16,
            PageKind::Disconnect => 17,
            PageKind::Disconnected => 18,
            PageKind::DisconnectPending => 19,
            PageKind::DisconnectedHere => 20,
            PageKind::NotConnected => 21,
            PageKind::EndedMeanwhile => 22,
            PageKind::AccessEnded => 23,
            PageKind::Expired => 24,
            PageKind::Interrupted => 25,
            PageKind::Unusable => 26,
            PageKind::AdminPolicy => 27,
            PageKind::AppRefused => 28,
            PageKind::Unavailable => 29,
            PageKind::Untrusted => 30,
            PageKind::Forbidden => 31,
            PageKind::Failed => 32,
        };
        let places: Vec<i32> = PageKind::ALL.iter().map(|kind| place(*kind)).collect();
        assert_eq!(places, (0..33).collect::<Vec<_>>());
    }
}
