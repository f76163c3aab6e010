//! The token endpoint (RFC 6749 §3.2), from a form to an answer.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use super::codes::{Code, Found};
use super::fields::Fields;
use super::quirk::Quirk;
use super::scopes::{Scopes, is_base};
use super::token_answer::Answer;
use super::tokens::RefreshToken;
use super::world::World;
use crate::clock::Timestamp;
use crate::protocol::JWT_BEARER;

/// An error answer (RFC 6749 §5.2).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OAuthError {
    pub(crate) error: &'static str,
    pub(crate) subtype: Option<&'static str>,
    pub(crate) description: String,
}

impl OAuthError {
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, subtype: None, description: description.into() }
    }

    pub(crate) fn status(&self) -> u16 {
        match self.error {
            "invalid_client" => 401,
            "server_error" => 500,
            _ => 400,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({ "error": self.error, "error_description": self.description });
        if let Some(subtype) = self.subtype {
            json["error_subtype"] = subtype.into();
        }
        json
    }
}

impl World {
    /// Answers one token request; `authorization` is the header of that name.
    pub(crate) fn token(
        &mut self,
        now: Timestamp,
        form: &Fields,
        authorization: Option<&str>,
    ) -> Result<Value, OAuthError> {
        if let Some(name) = form.repeated() {
            let text = format!("the parameter {name:?} occurs twice");
            return Err(OAuthError::new("invalid_request", text));
        }
        if form.get("grant_type") == Some(JWT_BEARER) {
            return self.assert(now, form);
        }
        let client_id = self.authenticate(form, authorization)?;
        match form.get("grant_type") {
            Some("authorization_code") => self.exchange(now, &client_id, form),
            Some("refresh_token") => self.refresh(now, &client_id, form),
            Some(_) => {
                Err(OAuthError::new("unsupported_grant_type", "not a grant type of this server"))
            }
            None => Err(missing("grant_type")),
        }
    }

    /// The client, by a header or by form fields, not by both (RFC 6749 §2.3).
    fn authenticate(&self, form: &Fields, header: Option<&str>) -> Result<String, OAuthError> {
        let (id, secret) = match (header, form.get("client_secret")) {
            (Some(_), Some(_)) => {
                let text = "the client authenticates in the header and in the form";
                return Err(OAuthError::new("invalid_request", text));
            }
            (Some(header), None) => basic(header).ok_or_else(|| unknown_client("header"))?,
            (None, secret) => {
                let id = form.get("client_id").ok_or_else(|| missing("client_id"))?;
                (id.to_owned(), secret.ok_or_else(|| missing("client_secret"))?.to_owned())
            }
        };
        let client = self.clients.find(&id).ok_or_else(|| unknown_client("client_id"))?;
        if !client.has_secret(&secret) {
            return Err(unknown_client("client_secret"));
        }
        Ok(id)
    }

    fn exchange(
        &mut self,
        now: Timestamp,
        client: &str,
        form: &Fields,
    ) -> Result<Value, OAuthError> {
        let name = form.get("code").ok_or_else(|| missing("code"))?;
        let code = match self.codes.find(now, name) {
            Found::Fresh(code) => code,
            Found::Reused(tokens) => {
                for token in &tokens {
                    self.tokens.remove(token);
                }
                return Err(bad_code("the code was used before"));
            }
            Found::Nothing => return Err(bad_code("the code is unknown or has ended")),
        };
        self.check_binding(&code, client, form)?;
        let Code { client_id, subject, scopes, nonce, offline, union, .. } = *code;
        let answer = Answer { client_id, subject, scopes, nonce, refresh: offline, union };
        let (value, tokens) = self.answer(now, &answer)?;
        self.codes.spend(name, tokens);
        Ok(value)
    }

    fn check_binding(&self, code: &Code, client: &str, form: &Fields) -> Result<(), OAuthError> {
        if code.client_id != client {
            return Err(bad_code("the code belongs to another client"));
        }
        if form.get("redirect_uri") != Some(&code.redirect_uri) {
            let text = "redirect_uri is not the one that the code was sent to";
            return Err(OAuthError::new("redirect_uri_mismatch", text));
        }
        let proven = match (&code.challenge, form.get("code_verifier")) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) => challenge.admits(verifier),
            _ => false,
        };
        if !proven && !self.has(Quirk::IgnorePkce) {
            return Err(bad_code("code_verifier does not fit the code challenge"));
        }
        Ok(())
    }

    fn refresh(
        &mut self,
        now: Timestamp,
        client: &str,
        form: &Fields,
    ) -> Result<Value, OAuthError> {
        let name = form.get("refresh_token").ok_or_else(|| missing("refresh_token"))?;
        let found = self.tokens.refresh(now, name).filter(|token| token.client_id == client);
        let token = found.cloned().ok_or_else(|| bad_code("the token has ended or was revoked"))?;
        self.check_policy()?;
        let (subject, union) = (token.subject.clone(), token.union);
        let scopes = self.refreshed_scopes(&token);
        let scopes = narrowed(scopes, form.get("scope"))?;
        let refresh = self.has(Quirk::RotateRefreshTokens);
        let client_id = client.to_owned();
        let answer = Answer { client_id, subject, scopes, nonce: None, refresh, union };
        let (mut value, _) = self.answer(now, &answer)?;
        if refresh {
            self.tokens.remove(name);
        }
        if self.has(Quirk::NoIdTokenOnRefresh) {
            drop(value.as_object_mut().and_then(|answer| answer.remove("id_token")));
        }
        Ok(value)
    }

    fn check_policy(&self) -> Result<(), OAuthError> {
        if self.has(Quirk::InvalidRapt) {
            let error = OAuthError::new("invalid_grant", "the session has to be renewed");
            return Err(OAuthError { subtype: Some("invalid_rapt"), ..error });
        }
        if self.has(Quirk::AdminPolicyEnforced) {
            let text = "the administrator of the account forbids this";
            return Err(OAuthError::new("admin_policy_enforced", text));
        }
        Ok(())
    }

    fn refreshed_scopes(&self, token: &RefreshToken) -> Scopes {
        let granted = self.grants.scopes(&token.subject);
        let mut scopes = if token.union && !self.has(Quirk::RefreshTokensKeepTheirScopes) {
            granted
        } else {
            token.scopes.intersection(&granted).cloned().collect()
        };
        if self.has(Quirk::NarrowRefresh) {
            scopes.retain(|scope| is_base(scope));
        }
        scopes
    }
}

/// A refresh may ask for less than was granted, never for more (RFC 6749 §6).
fn narrowed(scopes: Scopes, asked: Option<&str>) -> Result<Scopes, OAuthError> {
    let Some(asked) = asked else { return Ok(scopes) };
    let asked = super::scopes::parse(asked).unwrap_or_default();
    if asked.is_empty() || !asked.is_subset(&scopes) {
        return Err(OAuthError::new("invalid_scope", "scope holds more than was granted"));
    }
    Ok(asked)
}

/// Name and password of HTTP Basic, each form-encoded first (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    let pair = format!("v={}", text.replace('&', "%26"));
    Fields::parse(pair.as_bytes()).get("v").unwrap_or_default().to_owned()
}

fn missing(name: &str) -> OAuthError {
    OAuthError::new("invalid_request", format!("the parameter {name} is missing"))
}

fn unknown_client(part: &str) -> OAuthError {
    OAuthError::new("invalid_client", format!("no client has this {part}"))
}

pub(super) fn bad_code(text: &str) -> OAuthError {
    OAuthError::new("invalid_grant", text)
}
