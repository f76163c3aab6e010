//! What is right and what is wrong with an app, point by point.

use std::fmt;

use serde::Serialize;

/// How much a [`Check`] matters.
///
/// ```
/// use oauth_runtime::Severity;
/// assert!(Severity::Failure > Severity::Note);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// All is well.
    Good,
    /// Good to know; right in development, perhaps not elsewhere.
    Note,
    /// Something will not work for somebody.
    Warning,
    /// It does not work.
    Failure,
}

impl Severity {
    /// A stable word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

/// One thing that was looked at.
///
/// ```
/// use oauth_runtime::Check;
///
/// fn line(check: &Check) -> String {
///     format!("{}: {} ({})", check.code(), check.text(), check.help().unwrap_or("nothing to do"))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    severity: Severity,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Check {
    pub(crate) fn new(code: &'static str, severity: Severity, text: impl Into<String>) -> Self {
        Self { code, provider: None, severity, text: text.into(), help: None }
    }

    pub(crate) fn of(self, provider: &str) -> Self {
        Self { provider: Some(provider.to_owned()), ..self }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// A stable word for what was looked at.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The key of the provider that it is about, where it is about one.
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What was found.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// What [`OAuth::diagnose`](crate::OAuth::diagnose) found. `Display` has a line for each check,
/// which is what a terminal wants to show.
///
/// ```
/// use oauth_runtime::{Diagnosis, Severity};
///
/// fn exit_code(diagnosis: &Diagnosis) -> u8 {
///     print!("{diagnosis}");
///     match diagnosis.worst() {
///         Severity::Failure => 1,
///         _ => 0,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    pub(super) checks: Vec<Check>,
}

impl Diagnosis {
    /// Every check, in the order in which they were made.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The severity of the worst of them.
    pub fn worst(&self) -> Severity {
        self.checks.iter().map(Check::severity).max().unwrap_or(Severity::Good)
    }

    /// All of it as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let severity = check.severity.as_str();
            let provider = check.provider.as_deref().map(|key| format!(" ({key})"));
            writeln!(
                f,
                "{severity:>7}  {}{}: {}",
                check.code,
                provider.unwrap_or_default(),
                check.text
            )?;
            if let Some(help) = &check.help {
                writeln!(f, "         help: {help}")?;
            }
        }
        Ok(())
    }
}
