//! Forms that are kept while their sender is at the provider.
//!
//! A form lies at a key that is made of its holder: the session, or the browser of someone
//! signed out. So it opens for nobody else, and nobody holds more than two.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use http::request::Parts;
use http::{StatusCode, Version, header};

use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::oauth::{HeldForm, OAuth};
use crate::session::{decode, encode};
use crate::store::{Entry, Expected, Unwritten};

/// The longest form that is kept, in bytes.
pub(crate) const MAX_FORM: usize = 64 * 1024;
/// How long it is kept.
pub(crate) const LIFETIME: Duration = Duration::from_secs(600);
/// How many one holder has at the same time; a third takes the place of the oldest.
const SLOTS: [u8; 2] = [0, 1];
const FORM: &str = "application/x-www-form-urlencoded";

/// Whose form it is: a session's lineage, or the number of a browser.
pub(crate) type Holder = [u8; 16];

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

/// Keeps a form and gives the link that shows it again.
///
/// # Errors
/// `Full` if too many forms are kept already.
pub(crate) async fn hold(
    oauth: &OAuth,
    holder: Holder,
    form: HeldForm,
) -> Result<String, Unwritten> {
    let (number, now) = (form.number, oauth.0.clock.now());
    let (key, expected) = place(oauth, holder, now).await.map_err(Unwritten::Failed)?;
    oauth.0.held.put(key, form, expected, now + LIFETIME, now).await?;
    Ok(format!("{}?form={}", oauth.0.urls.path("continue"), encode(&number)))
}

/// A free place of this holder, or that of the older form.
async fn place(
    oauth: &OAuth,
    holder: Holder,
    now: Timestamp,
) -> Result<([u8; 16], Expected), Error> {
    let mut oldest: Option<(Timestamp, [u8; 16], Expected)> = None;
    for slot in SLOTS {
        let key = key(holder, slot);
        let found = oauth.0.held.get_anew(&key, now).await?;
        match found.entry {
            None => return Ok((key, found.expected)),
            Some(form) if oldest.is_none_or(|(ends_at, ..)| form.ends_at < ends_at) => {
                oldest = Some((form.ends_at, key, found.expected));
            }
            Some(_) => {}
        }
    }
    let lost = || Error::new(Code::Internal, "there is no place for a form");
    oldest.map(|(_, key, expected)| (key, expected)).ok_or_else(lost)
}

/// A form that is kept, and where.
pub(crate) type Kept = ([u8; 16], Arc<Entry<HeldForm>>);

/// The form of one of these holders that a link names.
pub(crate) async fn find(
    oauth: &OAuth,
    holders: &[Holder],
    link: &str,
) -> Result<Option<Kept>, Error> {
    let Some(number) = decode::<16>(link.as_bytes()) else { return Ok(None) };
    let now = oauth.0.clock.now();
    for key in holders.iter().flat_map(|holder| SLOTS.map(|slot| key(*holder, slot))) {
        let form = oauth.0.held.get_anew(&key, now).await?.entry;
        if let Some(form) = form.filter(|form| form.value.number == number) {
            return Ok(Some((key, form)));
        }
    }
    Ok(None)
}

/// The target of that form, once: nobody sends it a second time.
pub(crate) async fn take(
    oauth: &OAuth,
    holders: &[Holder],
    link: &str,
) -> Result<Option<String>, Error> {
    let Some((key, form)) = find(oauth, holders, link).await? else { return Ok(None) };
    let (now, expected) = (oauth.0.clock.now(), Expected::Version(form.version));
    match oauth.0.held.put(key, HeldForm::default(), expected, now, now).await {
        Ok(_) => Ok(Some(form.value.target.to_string())),
        Err(Unwritten::Changed | Unwritten::Full) => Ok(None),
        Err(Unwritten::Failed(error)) => Err(error),
    }
}

fn key(holder: Holder, slot: u8) -> [u8; 16] {
    let hash = digest::digest(&digest::SHA256, &[holder.as_slice(), &[slot]].concat());
    std::array::from_fn(|i| hash.as_ref()[i])
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
