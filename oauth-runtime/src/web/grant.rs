//! What a token is made of, and how an error that arises behind the guard becomes a consent.

use std::sync::Arc;

use http::request::Parts;

use super::asked::Asked;
use super::guard::{self, Pass};
use super::problem::{Problem, redirect_htmx};
use super::purpose::Purpose;
use super::request_kind::RequestKind;
use super::respond::{self, Ready};
use crate::error::{Answer, Code, Error};
use crate::flow::Intent;
use crate::oauth::{Login, OAuth, Resume, Route, SignedIn};
use crate::pages::{LinkKind, Notice};
use crate::provider::Provider;
use crate::scope::ScopeSet;
use crate::scope::requirement::{Declaration, Wanted};
use crate::session::{AccountKey, Binding};
use crate::store::Entry;
use crate::tokens::{AccountRow, ProviderId, TokenSet};

/// A live token that holds what was required, with the request that required it.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) oauth: OAuth,
    pub(crate) signed_in: SignedIn,
    pub(crate) tokens: Arc<TokenSet>,
    pub(crate) purpose: Purpose,
    pub(crate) asked: Asked,
}

impl Grant {
    pub(super) fn of(pass: Pass, declaration: &'static Declaration, parts: &Parts) -> Self {
        let Pass { oauth, signed_in, tokens } = pass;
        let (purpose, asked) = (Purpose::of(declaration), Asked::of(&oauth, parts));
        Self { oauth, signed_in, tokens, purpose, asked }
    }

    /// The same with a token that has life left.
    pub(super) async fn renewed(&self) -> Result<Self, Error> {
        let renewed = guard::renew(&self.oauth, &self.signed_in, self.purpose.declaration).await;
        let Pass { oauth, signed_in, tokens } = renewed.map_err(|error| self.refused(error))?;
        let Self { purpose, asked, .. } = self.clone();
        Ok(Self { oauth, signed_in, tokens, purpose, asked })
    }

    /// The same for a part of its handler, which has a declaration of its own.
    pub(super) fn narrowed(&self, declaration: &'static Declaration) -> Self {
        Self { purpose: self.purpose.narrowed(declaration), ..self.clone() }
    }

    /// Whether another token may do where an API did not take this one. For one that is new it may
    /// only where the API says that the token itself is invalid, unless that one came for such an
    /// answer, too.
    pub(crate) fn may_be_replaced(&self, is_said_invalid: bool) -> bool {
        let is_new = self.tokens.is_new(self.oauth.0.clock.now());
        !is_new || is_said_invalid && !self.tokens.is_replacement()
    }

    /// The same with another token, since an API did not take this one.
    pub(crate) async fn replaced(&self) -> Result<Self, Error> {
        self.replaced_if(false).await
    }

    /// The same after this refusal of an API.
    pub(crate) async fn replaced_for(&self, refusal: &Error) -> Result<Self, Error> {
        self.replaced_if(refusal.is_of_invalid_token()).await
    }

    async fn replaced_if(&self, is_said_invalid: bool) -> Result<Self, Error> {
        if !self.may_be_replaced(is_said_invalid) {
            let text = "the access token is younger than a minute, and is not replaced";
            let error = Error::new(Code::Api, text).with_help(
                "what the API says is the reason: `Error::from_api` reads it; another token would \
                 be refused as well",
            );
            return Err(self.refused(error));
        }
        match &self.signed_in.login {
            Login::Service(service) => service.distrust(&self.tokens).await,
            _ => self.oauth.0.accounts.distrust(&self.signed_in.key, &self.tokens).await?,
        }
        self.renewed().await
    }

    /// The same error, which the request is answered with if its handler returns it: the person
    /// is asked for what is missing, and the request is resumed; or he reads on a page that it
    /// did not work. Nothing is asked or stored here.
    #[cold]
    pub(crate) fn refused(&self, error: Error) -> Error {
        if error.answer().is_some() {
            return error;
        }
        match &self.signed_in.login {
            Login::Service(service) => return service.refused(error),
            Login::Account => {
                let now = self.account_now();
                let of = (self.signed_in.provider, Some((self.signed_in.key, &now.value)));
                return Self::refused_to_job(&self.oauth, of, self.purpose, error);
            }
            Login::Session(_) | Login::Owner(_) => {}
        }
        let (oauth, asked) = (&self.oauth, &self.asked);
        match error.is_consent_required().then(|| self.answer(error.kind())) {
            Some(Ok(answer)) => error.with_answer(answer),
            Some(Err(failure)) => failure,
            None if asked.kind.is_of_person() => {
                let again = asked.again(oauth).into_string();
                let about = (&asked.headers(), self.provider().name());
                respond::failed(oauth, about, error, respond::Ways { again, connect: None })
            }
            None => error,
        }
    }

    /// The same for a job: a link that can be sent to the person, who is not here.
    #[cold]
    pub(super) fn refused_to_job(
        oauth: &OAuth,
        (provider, account): (ProviderId, Option<(AccountKey, &AccountRow)>),
        purpose: Purpose,
        error: Error,
    ) -> Error {
        if !error.is_consent_required() {
            return error;
        }
        let row = account.map(|(_, row)| row);
        let wanted = match row {
            Some(row) => purpose.wanted_again(row),
            None => purpose.wanted_by_handler(None),
        };
        let link = Self::letter(oauth, (provider, account), purpose, &wanted);
        let (missing, declined) = (&wanted.missing, &ScopeSet::default());
        let (why, code, authorized) = (purpose.why(), error.kind(), false);
        let problem = Problem { oauth, provider, why, missing, declined, code, authorized };
        let answer = link.and_then(|link| {
            let whole = format!("{}{link}", oauth.0.urls.origin_text());
            Ok(Answer { response: problem.response(&whole)?, authorize_url: Some(whole) })
        });
        match answer {
            Ok(answer) => error.with_answer(answer),
            Err(failure) => failure,
        }
    }

    /// The link of such an error.
    fn letter(
        oauth: &OAuth,
        (provider, account): (ProviderId, Option<(AccountKey, &AccountRow)>),
        purpose: Purpose,
        wanted: &Wanted,
    ) -> Result<String, Error> {
        let row = account.map(|(_, row)| row);
        // A link that binds to a session would be of no use by tomorrow.
        let holder = row.and_then(|row| row.holder).filter(|_| oauth.0.login.is_some());
        if oauth.0.login.is_some() && holder.is_none() {
            // No user has it, and who asks for it first is known after the login.
            return Ok(oauth.0.urls.path(Route::SignIn));
        }
        let page = Resume::default_page(&oauth.0.urls);
        let intent = Intent::new(oauth, holder, &wanted.missing, &page)
            .at(oauth, provider)
            .with_optional(&wanted.optional)
            .with_why(purpose.why())
            .for_account(account.map(|(key, _)| key));
        let hint = row.and_then(|row| row.identity.email().map(str::to_owned));
        intent.in_mail(oauth, hint).to_link(oauth)
    }

    /// Headers and body of the request are gone, and so every way leads over a route of ours
    /// that has them.
    fn answer(&self, code: Code) -> Result<Answer, Error> {
        let (oauth, asked) = (&self.oauth, &self.asked);
        let start = |resume: &Resume| self.intent(code, resume).to_link(oauth);
        let unasked = |resume: &Resume| self.intent(code, resume).unasked().to_link(oauth);
        let (response, authorize_url) = match asked.kind {
            RequestKind::Page => (respond::see_other(&unasked(&asked.target(oauth))?), None),
            RequestKind::Frame => (respond::see_other(&start(&asked.out_of_frame(oauth))?), None),
            RequestKind::Form => (respond::same_again(&self.hold(code)?), None),
            RequestKind::Fetch | RequestKind::Htmx => {
                let done = Resume::done(&oauth.0.urls, &asked.page(oauth), None);
                let link = start(&done)?;
                let mut response = self.problem(code, &link)?;
                if asked.kind == RequestKind::Htmx {
                    redirect_htmx(&mut response, &unasked(&done)?);
                }
                (response, Some(link))
            }
            RequestKind::Quiet => (respond::bare(code.status()), None),
            RequestKind::CrossSite => {
                let link = start(&asked.page(oauth))?;
                (self.send_again(code, &link)?, Some(link))
            }
        };
        Ok(Answer { response, authorize_url })
    }

    /// A form of another origin is not kept: a page says so and leads on.
    fn send_again(&self, code: Code, link: &str) -> Result<Ready, Error> {
        let notice = Notice::send_again(code.status()).after_begin(true);
        let notice = notice.of_provider(self.provider().name()).with_why(self.purpose.why());
        let notice = notice.with_link(LinkKind::Continue, link);
        let notice = notice.with_link(LinkKind::Back, self.oauth.0.urls.default_page());
        respond::page(&self.oauth, &self.asked.headers(), notice)
    }

    fn hold(&self, code: Code) -> Result<String, Error> {
        let target = self.asked.form_target(&self.oauth).filter(|_| self.purpose.holds_form());
        let intent = match target {
            Some(target) => self.intent(code, &target),
            None => self.intent(code, &self.asked.page(&self.oauth)).keeping_no_form(),
        };
        intent.to_form_link(&self.oauth)
    }

    fn problem(&self, code: Code, link: &str) -> Result<Ready, Error> {
        let (oauth, why, (provider, wanted)) = (&self.oauth, self.purpose.why(), self.wanted(code));
        let (missing, declined) = (&wanted.missing, &ScopeSet::default());
        let authorized = self.asked.authorized;
        Problem { oauth, provider, why, missing, declined, code, authorized }.response(link)
    }

    /// An API that misses something does not say what: the scopes of the token are asked for,
    /// although the account seems to have them.
    fn intent(&self, code: Code, resume: &Resume) -> Intent {
        let (binding, (provider, wanted)) = (self.binding(code), self.wanted(code));
        let intent = Intent::new(&self.oauth, binding, &wanted.missing, resume);
        let user = self.signed_in.login.session_user().filter(|_| binding.is_none());
        intent
            .of_user(user)
            .at(&self.oauth, provider)
            .with_optional(&wanted.optional)
            .with_why(self.purpose.why())
            .insisting()
    }

    /// The provider whose token it is.
    pub(crate) fn provider(&self) -> &Provider {
        self.oauth.provider(self.signed_in.provider)
    }

    /// What to ask for, and where. Whose session is over signs in first, and links afterwards.
    fn wanted(&self, code: Code) -> (ProviderId, Wanted) {
        let SignedIn { login, provider, .. } = &self.signed_in;
        match login {
            Login::Session(_) if code == Code::SignInRequired && !provider.is_first() => {
                Default::default()
            }
            _ if code == Code::SignInRequired => {
                (*provider, self.purpose.wanted_by_handler(Some(self.signed_in.row())))
            }
            _ => (*provider, self.purpose.wanted_again(&self.account_now().value)),
        }
    }

    /// The account as a refresh left it, if there was one meanwhile.
    fn account_now(&self) -> Arc<Entry<AccountRow>> {
        let last = self.oauth.last_account(&self.signed_in);
        last.unwrap_or_else(|| self.signed_in.account.clone())
    }

    /// Who will follow the link: after a sign-out somebody of whom nothing is known, but for the
    /// app that has a login of its own.
    fn binding(&self, code: Code) -> Option<Binding> {
        match &self.signed_in.login {
            Login::Session(_) if code == Code::SignInRequired => None,
            login => Some(login.binding()),
        }
    }
}
