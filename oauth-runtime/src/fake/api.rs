//! Who may call an API, and how Google's APIs say no.

use serde_json::{Value, json};

use super::quirk::Quirk;
use super::scopes::Scopes;
use super::tokens::AccessToken;
use super::world::{ISSUER, World};
use crate::clock::Timestamp;

const PREFIX: &str = "https://www.googleapis.com/auth/";

/// An API method: its service, its name, and the scopes that each suffice for it.
#[derive(Clone, Copy)]
pub(crate) struct Method {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) scopes: &'static [&'static str],
}

pub(crate) const DRIVE_CREATE: Method = Method {
    service: "drive.googleapis.com",
    name: "google.apps.drive.v3.DriveFiles.Create",
    scopes: &["drive", "drive.file"],
};
pub(crate) const DRIVE_LIST: Method = Method {
    service: "drive.googleapis.com",
    name: "google.apps.drive.v3.DriveFiles.List",
    scopes: &["drive", "drive.readonly", "drive.file", "drive.metadata", "drive.metadata.readonly"],
};
pub(crate) const DRIVE_GET: Method =
    Method { name: "google.apps.drive.v3.DriveFiles.Get", ..DRIVE_LIST };
pub(crate) const DRIVE_DOWNLOAD: Method =
    Method { scopes: &["drive", "drive.readonly", "drive.file"], ..DRIVE_GET };
pub(crate) const DRIVE_UPDATE: Method =
    Method { name: "google.apps.drive.v3.DriveFiles.Update", ..DRIVE_CREATE };
pub(crate) const DRIVE_DELETE: Method =
    Method { name: "google.apps.drive.v3.DriveFiles.Delete", ..DRIVE_CREATE };
pub(crate) const CALENDAR_LIST: Method = Method {
    service: "calendar-json.googleapis.com",
    name: "calendar.v3.Events.List",
    scopes: &["calendar", "calendar.readonly", "calendar.events", "calendar.events.readonly"],
};

/// Whether one of the scopes, written short, is among the granted ones.
pub(crate) fn holds(granted: &Scopes, short: &[&str]) -> bool {
    short.iter().any(|short| granted.contains(&format!("{PREFIX}{short}")))
}

/// A refusal in the shape of Google's APIs.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) challenge: Option<String>,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Value,
}

/// One sort of refusal: the status, its name, the reason of the old shape, and the text.
struct Kind(u16, &'static str, &'static str, &'static str);

impl Kind {
    fn error(&self, text: &str) -> ApiError {
        let Self(status, name, reason, _) = *self;
        let errors = json!([{ "message": text, "domain": "global", "reason": reason }]);
        let error = json!({ "code": status, "message": text, "errors": errors, "status": name });
        ApiError { status, challenge: None, retry_after: None, body: json!({ "error": error }) }
    }

    fn plain(&self) -> ApiError {
        self.error(self.3)
    }

    /// The new shape adds an `ErrorInfo` with a reason of its own.
    fn detailed(&self, reason: &str, metadata: &Value) -> ApiError {
        let mut error = self.plain();
        error.body["error"]["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason, "domain": "googleapis.com", "metadata": metadata,
        }]);
        error
    }
}

const SCOPES: Kind =
    Kind(403, "PERMISSION_DENIED", "insufficientPermissions", "insufficient authentication scopes");
const DISABLED: Kind = Kind(
    403,
    "PERMISSION_DENIED",
    "accessNotConfigured",
    "the API has not been used in project 123456789012 before or it is disabled",
);
const FILE: Kind = Kind(
    403,
    "PERMISSION_DENIED",
    "insufficientFilePermissions",
    "the user has insufficient permissions for this file",
);
const DOMAIN: Kind =
    Kind(403, "PERMISSION_DENIED", "domainPolicy", "the domain administrators have disabled apps");
const RATE: Kind = Kind(429, "RESOURCE_EXHAUSTED", "rateLimitExceeded", "rate limit exceeded");
const LOGIN: Kind = Kind(401, "UNAUTHENTICATED", "required", "login required");
const CREDENTIALS: Kind =
    Kind(401, "UNAUTHENTICATED", "authError", "invalid authentication credentials");
const NOT_FOUND: Kind = Kind(404, "NOT_FOUND", "notFound", "not found");
const INVALID: Kind = Kind(400, "INVALID_ARGUMENT", "invalid", "invalid value");

impl ApiError {
    pub(crate) fn not_found(what: &str) -> Self {
        NOT_FOUND.error(&format!("{what} not found"))
    }

    pub(crate) fn invalid(what: &str) -> Self {
        INVALID.error(&format!("invalid value: {what}"))
    }

    pub(crate) fn service_disabled() -> Self {
        let url = "https://console.developers.google.com/apis/overview?project=123456789012";
        DISABLED.detailed(
            "SERVICE_DISABLED",
            &json!({
                "consumer": "projects/123456789012", "activationUrl": url,
            }),
        )
    }

    pub(crate) fn rate_limited() -> Self {
        let mut error =
            RATE.detailed("RATE_LIMIT_EXCEEDED", &json!({ "quota_limit_value": "100" }));
        error.retry_after = Some(1);
        error
    }

    /// What an API says that wants more than the library thought.
    pub(crate) fn wants_more() -> Self {
        Self::missing_scope(&DRIVE_CREATE, false)
    }

    pub(crate) fn file_permissions() -> Self {
        FILE.plain()
    }

    pub(crate) fn domain_policy() -> Self {
        DOMAIN.plain()
    }

    fn unauthenticated(presented: bool) -> Self {
        let realm = format!("Bearer realm=\"{ISSUER}/\"");
        let mut error = if presented { CREDENTIALS.plain() } else { LOGIN.plain() };
        // RFC 6750 §3.1: a request without a token gets no error code.
        let code = if presented { ", error=\"invalid_token\"" } else { "" };
        error.challenge = Some(realm + code);
        error
    }

    fn missing_scope(method: &Method, old_shape: bool) -> Self {
        if old_shape {
            return SCOPES.plain();
        }
        let metadata = json!({ "service": method.service, "method": method.name });
        let mut error = SCOPES.detailed("ACCESS_TOKEN_SCOPE_INSUFFICIENT", &metadata);
        let scopes: Vec<_> = method.scopes.iter().map(|short| format!("{PREFIX}{short}")).collect();
        error.challenge = Some(format!(
            "Bearer realm=\"{ISSUER}/\", error=\"insufficient_scope\", scope=\"{}\"",
            scopes.join(" ")
        ));
        error
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1), the only place for it.
fn bearer(header: Option<&str>) -> Option<&str> {
    let (scheme, token) = header?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl World {
    /// The token behind the header, if it is alive.
    pub(crate) fn caller(
        &self,
        now: Timestamp,
        header: Option<&str>,
    ) -> Result<AccessToken, ApiError> {
        let found = bearer(header).and_then(|token| self.tokens.access(now, token));
        found.cloned().ok_or_else(|| ApiError::unauthenticated(header.is_some()))
    }

    /// The token behind the header, if it is alive and one of its scopes suffices.
    pub(crate) fn permit(
        &self,
        now: Timestamp,
        header: Option<&str>,
        method: &Method,
    ) -> Result<AccessToken, ApiError> {
        let caller = self.caller(now, header)?;
        if holds(&caller.scopes, method.scopes) {
            return Ok(caller);
        }
        Err(ApiError::missing_scope(method, self.has(Quirk::OldForbiddenShape)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_header_holds_a_token() {
        assert_eq!(bearer(Some("Bearer abc")), Some("abc"));
        assert_eq!(bearer(Some("bearer abc")), Some("abc"));
        assert_eq!(bearer(Some("Basic abc")), None);
        assert_eq!(bearer(Some("abc")), None);
    }

    #[test]
    fn a_missing_scope_names_what_would_do() {
        let error = ApiError::missing_scope(&DRIVE_CREATE, false);
        let details = &error.body["error"]["details"][0];
        assert_eq!(details["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
        assert_eq!(details["metadata"]["service"], "drive.googleapis.com");
        let challenge = error.challenge.unwrap();
        assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
        assert!(challenge.contains("auth/drive.file\""), "{challenge}");
        let old = ApiError::missing_scope(&DRIVE_CREATE, true);
        assert_eq!(old.body["error"]["errors"][0]["reason"], "insufficientPermissions");
        assert!(old.body["error"].get("details").is_none() && old.challenge.is_none());
    }

    #[test]
    fn a_scope_suffices_by_its_full_name_only() {
        let granted = Scopes::from([format!("{PREFIX}drive.appdata"), "drive".to_owned()]);
        assert!(!holds(&granted, DRIVE_CREATE.scopes));
        assert!(holds(&granted, &["drive.appdata"]));
    }
}
