//! What deserves a second look before somebody hands the manifest in.

use std::fmt;

use serde::Serialize;

use super::asked::ManifestScope;
use super::entry::ManifestEntry;
use crate::scope::{Sensitivity, conflicts, retired};

/// Something about the app's scopes that deserves a second look.
///
/// ```standalone_crate
/// # use oauth_runtime::{ClientCredentials, OAuth, Token, requires_scopes};
/// use oauth_runtime::FindingKind;
///
/// #[requires_scopes("gmail.readonly")] // restricted, and no `why`
/// async fn mails(token: Token) {}
///
/// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
/// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
/// #     .build()?;
/// let manifest = oauth.manifest();
/// let finding = manifest.findings().iter().find(|found| found.kind() == FindingKind::NoReason);
/// assert!(finding.unwrap().to_string().contains("does not say why"));
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    kind: FindingKind,
    text: String,
}

/// What sort of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// The provider has taken a scope out of use.
    RetiredScope,
    /// Two scopes of the app are at odds. All that one account grants is in one token.
    ConflictingScopes,
    /// The catalogue does not know how sensitive a scope is.
    UnknownSensitivity,
    /// People are not told what a sensitive or restricted scope is for.
    NoReason,
    /// A handler is annotated, and no route of a typed router leads to it.
    NeverRouted,
}

impl Finding {
    fn new(kind: FindingKind, text: String) -> Self {
        Self { kind, text }
    }

    /// What sort of thing it is.
    pub fn kind(&self) -> FindingKind {
        self.kind
    }
}

/// What was found, and what to do.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `first` is the key of the provider of those that name none. What is known of scopes is known of
/// Google's.
pub(super) fn of(
    first: &str,
    handlers: &[ManifestEntry],
    scopes: &[ManifestScope],
    knows_routes: bool,
) -> Vec<Finding> {
    let is_googles = |scope: &&ManifestScope| scope.provider().unwrap_or(first) == "google";
    let googles: Vec<_> = scopes.iter().filter(is_googles).collect();
    let mut findings: Vec<_> = googles.iter().flat_map(|scope| of_scope(scope)).collect();
    for scope in &googles {
        findings.extend(googles.iter().filter_map(|other| conflict(scope, other)));
    }
    findings.extend(handlers.iter().filter_map(without_reason));
    let unrouted = handlers.iter().filter(|one| knows_routes && one.is_handler);
    findings.extend(unrouted.filter(|one| one.routes().is_empty()).map(never_routed));
    findings
}

fn of_scope(scope: &ManifestScope) -> Vec<Finding> {
    let name = scope.short_name();
    let mut findings = Vec::new();
    if let Some(remedy) = retired(scope.scope().name()) {
        let text = format!("Google has retired `{name}`: {remedy}");
        findings.push(Finding::new(FindingKind::RetiredScope, text));
    }
    if scope.sensitivity() == Sensitivity::Unknown {
        let text = format!(
            "how sensitive `{name}` is, is not known here: look it up in the provider's console \
             before you publish"
        );
        findings.push(Finding::new(FindingKind::UnknownSensitivity, text));
    }
    findings
}

fn conflict(scope: &ManifestScope, other: &ManifestScope) -> Option<Finding> {
    let why = conflicts(scope.scope(), other.scope())?;
    let (name, other_name) = (scope.short_name(), other.short_name());
    let (here, there) = (scope.asked_by().join(", "), other.asked_by().join(", "));
    let text = format!(
        "`{name}` ({here}) spoils `{other_name}` ({there}) for whoever granted both: {why}"
    );
    Some(Finding::new(FindingKind::ConflictingScopes, text))
}

fn without_reason(handler: &ManifestEntry) -> Option<Finding> {
    let guarded = |scope: &crate::scope::Scope| {
        matches!(scope.sensitivity(), Sensitivity::Sensitive | Sensitivity::Restricted)
    };
    let scope = handler.all_scopes().find(guarded).filter(|_| handler.why().is_none())?;
    let text = format!(
        "`{}` asks for `{}`, which is {}, and does not say why: add `why = \"…\"`, which people \
         read before they consent, and the provider's reviewers here",
        handler.path(),
        scope.short_name(),
        scope.sensitivity().as_str(),
    );
    Some(Finding::new(FindingKind::NoReason, text))
}

fn never_routed(handler: &ManifestEntry) -> Finding {
    let (file, line) = handler.place();
    let text = format!(
        "`{}` ({file}:{line}) declares scopes, and no typed router has a route to it: route it \
         with `oauth_runtime::routing`, or delete it",
        handler.path()
    );
    Finding::new(FindingKind::NeverRouted, text)
}
