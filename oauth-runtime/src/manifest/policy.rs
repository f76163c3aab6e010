//! What an app allows itself to ask for, to be checked by one of its tests.

use std::collections::BTreeSet;

use super::asked::ManifestScope;
use super::entry::Manifest;
use super::findings::FindingKind;
use crate::error::{Code, Error};
use crate::scope::{Scope, Sensitivity};

/// What an app allows itself to ask for.
///
/// ```standalone_crate
/// # use oauth_runtime::{ClientCredentials, OAuth, Policy, Sensitivity};
/// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
/// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
/// #     .build()?;
/// let policy = Policy::new()
///     .deny(Sensitivity::Restricted) // a security assessment each year
///     .deny_findings()
///     .only(["drive.file", "calendar.events.readonly"]);
/// oauth.manifest().check(&policy)?;
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Policy {
    denied: Vec<Sensitivity>,
    only: Option<BTreeSet<String>>,
    findings: bool,
}

impl Policy {
    /// A policy that allows everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// No scope of this sensitivity. [`Sensitivity::Unknown`] is a sensitivity too.
    pub fn deny(mut self, sensitivity: Sensitivity) -> Self {
        self.denied.push(sensitivity);
        self
    }

    /// No scope but these, by short or full name. Given twice, both lists count.
    pub fn only<I: IntoIterator<Item: AsRef<str>>>(mut self, scopes: I) -> Self {
        let names = scopes.into_iter().map(|name| full_name(name.as_ref()));
        self.only.get_or_insert_default().extend(names);
        self
    }

    /// No [`Finding`](super::Finding), but that a sensitivity is not known: for that there is
    /// [`deny`](Self::deny).
    pub fn deny_findings(mut self) -> Self {
        self.findings = true;
        self
    }
}

fn full_name(name: &str) -> String {
    Scope::find(name).map_or(name, |scope| scope.name()).to_owned()
}

impl Manifest {
    /// Holds the app to a policy.
    ///
    /// # Errors
    /// `manifest_policy` if a scope or a finding is not allowed. The text names each, and who
    /// asks for it.
    pub fn check(&self, policy: &Policy) -> Result<(), Error> {
        let mut violations: Vec<_> =
            self.scopes().iter().filter_map(|scope| violation(scope, policy)).collect();
        violations.extend(self.base_scopes().names().filter_map(|name| base(name, policy)));
        if policy.findings {
            let known = |kind| kind != FindingKind::UnknownSensitivity;
            let findings = self.findings().iter().filter(|finding| known(finding.kind()));
            violations.extend(findings.map(ToString::to_string));
        }
        if violations.is_empty() {
            return Ok(());
        }
        let text =
            format!("the app asks for what its policy denies:\n- {}", violations.join("\n- "));
        Err(Error::new(Code::ManifestPolicy, text)
            .with_help("leave the scope out where it is declared, or allow it in the policy"))
    }
}

/// A scope of every sign-in. Who somebody is, every app asks.
fn base(name: &str, policy: &Policy) -> Option<String> {
    const IDENTITY: [&str; 4] = ["openid", "email", "profile", "offline_access"];
    if IDENTITY.contains(&name) {
        return None;
    }
    let sensitivity = Scope::find(name).map_or(Sensitivity::Unknown, |scope| scope.sensitivity());
    if policy.denied.contains(&sensitivity) {
        return Some(format!("`{name}` is {}, asked for by every sign-in", sensitivity.as_str()));
    }
    let listed = policy.only.as_ref().is_none_or(|only| only.contains(name));
    (!listed).then(|| format!("`{name}` is not on the list, asked for by every sign-in"))
}

fn violation(scope: &ManifestScope, policy: &Policy) -> Option<String> {
    let (name, by) = (scope.short_name(), scope.asked_by().join(", "));
    if policy.denied.contains(&scope.sensitivity()) {
        return Some(format!("`{name}` is {}, asked for by {by}", scope.sensitivity().as_str()));
    }
    let listed = policy.only.as_ref().is_none_or(|only| only.contains(scope.scope().name()));
    (!listed).then(|| format!("`{name}` is not on the list, asked for by {by}"))
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{notes, of};
    use super::*;
    use crate::scope::ScopeSet;

    #[test]
    fn what_every_sign_in_asks_for_counts_too() {
        let base = ScopeSet::parse("openid email https://www.googleapis.com/auth/drive");
        let manifest = Manifest::of("google", &base, Vec::new(), &[]);
        let denied = manifest.check(&Policy::new().deny(Sensitivity::Restricted)).unwrap_err();
        assert!(denied.to_string().contains("every sign-in"), "{denied}");
        assert!(manifest.check(&Policy::new().only(["drive.file"])).is_err());
        assert!(manifest.check(&Policy::new().only(["drive"])).is_ok());
    }

    #[test]
    fn a_policy_names_every_violation_and_who_asks() {
        let manifest = of(vec![notes()], &[]);
        let says = |policy: &Policy| manifest.check(policy).map_err(|error| format!("{error:?}"));
        let allowed = [
            Policy::new(),
            Policy::new().deny(Sensitivity::Restricted).deny(Sensitivity::Unknown).deny_findings(),
            Policy::new().only(["calendar"]).only(["drive.file"]),
            Policy::new().only(["https://www.googleapis.com/auth/drive.file"]),
        ];
        for policy in &allowed {
            assert_eq!(says(policy), Ok(()), "{policy:?}");
        }
        for (policy, text) in [
            (
                Policy::new().deny(Sensitivity::NonSensitive),
                "`drive.file` is non-sensitive, asked for by app::web::notes",
            ),
            (Policy::new().only(["calendar"]), "`drive.file` is not on the list"),
            (Policy::new().only::<[&str; 0]>([]), "`drive.file` is not on the list"),
        ] {
            let error = says(&policy).unwrap_err();
            assert!(error.contains(text) && error.contains("where it is declared"), "{error}");
        }
    }

    #[test]
    fn findings_are_denied_on_demand() {
        let manifest = of(vec![notes(), notes()], &[]);
        assert!(manifest.check(&Policy::new().deny_findings()).is_ok());
        let unrouted = of(
            vec![notes(), crate::scope::requirement::Declaration { name: "other", ..notes() }],
            &[0],
        );
        let error = unrouted.check(&Policy::new().deny_findings()).unwrap_err();
        assert_eq!(error.code(), "manifest_policy");
        assert!(format!("{error:?}").contains("app::web::other"));
        assert!(unrouted.check(&Policy::new()).is_ok());
    }
}
