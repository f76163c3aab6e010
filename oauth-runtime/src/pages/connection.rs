//! What a person granted, on the page about his account.

use super::page::{Link, Page};
use crate::clock::Timestamp;
use crate::scope::{ScopeSet, short_name};

/// A scope that the person was asked for, with the last word on it.
///
/// ```
/// use oauth_runtime::AskedScope;
///
/// fn line(scope: &AskedScope) -> String {
///     let word = if scope.is_granted() { "granted" } else { "refused" };
///     format!("{}: {word} {}", scope.short_name(), scope.since())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedScope {
    pub(crate) name: String,
    pub(crate) is_granted: bool,
    pub(crate) since: Timestamp,
    pub(crate) why: Vec<String>,
}

impl AskedScope {
    /// Its name, as the provider writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name without what nearly all of Google's have in common.
    pub fn short_name(&self) -> &str {
        short_name(&self.name)
    }

    /// Whether the person granted it; else he left it out.
    pub fn is_granted(&self) -> bool {
        self.is_granted
    }

    /// When he said so.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// What the app's handlers say they need it for (feature `manifest`).
    pub fn why(&self) -> &[String] {
        &self.why
    }

    /// The day, as `2026-11-24`.
    pub(super) fn day(&self) -> String {
        let mut text = self.since.to_string();
        text.truncate("2026-11-24".len());
        text
    }
}

/// An account of the person at a provider, on [`PageKind::Account`](crate::PageKind::Account).
///
/// ```
/// use oauth_runtime::Page;
///
/// fn list(page: &Page) -> String {
///     let of = |connection: &oauth_runtime::Connection| {
///         let granted = connection.scopes().iter().filter(|scope| scope.is_granted());
///         let granted: Vec<_> = granted.map(|scope| scope.short_name()).collect();
///         format!("{} at {}: {granted:?}", connection.account(), connection.provider())
///     };
///     page.connections().iter().map(of).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub(crate) provider: String,
    pub(crate) account: String,
    pub(crate) scopes: Vec<AskedScope>,
    pub(crate) disconnect: Option<String>,
}

impl Connection {
    /// The name of the provider, such as `Google`.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The account as its owner knows it: mostly an e-mail address.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What was asked for, but for what every sign-in asks for.
    pub fn scopes(&self) -> &[AskedScope] {
        &self.scopes
    }

    /// The address of the page that asks whether all of it is to be taken back, where there is
    /// something to take back.
    pub fn disconnect(&self) -> Option<&str> {
        self.disconnect.as_deref()
    }

    pub(super) fn granted(&self) -> impl Iterator<Item = &AskedScope> {
        self.scopes.iter().filter(|scope| scope.is_granted)
    }

    pub(super) fn declined(&self) -> impl Iterator<Item = &AskedScope> {
        self.scopes.iter().filter(|scope| !scope.is_granted)
    }

    /// Whether there is access beyond who the person is.
    pub(super) fn has_granted(&self) -> bool {
        self.granted().next().is_some()
    }

    pub(super) fn has_declined(&self) -> bool {
        self.declined().next().is_some()
    }
}

impl Page {
    /// The accounts of the person and what he granted with each, on
    /// [`PageKind::Account`](crate::PageKind::Account).
    pub fn connections(&self) -> &[Connection] {
        &self.notice.connections
    }

    /// The ways to sign out, on the same page. A form has to be posted to each of them, with
    /// nothing in it; a link does nothing.
    pub fn actions(&self) -> &[Link] {
        &self.actions
    }

    /// The missing scopes.
    pub fn scopes(&self) -> &ScopeSet {
        &self.notice.scopes
    }
}
