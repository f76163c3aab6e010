//! The routes that keep a form while its sender is at the provider, and send it afterwards.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;

use super::request_kind::is_same_origin;
use super::respond::{self, Ready};
use super::visit::{Visit, parameter, send};
use super::{body, login};
use crate::error::{Code, Error};
use crate::flow::{HoldLink, Intent, MAX_FORM, Visitor, find_held, may_be_held, take_held};
use crate::oauth::{Caller, OAuth, Resume, Route, Sender, Unkept, Viewer};
use crate::pages::{KeptForm, LinkKind, Notice};
use crate::session::SetCookie;

/// A refused form arrives here with its body, by a redirect that keeps both.
pub(super) async fn hold_form(
    State(oauth): State<OAuth>,
    caller: Caller,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let visit = Visit::of(&oauth, &parts);
    if !is_same_origin(&parts.headers, &oauth.0.urls.origin_text()) {
        return send(visit.page(visit.with_way_back(Notice::cross_site())));
    }
    let text = parameter(&parts, "intent").unwrap_or_default();
    if matches!(caller, Caller::LoggedOut) {
        return send(login::unsent(&oauth, &parts));
    }
    send(match Intent::from_form_link(&oauth, &caller, &text) {
        Ok(intent) => {
            let link = HoldLink::of(&text);
            let kept = keep(&oauth, &parts, body, &caller, (link, intent)).await;
            kept.unwrap_or_else(|error| visit.failure_at_start(&error))
        }
        Err(error) => visit.failure_at_start(&error),
    })
}

/// Keeps the form if it can be kept, and shows the way on in either case.
async fn keep(
    oauth: &OAuth,
    parts: &Parts,
    body: Body,
    caller: &Caller,
    (link, intent): (HoldLink, Intent),
) -> Result<Ready, Error> {
    let visit = Visit::of(oauth, parts);
    let (sender, cookie) = sender(oauth, parts, caller)?;
    let kept = match read(oauth, parts, body, &intent).await {
        Ok(body) => match link.hold(oauth, sender, &intent, body).await {
            Ok(()) => Ok(()),
            Err(Unkept::Used) => {
                still_kept(oauth, viewer(oauth, parts, caller), &link).await.map(Ok)?
            }
            Err(Unkept::Full) => Err(StatusCode::SERVICE_UNAVAILABLE),
            Err(Unkept::Failed(error)) => {
                tracing::warn!(code = error.code(), "a form was not kept");
                Err(StatusCode::SERVICE_UNAVAILABLE)
            }
        },
        Err(status) => Err(status),
    };
    let (notice, resume) = match kept {
        Ok(()) => (Notice::held(), link.resume(oauth)),
        Err(status) => {
            let behind = Resume::page_behind(oauth, &parts.headers);
            (Notice::send_again(status), behind)
        }
    };
    let notice = notice.with_why(intent.why.as_deref()).after_begin(intent.insists);
    let link = intent.leading_to(&resume).to_link(oauth)?;
    let notice = visit.with_way_back(notice.with_link(LinkKind::Continue, link));
    let mut response = visit.page(notice);
    respond::set_cookies(&mut response, &cookie);
    Ok(response)
}

/// A link keeps a form once. Its page may be loaded again, and is the same while the form waits;
/// what comes with the request then is not kept.
async fn still_kept(oauth: &OAuth, viewer: Viewer, link: &HoldLink) -> Result<(), Error> {
    let used = || Error::new(Code::CallbackInvalid, "this link was used before");
    link.is_kept_for(oauth, viewer).await?.then_some(()).ok_or_else(used)
}

/// Whose form it is, and the cookie by which a stranger's browser is known again.
fn sender(
    oauth: &OAuth,
    parts: &Parts,
    caller: &Caller,
) -> Result<(Sender, Option<SetCookie>), Error> {
    if let Some(user) = caller.user() {
        return Ok((Sender::User(user), None));
    }
    let visitor = Visitor::of_or_new(oauth, &parts.headers)?;
    Ok((Sender::Browser(visitor.number()), Some(visitor.to_cookie(oauth)?)))
}

/// The body, which is text: what is not cannot be written into a form again.
async fn read(
    oauth: &OAuth,
    parts: &Parts,
    form: Body,
    intent: &Intent,
) -> Result<String, StatusCode> {
    if !intent.keeps_form {
        return Err(StatusCode::FORBIDDEN);
    }
    may_be_held(parts)?;
    let bytes = body::whole(oauth, form, MAX_FORM).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| StatusCode::UNSUPPORTED_MEDIA_TYPE)?;
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map(|_| text.to_owned()).map_err(|_| StatusCode::UNSUPPORTED_MEDIA_TYPE)
}

/// Whose forms the caller may see and send.
fn viewer(oauth: &OAuth, parts: &Parts, caller: &Caller) -> Viewer {
    let browser = Visitor::of(oauth, &parts.headers).map(|visitor| visitor.number());
    Viewer { user: caller.user(), browser }
}

fn unknown() -> Error {
    Error::new(Code::CallbackInvalid, "the form was sent already, or was kept for somebody else")
}

/// Shows the form as it will be sent.
pub(super) async fn show_form(
    State(oauth): State<OAuth>,
    caller: Caller,
    parts: Parts,
) -> Response {
    let visit = Visit::of(&oauth, &parts);
    let link = parameter(&parts, "form").unwrap_or_default();
    if matches!(caller, Caller::LoggedOut) {
        return send(login::first(&oauth, Route::Continue, &parts));
    }
    let held = find_held(&oauth, viewer(&oauth, &parts, &caller), &link).await;
    let held = match held.and_then(|held| held.ok_or_else(unknown)) {
        Ok(held) => held,
        Err(error) => return send(visit.failure_at_start(&error)),
    };
    let action = format!("{}?form={link}", oauth.0.urls.path(Route::Continue));
    let form = KeptForm::new(action, &held.body);
    let notice = Notice::confirm(form).after_begin(held.begun);
    send(visit.page(visit.with_way_back(notice)))
}

/// Sends it, once, on to where it was meant for: with the body that comes in, since that is
/// what the person saw, by a redirect that keeps it.
pub(super) async fn send_form(
    State(oauth): State<OAuth>,
    caller: Caller,
    parts: Parts,
) -> Response {
    let visit = Visit::of(&oauth, &parts);
    if !is_same_origin(&parts.headers, &oauth.0.urls.origin_text()) {
        return send(visit.page(visit.with_way_back(Notice::cross_site())));
    }
    let link = parameter(&parts, "form").unwrap_or_default();
    if matches!(caller, Caller::LoggedOut) {
        return send(login::unsent(&oauth, &parts));
    }
    let target = take_held(&oauth, viewer(&oauth, &parts, &caller), &link).await;
    let page = target.map(|target| target.and_then(|target| target.page(&oauth.0.urls)));
    send(match page.and_then(|page| page.ok_or_else(unknown)) {
        Ok(page) => respond::same_again(page.as_str()),
        Err(error) => visit.failure_at_start(&error),
    })
}
