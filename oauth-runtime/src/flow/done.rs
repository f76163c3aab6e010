//! Where the authorization of a script ends: on a page of ours, which tells the script.
//!
//! A script of the app opens its link in a window of its own and gives that window a number.
//! All that happens there ends at `/oauth/done` with this number, by which the script knows it.
//! A link that was simply followed ends there too, and goes on to the page.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::resume::Resume;
use crate::oauth::OAuth;

/// What a path and query needs to be the value of a parameter and to stay readable.
const VALUE: &AsciiSet = &CONTROLS.add(b'%').add(b'&').add(b'+').add(b'#');
/// A UUID as text.
const MAX_NUMBER: usize = 36;

/// The number of a window that a script opened, chosen by the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Popup(String);

impl Popup {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (plain && (1..=MAX_NUMBER).contains(&text.len())).then(|| Self(text.to_owned()))
    }
}

impl Resume {
    /// The end of an authorization that a script on `page` asked for.
    pub(crate) fn done(oauth: &OAuth, page: &Self, popup: Option<&Popup>) -> Self {
        let number = popup.map(|popup| format!("popup={}&", popup.0)).unwrap_or_default();
        let done = |page: &str| {
            let page = utf8_percent_encode(page, VALUE);
            let text = format!("{}?{number}to={page}", oauth.0.urls.path("done"));
            Self::parse(&text, oauth.0.urls.origin())
        };
        let path = page.as_str().split('?').next().unwrap_or_default();
        done(page.as_str()).or_else(|| done(path)).unwrap_or_else(|| {
            // Too long even so: the page gives way, the number stays.
            done(&oauth.0.urls.default_page()).unwrap_or_else(|| Self::default_page(oauth))
        })
    }

    /// The same end, told to the script that opened this window.
    pub(crate) fn told_to(self, oauth: &OAuth, popup: &Popup) -> Self {
        match self.as_str().split_once('?') {
            Some((path, query)) if path == oauth.0.urls.path("done") => {
                let page = page_of(oauth, query);
                Self::done(oauth, &page, Some(popup))
            }
            _ => self,
        }
    }
}

/// The page that an address of `/oauth/done` goes on to.
pub(crate) fn page_of(oauth: &OAuth, query: &str) -> Resume {
    let mut values = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "to");
    values
        .next()
        .filter(|_| values.next().is_none())
        .and_then(|(_, page)| Resume::parse(&page, oauth.0.urls.origin()))
        .unwrap_or_else(|| Resume::default_page(oauth))
}

/// Where a window that a script opened goes back to, if `resume` is its end: the script is told
/// that the authorization was called off.
pub(crate) fn called_off(oauth: &OAuth, resume: &str) -> Option<String> {
    is_in_popup(oauth, resume).then(|| ended(resume, "cancelled"))
}

/// The same target after the browser was signed in with another account than before. A script
/// that waits for the end is told so.
pub(super) fn switched(oauth: &OAuth, resume: &str) -> String {
    if is_in_popup(oauth, resume) { ended(resume, "switched") } else { resume.to_owned() }
}

fn is_in_popup(oauth: &OAuth, resume: &str) -> bool {
    resume.starts_with(&format!("{}?popup=", oauth.0.urls.path("done")))
}

/// The last word counts: nobody hears two.
fn ended(resume: &str, word: &str) -> String {
    let whole = resume.split("&end=").next().unwrap_or_default();
    format!("{whole}&end={word}")
}
