//! The authorization endpoint (RFC 6749 §3.1), from a request to a page or a redirect.

use super::account::FakeAccount;
use super::auth_request::{AuthRequest, Refusal};
use super::codes::Code;
use super::fields::Fields;
use super::quirk::Quirk;
use super::scopes::{Scopes, is_base, join};
use super::world::{ISSUER, World};
use crate::clock::Timestamp;

/// What the browser gets.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The list of accounts.
    Choose(Box<AuthRequest>, Vec<FakeAccount>),
    /// What the app asks for.
    Consent(Box<Consent>),
    /// Back to the app.
    Redirect(String),
    /// An error page.
    Refuse(Refusal),
}

/// What the consent page shows.
#[derive(Debug)]
pub(crate) struct Consent {
    pub(crate) request: AuthRequest,
    pub(crate) account: FakeAccount,
    /// Each scope with a checkbox, and whether it is ticked at first.
    pub(crate) scopes: Vec<(String, bool)>,
}

impl World {
    /// Answers a request that comes from the app.
    pub(crate) fn authorize(&mut self, now: Timestamp, query: &str) -> Outcome {
        let request = match AuthRequest::parse(query, self) {
            Ok(request) => request,
            Err(refusal) => return Outcome::Refuse(refusal),
        };
        match self.preselected(&request) {
            Some(account) => self.continue_as(now, request, account),
            None if request.prompt.none => request.error(self, no_account(&request)),
            None => Outcome::Choose(Box::new(request), self.accounts.all().to_vec()),
        }
    }

    /// Answers a form of one of the pages: the account chosen, and then the consent.
    pub(crate) fn decide(&mut self, now: Timestamp, form: &Fields) -> Outcome {
        let request = match AuthRequest::parse(form.get("request").unwrap_or_default(), self) {
            Ok(request) => request,
            Err(refusal) => return Outcome::Refuse(refusal),
        };
        if form.get("decision") == Some("cancel") {
            return request.error(self, "access_denied");
        }
        let Some(email) = form.get("account").or_else(|| form.get("other_account")) else {
            return Outcome::Choose(Box::new(request), self.accounts.all().to_vec());
        };
        let account = self.accounts.ensure(email.trim());
        if form.get("decision") == Some("continue") {
            let ticked = form.all("scope").map(str::to_owned).collect();
            return self.consented(now, &request, &account, &ticked);
        }
        self.continue_as(now, request, account)
    }

    /// The hint names an account by its address; a `sub` preselects nothing.
    fn preselected(&self, request: &AuthRequest) -> Option<FakeAccount> {
        if request.prompt.select_account {
            return None;
        }
        self.accounts.find(request.login_hint.as_deref()?).cloned()
    }

    fn continue_as(
        &mut self,
        now: Timestamp,
        request: AuthRequest,
        account: FakeAccount,
    ) -> Outcome {
        if let Some(refusal) = self.policy() {
            return Outcome::Refuse(refusal);
        }
        let granted = self.grants.scopes(account.subject());
        let nothing_new = request.scopes.is_subset(&granted);
        if nothing_new && !request.prompt.consent {
            return self.redirect(now, &request, &account);
        }
        if request.prompt.none {
            return request.error(self, "consent_required");
        }
        let scopes = asked(&request, &granted);
        Outcome::Consent(Box::new(Consent { request, account, scopes }))
    }

    fn policy(&self) -> Option<Refusal> {
        if self.has(Quirk::OrgInternal) {
            let text = "This client is restricted to users within its organization.";
            return Some(Refusal::new(403, "org_internal", text));
        }
        self.has(Quirk::AdminPolicyEnforced).then(|| {
            let text = "The administrator of this account's organization forbids this access.";
            Refusal::new(400, "admin_policy_enforced", text)
        })
    }

    /// Records what was ticked. What was asked and left unticked is not granted, also if it
    /// had been before.
    fn consented(
        &mut self,
        now: Timestamp,
        request: &AuthRequest,
        account: &FakeAccount,
        ticked: &Scopes,
    ) -> Outcome {
        if let Some(refusal) = self.policy() {
            return Outcome::Refuse(refusal);
        }
        let before = self.grants.scopes(account.subject());
        let asked: Scopes = asked(request, &before).into_iter().map(|(scope, _)| scope).collect();
        let chosen = |scope: &&String| is_base(scope) || ticked.contains(*scope);
        let granted = request.scopes.iter().filter(chosen).cloned().collect();
        let declined = asked.difference(ticked).cloned().collect();
        self.grants.record(account.subject(), &granted, &declined);
        self.redirect(now, request, account)
    }

    /// Back to the app with a code (RFC 6749 §4.1.2), if anything is granted at all.
    fn redirect(
        &mut self,
        now: Timestamp,
        request: &AuthRequest,
        account: &FakeAccount,
    ) -> Outcome {
        let granted = self.grants.scopes(account.subject());
        let answered: Scopes = if request.include_granted {
            granted
        } else {
            request.scopes.intersection(&granted).cloned().collect()
        };
        if answered.is_empty() {
            return request.error(self, "access_denied");
        }
        let code = self.new_code(now, request, account, &answered);
        let prompt = if request.prompt.consent { "consent" } else { "none" };
        let scope = join(&answered);
        let pairs =
            [("code", code.as_str()), ("scope", &scope), ("authuser", "0"), ("prompt", prompt)];
        request.back(self, &pairs)
    }

    fn new_code(
        &mut self,
        now: Timestamp,
        request: &AuthRequest,
        account: &FakeAccount,
        scopes: &Scopes,
    ) -> String {
        let first = self.grants.admit(account.subject(), &request.client_id);
        let name = self.mint.secret("4/0A");
        let code = Code {
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            subject: account.subject().to_owned(),
            scopes: scopes.clone(),
            nonce: request.nonce.clone(),
            challenge: request.challenge.clone(),
            // A refresh token comes with the first consent of a client, and when asked again.
            offline: request.offline && (first || request.prompt.consent),
            union: request.include_granted,
        };
        self.codes.insert(now, name.clone(), code);
        name
    }
}

/// Why `prompt=none` cannot go on (OpenID Connect Core §3.1.2.6).
fn no_account(request: &AuthRequest) -> &'static str {
    if request.login_hint.is_some() { "login_required" } else { "interaction_required" }
}

/// The scopes for the consent page: what is new, or all of it under `prompt=consent`.
/// A scope that stands alone is ticked at first, since Google asks it without a checkbox.
fn asked(request: &AuthRequest, granted: &Scopes) -> Vec<(String, bool)> {
    let mut asked = request.beyond_sign_in();
    asked.retain(|scope| request.prompt.consent || !granted.contains(scope));
    let alone = asked.len() == 1;
    asked.into_iter().map(|scope| (scope.clone(), alone || granted.contains(&scope))).collect()
}

impl AuthRequest {
    /// Back to the app without a code (RFC 6749 §4.1.2.1).
    fn error(&self, world: &World, error: &str) -> Outcome {
        self.back(world, &[("error", error)])
    }

    fn back(&self, world: &World, pairs: &[(&str, &str)]) -> Outcome {
        let mut url = self.target.clone();
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(self.state.as_deref().map(|state| ("state", state)));
            if world.has(Quirk::WrongIss) {
                query.append_pair("iss", "https://issuer.example");
            } else if !world.has(Quirk::OmitIss) {
                query.append_pair("iss", ISSUER);
            }
            query.extend_pairs(pairs);
        }
        Outcome::Redirect(url.into())
    }
}
