//! Every no, in every shape: what a refused request is answered.

use http::StatusCode;
use http::request::Parts;

use super::decision::Refusal;
use super::login;
use super::places::target_of;
use super::problem::{Problem, redirect_htmx};
use super::respond::{self, Ready};
use crate::error::{Answer, Code, Error};
use crate::flow::{Begin, Begun, Intent, Visitor, may_be_held};
use crate::oauth::{Caller, OAuth, Resume};
use crate::pages::{LinkKind, Notice};
use crate::scope::ScopeSet;
use crate::scope::requirement::{Declaration, Wanted};
use crate::tokens::ProviderId;

/// A request that may not pass, with all that its answer depends on.
pub(crate) struct Challenge<'a> {
    pub(crate) oauth: &'a OAuth,
    pub(crate) provider: ProviderId,
    pub(crate) parts: &'a Parts,
    pub(crate) caller: &'a Caller,
    pub(crate) declaration: &'static Declaration,
    pub(crate) wanted: Wanted,
    pub(crate) declined: ScopeSet,
    pub(crate) code: Code,
    /// All of it was granted, and the provider does not renew it.
    pub(crate) has_ended: bool,
}

impl Challenge<'_> {
    /// The error that the extractor returns, with the whole answer in it.
    pub(crate) fn into_error(self, refusal: Refusal) -> Error {
        let text = match self.code {
            Code::SignInRequired => "no user is signed in",
            _ if self.has_ended => "the provider no longer renews the access: the user has to act",
            _ => "a required scope is not granted",
        };
        let error = Error::new(self.code, text);
        match self.answer(refusal) {
            Ok(answer) => error.with_answer(answer),
            Err(error) => error,
        }
    }

    fn answer(&self, refusal: Refusal) -> Result<Answer, Error> {
        let status = self.code.status();
        let own = || Resume::of_parts(self.oauth, self.parts);
        match refusal {
            Refusal::Redirect => self.redirect(),
            Refusal::Rationale => {
                self.page(Notice::rationale(self.wanted.all()), LinkKind::Continue, &own())
            }
            Refusal::Explain if self.caller.signed_in().is_none() => {
                self.page(Notice::denied(), LinkKind::Retry, &own())
            }
            Refusal::Explain if self.has_ended => {
                let notice = Notice::access_ended(self.wanted.missing.clone());
                self.page(notice, LinkKind::Continue, &own())
            }
            Refusal::Explain => {
                self.page(Notice::declined(self.wanted.missing.clone()), LinkKind::Grant, &own())
            }
            Refusal::Hold => self.hold(),
            Refusal::LeaveFrame => {
                let get = self.parts.method == http::Method::GET;
                let behind = || Resume::page_behind(self.oauth, &self.parts.headers);
                let target = if get { own() } else { behind() };
                self.page(Notice::framed(status), LinkKind::Continue, &target)
            }
            Refusal::SendAgain => self.send_again(status),
            Refusal::Quiet => Ok(only(respond::bare(status))),
            Refusal::Problem => self.problem(),
            Refusal::HtmxProblem => {
                let mut answer = self.problem()?;
                redirect_htmx(&mut answer.response, &self.link_for_script(Intent::unasked)?);
                Ok(answer)
            }
        }
    }

    fn redirect(&self) -> Result<Answer, Error> {
        if self.is_logged_out() {
            let location =
                login::link_from_page(self.oauth, &Resume::of_parts(self.oauth, self.parts))?;
            return Ok(only(respond::see_other(&location)));
        }
        let resume = Resume::of_parts(self.oauth, self.parts);
        let begin = Begin {
            provider: self.provider,
            wanted: self.wanted.clone(),
            why: self.declaration.why.map(str::to_owned),
            ..Begin::sign_in(self.caller, resume)
        };
        self.oauth.warn_of_missing_routes();
        let Begun { location, cookies } = begin.begin(self.oauth, &self.parts.headers)?;
        let mut response = respond::see_other(&location);
        respond::set_cookies(&mut response, &cookies);
        Ok(Answer { response, authorize_url: None })
    }

    /// The body is not in reach here: the browser is asked to send all of it once more, to a
    /// route that keeps it. What cannot be kept is said now, before anybody reads it.
    fn hold(&self) -> Result<Answer, Error> {
        let target = Resume::of_form_target(self.oauth, target_of(self.parts));
        let target = target.filter(|_| self.declaration.holds_form && !self.is_logged_out());
        let Some(target) = target else {
            return self.send_again(self.code.status());
        };
        if let Err(status) = may_be_held(self.parts) {
            return self.send_again(status);
        }
        let location = self.intent(&target).to_form_link(self.oauth)?;
        Ok(only(respond::same_again(&location)))
    }

    /// What was sent is not kept: a page says so and leads on.
    fn send_again(&self, status: StatusCode) -> Result<Answer, Error> {
        let behind = Resume::page_behind(self.oauth, &self.parts.headers);
        if self.is_logged_out() {
            let notice = login::needed(self.oauth, &behind);
            return respond::page(self.oauth, &self.parts.headers, notice).map(only);
        }
        self.page(Notice::send_again(status), LinkKind::Continue, &behind)
    }

    fn page(&self, notice: Notice, link: LinkKind, resume: &Resume) -> Result<Answer, Error> {
        let authorize_url = self.link(resume)?;
        let provider = self.oauth.provider(self.provider).name();
        let notice = notice.of_provider(provider).with_why(self.declaration.why);
        let notice = notice.with_link(link, &authorize_url);
        let notice = self.with_way_back(notice);
        let response = respond::page(self.oauth, &self.parts.headers, notice)?;
        Ok(Answer { response, authorize_url: Some(authorize_url) })
    }

    fn with_way_back(&self, notice: Notice) -> Notice {
        notice.with_link(LinkKind::Back, self.oauth.0.urls.default_page())
    }

    fn problem(&self) -> Result<Answer, Error> {
        let Self { oauth, provider, declaration, ref declined, code, .. } = *self;
        let missing = &self.wanted.missing;
        let authorize_url = self.link_for_script(|intent| intent)?;
        let (why, parts) = (declaration.why, self.parts);
        let authorized = parts.headers.contains_key(http::header::AUTHORIZATION);
        let problem = Problem { oauth, provider, why, missing, declined, code, authorized };
        let response = problem.response(&authorize_url)?;
        Ok(Answer { response, authorize_url: Some(authorize_url) })
    }

    /// The link for a script, which is told when it has come to its end.
    fn link_for_script(&self, change: impl Fn(Intent) -> Intent) -> Result<String, Error> {
        let page = Resume::page_behind(self.oauth, &self.parts.headers);
        if self.is_logged_out() {
            return Ok(login::link_for_script(self.oauth, &page));
        }
        let done = Resume::done(&self.oauth.0.urls, &page, None);
        change(self.intent(&done)).to_link(self.oauth)
    }

    fn intent(&self, resume: &Resume) -> Intent {
        let binding = self.caller.binding();
        let Wanted { missing, optional } = &self.wanted;
        let intent = Intent::new(self.oauth, binding, missing, resume);
        let intent = intent.at(self.oauth, self.provider);
        let intent = intent.with_optional(optional).with_why(self.declaration.why);
        match self.caller {
            Caller::Stranger => {
                intent.of_user(Visitor::last_account(self.oauth, &self.parts.headers))
            }
            _ => intent,
        }
    }

    /// Where the person goes on: to the provider, or to the app's own login first.
    fn link(&self, resume: &Resume) -> Result<String, Error> {
        if self.is_logged_out() {
            return Ok(login::link(self.oauth, resume));
        }
        self.intent(resume).to_link(self.oauth)
    }

    fn is_logged_out(&self) -> bool {
        matches!(self.caller, Caller::LoggedOut)
    }
}

fn only(response: Ready) -> Answer {
    Answer { response, authorize_url: None }
}
