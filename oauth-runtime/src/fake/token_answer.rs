//! What the token endpoint gives: access, refresh and ID tokens made from one answer.

use std::time::Duration;

use serde_json::{Value, json};

use super::id_token::Subject;
use super::quirk::Quirk;
use super::scopes::{EMAIL, OPENID, Scopes, join, long, with_openid};
use super::token_endpoint::{OAuthError, bad_code};
use super::tokens::{AccessToken, RefreshToken};
use super::world::World;
use crate::clock::Timestamp;

const TESTING_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// What a successful answer is made from.
pub(crate) struct Answer {
    pub(crate) client_id: String,
    pub(crate) subject: String,
    pub(crate) scopes: Scopes,
    pub(crate) nonce: Option<String>,
    /// Whether it comes with a refresh token.
    pub(crate) refresh: bool,
    /// Whether that refresh token stands for all that the account granted.
    pub(crate) union: bool,
}

impl World {
    /// The token answer that a person would cause who grants `scopes` to the client.
    pub(crate) fn mint_tokens(
        &mut self,
        now: Timestamp,
        client_id: &str,
        email: &str,
        scopes: &[&str],
        nonce: Option<&str>,
    ) -> Result<Value, OAuthError> {
        let account = self.accounts.ensure(email);
        let mut granted: Scopes = scopes.iter().map(|scope| long(scope)).collect();
        granted.insert(EMAIL.to_owned());
        let granted = with_openid(granted);
        let subject = account.subject().to_owned();
        self.grants.record(&subject, &granted, &Scopes::new());
        self.grants.admit(&subject, client_id);
        let scopes = self.grants.scopes(&subject);
        let (client_id, nonce) = (client_id.to_owned(), nonce.map(str::to_owned));
        let answer = Answer { client_id, subject, scopes, nonce, refresh: true, union: true };
        self.answer(now, &answer).map(|(value, _)| value)
    }

    /// Makes the tokens and the answer that carries them; also returns the tokens' names.
    pub(crate) fn answer(
        &mut self,
        now: Timestamp,
        about: &Answer,
    ) -> Result<(Value, Vec<String>), OAuthError> {
        let access = self.new_access_token(now, about);
        let seconds = self.token_lifetime.as_secs();
        let mut value =
            json!({ "access_token": access, "token_type": "Bearer", "expires_in": seconds });
        if self.has(Quirk::ExpiresInAsText) {
            value["expires_in"] = seconds.to_string().into();
        }
        if !self.has(Quirk::AbsentScope) {
            let empty = self.has(Quirk::EmptyScope);
            value["scope"] = if empty { String::new() } else { join(&about.scopes) }.into();
        }
        if about.scopes.contains(OPENID) && !self.has(Quirk::MissingIdToken) {
            value["id_token"] = self.answered_id_token(now, about, &access)?.into();
        }
        let mut tokens = vec![access];
        if about.refresh && !self.has(Quirk::NoRefreshToken) {
            let refresh = self.new_refresh_token(now, about);
            if self.has(Quirk::TestingApp) {
                value["refresh_token_expires_in"] = TESTING_LIFETIME.as_secs().into();
            }
            value["refresh_token"] = refresh.clone().into();
            tokens.push(refresh);
        }
        Ok((value, tokens))
    }

    fn answered_id_token(
        &self,
        now: Timestamp,
        about: &Answer,
        access_token: &str,
    ) -> Result<String, OAuthError> {
        let Answer { client_id, scopes, .. } = about;
        let account = self.accounts.by_subject(&about.subject);
        let account = account.ok_or_else(|| bad_code("the account is gone"))?;
        let nonce = about.nonce.as_deref();
        let subject = Subject { account, client_id, scopes, nonce, access_token };
        self.id_token(now, &subject)
            .map_err(|error| OAuthError::new("server_error", error.to_string()))
    }

    fn new_access_token(&mut self, now: Timestamp, about: &Answer) -> String {
        let name = self.mint.secret("ya29.a0");
        let token = AccessToken {
            subject: about.subject.clone(),
            client_id: about.client_id.clone(),
            scopes: about.scopes.clone(),
            ends_at: now + self.token_lifetime,
        };
        self.tokens.add_access(name.clone(), token);
        name
    }

    fn new_refresh_token(&mut self, now: Timestamp, about: &Answer) -> String {
        let name = self.mint.secret("1//0");
        let testing = self.has(Quirk::TestingApp);
        let token = RefreshToken {
            subject: about.subject.clone(),
            client_id: about.client_id.clone(),
            scopes: about.scopes.clone(),
            union: about.union,
            ends_at: if testing { now + TESTING_LIFETIME } else { Timestamp::MAX },
        };
        self.tokens.add_refresh(name.clone(), token);
        name
    }
}
