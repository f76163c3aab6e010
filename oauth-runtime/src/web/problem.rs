//! What a script is told that may not go on (RFC 9457, RFC 6750 §3).

use http::{HeaderName, StatusCode, header};
use serde::Serialize;

use super::respond::{self, Ready};
use crate::error::{Code, Error};
use crate::oauth::OAuth;
use crate::scope::ScopeSet;
use crate::tokens::ProviderId;

/// What is missing, and for what.
pub(super) struct Problem<'a> {
    pub(super) oauth: &'a OAuth,
    pub(super) provider: ProviderId,
    pub(super) why: Option<&'static str>,
    pub(super) missing: &'a ScopeSet,
    pub(super) declined: &'a ScopeSet,
    pub(super) code: Code,
    /// The request carried `Authorization`: what the app makes of that is not known here.
    pub(super) authorized: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    provider: &'a str,
    missing_scopes: &'a ScopeSet,
    declined: &'a ScopeSet,
    why: Option<&'a str>,
    authorize_url: &'a str,
}

impl Problem<'_> {
    /// The document, whose link begins what is missing.
    pub(super) fn response(&self, authorize_url: &str) -> Result<Ready, Error> {
        let status = self.code.status();
        let document = Document {
            r#type: "about:blank",
            title: if status == StatusCode::UNAUTHORIZED { "Unauthorized" } else { "Forbidden" },
            status: status.as_u16(),
            code: self.code.as_str(),
            provider: self.oauth.provider(self.provider).key(),
            missing_scopes: self.missing,
            declined: self.declined,
            why: self.why,
            authorize_url,
        };
        let mut response = respond::bare(status);
        respond::set(&mut response, header::CONTENT_TYPE, "application/problem+json");
        *response.body_mut() = serde_json::to_string(&document).map_err(|error| {
            Error::new(Code::Internal, "a problem document cannot be written").with_source(error)
        })?;
        if let Some(challenge) = self.challenge() {
            respond::set(&mut response, header::WWW_AUTHENTICATE, &challenge);
        }
        Ok(response)
    }

    /// What is missing, as RFC 6750 §3.1 writes it.
    ///
    /// Where the request carried a token of its own, an error and a scope would be a demand on that
    /// token at its own server, which knows nothing of the provider's scopes: the document alone
    /// says what is missing. A 403 needs no challenge (RFC 9110 §15.5.4); a 401 has the bare one
    /// of all of ours, which says nothing of the token.
    fn challenge(&self) -> Option<String> {
        let is_missing = self.code != Code::SignInRequired && !self.authorized;
        // A scope is never an empty text: what is missing is an account.
        let lacks = "Bearer error=\"insufficient_scope\"";
        is_missing.then(|| {
            if self.missing.is_empty() {
                lacks.to_owned()
            } else {
                format!("{lacks}, scope=\"{}\"", self.missing)
            }
        })
    }
}

/// HTMX goes there with the whole page.
pub(super) fn redirect_htmx(response: &mut Ready, link: &str) {
    respond::set(response, HeaderName::from_static("hx-redirect"), link);
}
