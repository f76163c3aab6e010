//! A request to one of our own routes, and the pages that can answer it.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::HeaderMap;
use http::request::Parts;

use super::guard;
use super::respond::{self, Ready};
use crate::error::{Code, Error};
use crate::flow::{Action, Intent};
use crate::oauth::{Caller, Ending, OAuth, OtherAccount, Resume, Route};
use crate::pages::{Accounts, LinkKind, Notice};
use crate::tokens::ProviderId;

/// Who answers, and the headers that say in which language.
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    oauth: &'a OAuth,
    /// Which provider its pages speak of.
    provider: ProviderId,
    headers: &'a HeaderMap,
}

impl<'a> Visit<'a> {
    pub(super) fn of(oauth: &'a OAuth, parts: &'a Parts) -> Self {
        Self { oauth, provider: ProviderId::FIRST, headers: &parts.headers }
    }

    pub(super) fn at(self, provider: ProviderId) -> Self {
        Self { provider, ..self }
    }

    /// The page, or the failure to write it.
    pub(super) fn page(self, notice: Notice) -> Ready {
        let notice = notice.of_provider(self.oauth.provider(self.provider).name());
        let page = respond::page(self.oauth, self.headers, notice);
        page.unwrap_or_else(|error| self.failure_at_start(&error))
    }

    pub(super) fn with_way_back(self, notice: Notice) -> Notice {
        notice.with_link(LinkKind::Back, self.oauth.0.urls.default_page())
    }

    /// The same from an authorization that was to end at `resume`: in a window that a script
    /// opened, back is out of it.
    fn with_way_back_from(self, notice: Notice, resume: &Resume) -> Notice {
        match resume.called_off(&self.oauth.0.urls) {
            Some(out) => notice.with_link(LinkKind::Back, out.into_string()),
            None => self.with_way_back(notice),
        }
    }

    /// What went wrong before anything could be resumed.
    pub(super) fn failure_at_start(self, error: &Error) -> Ready {
        self.failure(error, &Resume::default_page(&self.oauth.0.urls))
    }

    pub(super) fn failure(self, error: &Error, resume: &Resume) -> Ready {
        let urls = &self.oauth.0.urls;
        // In a window that a script opened, the script begins it once more.
        let has_way = *resume != Resume::default_page(urls) && resume.called_off(urls).is_none();
        let again = has_way.then(|| resume.as_str());
        self.with_failure(error, again, |notice| self.with_way_back_from(notice, resume))
    }

    /// The same at a route of ours, which is asked for again by this link.
    pub(super) fn failure_of(self, error: &Error, link: &str) -> Ready {
        self.with_failure(error, Some(link), |notice| self.with_way_back(notice))
    }

    fn with_failure(
        self,
        error: &Error,
        again: Option<&str>,
        with_way_back: impl Fn(Notice) -> Notice,
    ) -> Ready {
        self.log(error);
        // Once more would end the same way.
        let in_vain = matches!(error.kind(), Code::CallbackInvalid | Code::AdminPolicy);
        let notice = Notice::failure(error);
        let notice = match again.filter(|_| !in_vain) {
            Some(again) => notice.with_link(LinkKind::StartAgain, again),
            None => notice,
        };
        let notice = notice.of_provider(self.oauth.provider(self.provider).name());
        respond::failure(self.oauth, self.headers, error, with_way_back(notice))
    }

    /// What a person did is of interest; what the operator has to mend is more.
    fn log(self, error: &Error) {
        let (code, help) = (error.code(), error.help().unwrap_or_default());
        let cause = std::error::Error::source(error).map(ToString::to_string);
        match error.kind() {
            Code::ProviderRefused | Code::Internal => {
                tracing::error!(code, error = %error.text(), cause, help, "the operator has to act");
            }
            Code::CallbackInvalid => {
                let origin = self.oauth.0.urls.origin_text();
                tracing::warn!(code, error = %error.text(), origin, "was the app opened at its origin?");
            }
            // The share that is full was told already, once for all of them.
            Code::TooManyPending => {
                tracing::debug!(code, error = %error.text(), "there is no room");
            }
            _ if error.status().is_server_error() => {
                tracing::warn!(code, error = %error.text(), cause, help, "an authorization failed");
            }
            _ => tracing::info!(code, error = %error.text(), "an authorization ended"),
        }
    }

    /// How an authorization ended, as the answer at the callback.
    pub(super) fn ending(self, caller: &Caller, ending: &Ending) -> Ready {
        let intent = |scopes, resume| Intent::new(self.oauth, caller.binding(), scopes, resume);
        let answer = match ending {
            Ending::Back { resume } => Ok(respond::see_other(resume.as_str())),
            Ending::Resumed { session, resume } => {
                Ok(self.keeping(session.as_deref(), respond::see_other(resume.as_str())))
            }
            Ending::Declined { session, binding, missing, why, resume } => {
                let intent = Intent::new(self.oauth, Some(*binding), missing, resume);
                let notice = Notice::declined(missing.clone());
                self.once_more(notice, LinkKind::Grant, intent, why.as_deref())
                    .map(|notice| self.keeping(session.as_deref(), self.page(notice)))
            }
            Ending::Denied { scopes, why, account, resume } => {
                let intent = intent(scopes, resume).for_account(*account);
                self.once_more(Notice::denied(), LinkKind::Retry, intent, why.as_deref())
                    .map(|notice| self.page(notice))
            }
            Ending::Narrower { scopes, why, account, insists, resume } => {
                let intent = intent(scopes, resume).for_account(*account).narrowed(*insists);
                self.at_once_more(intent, why.as_deref())
            }
            Ending::OtherAccount(other) => self.other_account(caller, other),
            Ending::Taken { scopes, resume } => {
                self.with_other_account(Notice::taken(), intent(scopes, resume))
            }
            Ending::Disconnected { scopes, why, resume } => {
                let (notice, link) = (Notice::ended_meanwhile(), LinkKind::StartAgain);
                self.once_more(notice, link, intent(scopes, resume), why.as_deref())
                    .map(|notice| self.page(notice))
            }
            Ending::NotAllowed { scopes, resume } => {
                self.with_other_account(Notice::not_allowed(), intent(scopes, resume))
            }
            Ending::Failed { error, resume } => Ok(self.failure(error, resume)),
        };
        answer.unwrap_or_else(|error| self.failure_at_start(&error))
    }

    /// To the provider once more, without a click.
    fn at_once_more(self, intent: Intent, why: Option<&str>) -> Result<Ready, Error> {
        let intent = intent.at(self.oauth, self.provider).with_why(why);
        Ok(respond::see_other(&intent.to_link(self.oauth)?))
    }

    /// An account that will not do, with the way to choose another one.
    fn with_other_account(self, notice: Notice, intent: Intent) -> Result<Ready, Error> {
        let intent = intent.choosing_account();
        let notice = self.once_more(notice, LinkKind::ChooseAccount, intent, None);
        notice.map(|notice| self.page(notice))
    }

    /// A no of the person, with the way to say yes after all.
    fn once_more(
        self,
        notice: Notice,
        link: LinkKind,
        intent: Intent,
        why: Option<&str>,
    ) -> Result<Notice, Error> {
        let intent = intent.at(self.oauth, self.provider).with_why(why);
        let notice = notice.with_why(why).with_link(link, intent.to_link(self.oauth)?);
        Ok(self.with_way_back_from(notice, &intent.resume(self.oauth)))
    }

    /// Both ways on: as the one who is signed in, or as the other one from now on.
    fn other_account(self, caller: &Caller, other: &OtherAccount) -> Result<Ready, Error> {
        let link = |action, hint: &str, account| {
            let intent = Intent::new(self.oauth, caller.binding(), &other.scopes, &other.resume);
            let intent = intent.for_account(account);
            intent.at(self.oauth, self.provider).with_action(action, hint).to_link(self.oauth)
        };
        let Accounts { signed_in, chosen } = &other.accounts;
        let chosen = chosen.as_deref().unwrap_or_default();
        let switch = link(Action::SwitchAccount, chosen, None)?;
        let notice = Notice::other_account(other.accounts.clone())
            .with_link(
                LinkKind::KeepAccount,
                link(Action::ChooseAccount, signed_in, other.account)?,
            )
            .with_link(LinkKind::SwitchAccount, switch);
        Ok(self.page(self.with_way_back_from(notice, &other.resume)))
    }

    fn keeping(self, session: Option<&str>, mut response: Ready) -> Ready {
        let (names, lifetime) = (&self.oauth.0.cookies, self.oauth.0.sessions.absolute());
        let cookie = session.map(|session| names.set(&names.session, session, lifetime));
        respond::set_cookies(&mut response, &cookie);
        response
    }
}

pub(super) fn send(response: Ready) -> Response {
    response.map(Body::from)
}

impl FromRequestParts<OAuth> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, oauth: &OAuth) -> Result<Self, Error> {
        guard::caller(oauth, parts, ProviderId::FIRST).await
    }
}

/// The link that was followed, as a browser has to ask for it.
pub(super) fn own_link(oauth: &OAuth, route: Route, parts: &Parts) -> String {
    let path = oauth.0.urls.path(route);
    parts.uri.query().map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
}

/// A parameter of the query, if it is there exactly once.
pub(super) fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    let mut values = url::form_urlencoded::parse(query.as_bytes()).filter(|pair| pair.0 == name);
    let (_, value) = values.next()?;
    values.next().is_none().then(|| value.into_owned())
}
