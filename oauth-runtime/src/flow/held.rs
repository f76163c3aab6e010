//! Forms that are kept while their sender is at the provider, each by a link that works once.

use aws_lc_rs::digest;
use http::request::Parts;
use http::{StatusCode, Version, header};

use super::intent::Intent;
use crate::error::{Code, Error};
use crate::oauth::{HeldForm, KeptResume, OAuth, Resume, Sender, Unkept, Viewer};
use crate::session::decode;

/// The longest form that is kept, in bytes.
pub(crate) const MAX_FORM: usize = 64 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";

/// Whether a form can be kept, judged before its body is read.
///
/// # Errors
/// 415 for anything but an urlencoded form, 413 for one that is too long or of unknown length.
pub(crate) fn may_be_held(parts: &Parts) -> Result<(), StatusCode> {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    // Without either header there is no body (RFC 9112 §6.3): a form of nothing but its button.
    let is_framed = parts.headers.contains_key(header::CONTENT_LENGTH)
        || parts.headers.contains_key(header::TRANSFER_ENCODING);
    if !is_framed && parts.version <= Version::HTTP_11 {
        return Ok(());
    }
    match text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length <= MAX_FORM => Ok(()),
        _ => Err(StatusCode::PAYLOAD_TOO_LARGE),
    }
}

/// The sealed text of a hold link, by its hash: what it is used up by, and the number of the
/// form that is kept by it.
pub(crate) struct HoldLink {
    key: [u8; 16],
    number: [u8; 16],
}

impl HoldLink {
    pub(crate) fn of(text: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        let half = |from| std::array::from_fn(|i| hash.as_ref()[from + i]);
        Self { key: half(0), number: half(16) }
    }

    /// Where the form is shown again.
    pub(crate) fn resume(&self, oauth: &OAuth) -> Resume {
        Resume::form(&oauth.0.urls, self.number)
    }

    /// Whether a form of this browser is kept by it: a page that is loaded again leads to it.
    pub(crate) async fn is_kept_for(&self, oauth: &OAuth, viewer: Viewer) -> Result<bool, Error> {
        oauth.0.held.is_kept(viewer, &self.number, oauth.0.clock.now()).await
    }

    /// Keeps a form, the first time that the link is used. In a task of its own: a connection that
    /// ends meanwhile must not use up the link for nothing.
    ///
    /// # Errors
    /// If it was used before, if there is no room, or if a store cannot be asked. In the last two
    /// cases the link can be used again.
    pub(crate) async fn hold(
        &self,
        oauth: &OAuth,
        sender: Sender,
        intent: &Intent,
        body: String,
    ) -> Result<(), Unkept> {
        let form = HeldForm::new(self.number, intent.resume.clone(), body, intent.insists)
            .of_user(intent.user());
        let (oauth, key, ends_at) = (oauth.clone(), self.key, intent.ends_at());
        let tasks = oauth.0.accounts.flights.tasks.clone();
        let held = tasks.spawn(async move {
            let (now, user) = (oauth.0.clock.now(), sender.user());
            if !oauth.0.claims.use_link(key, user, ends_at, now).await? {
                return Err(Unkept::Used);
            }
            let kept = oauth.0.held.keep(sender, &form, now).await;
            if kept.is_err() {
                oauth.0.claims.give_link_back(key, user, ends_at, now).await;
            }
            kept
        });
        let lost = |_| Error::new(Code::Internal, "a form was lost while it was kept");
        held.await.map_err(lost)?
    }
}

/// A form that is kept, if the link names one of this viewer's.
pub(crate) async fn find(
    oauth: &OAuth,
    viewer: Viewer,
    link: &str,
) -> Result<Option<HeldForm>, Error> {
    let Some(number) = decode::<16>(link.as_bytes()) else { return Ok(None) };
    let found = oauth.0.held.find(viewer, &number, oauth.0.clock.now()).await?;
    Ok(found.map(|(_, form)| form.value.clone()))
}

/// The target of that form, once: it is not sent a second time.
pub(crate) async fn take(
    oauth: &OAuth,
    viewer: Viewer,
    link: &str,
) -> Result<Option<KeptResume>, Error> {
    let Some(number) = decode::<16>(link.as_bytes()) else { return Ok(None) };
    oauth.0.held.take(viewer, &number, oauth.0.clock.now()).await
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// H3: what cannot be kept is known by its headers alone.
    #[test]
    fn only_a_short_urlencoded_form_of_known_length_is_kept() {
        let judged = |kind: Option<&'static str>, length: Option<&'static str>| {
            let (mut parts, ()) = http::Request::new(()).into_parts();
            let chunked = length.filter(|length| *length == "chunked");
            let length = length.filter(|length| *length != "chunked");
            for (name, value) in [
                (header::CONTENT_TYPE, kind),
                (header::CONTENT_LENGTH, length),
                (header::TRANSFER_ENCODING, chunked),
            ] {
                let value = value.map(HeaderValue::from_static);
                value.map(|value| parts.headers.insert(name, value));
            }
            may_be_held(&parts).map_err(|status| status.as_u16())
        };
        let form = Some(FORM);
        for (kind, length, expected) in [
            (form, Some("0"), Ok(())),
            (form, Some("65536"), Ok(())),
            (Some("Application/X-WWW-Form-Urlencoded; charset=UTF-8"), Some("5"), Ok(())),
            (form, Some("65537"), Err(413)),
            (form, Some("chunked"), Err(413)),
            (form, None, Ok(())),
            (form, Some("-1"), Err(413)),
            (form, Some("99999999999999999999999"), Err(413)),
            (Some("multipart/form-data; boundary=x"), Some("5"), Err(415)),
            (Some("text/plain"), Some("5"), Err(415)),
            (Some("application/json"), Some("5"), Err(415)),
            (None, Some("5"), Err(415)),
        ] {
            assert_eq!(judged(kind, length), expected, "{kind:?} {length:?}");
        }
    }
}
