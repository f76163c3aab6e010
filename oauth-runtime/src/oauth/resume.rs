//! Where a request goes on after an authorization: at a page of the app, or at one of our own
//! routes, which are values of our code and never the text of a request.
//!
//! A script of the app opens its link in a window of its own and gives that window a number.
//! All that happens there ends at `/oauth/done` with this number, by which the script knows it.
//! A link that was simply followed ends there too, and goes on to the page.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::return_path::ReturnPath;
use super::route::Route;
use super::urls::Urls;
use crate::session::encode;

/// What a path and query needs to be the value of a parameter and to stay readable.
const VALUE: &AsciiSet = &CONTROLS.add(b'%').add(b'&').add(b'+').add(b'#');
/// The longest address of `/oauth/done`: a page that makes it longer gives way.
const MAX_LEN: usize = 600;
/// A UUID as text.
const MAX_NUMBER: usize = 36;

/// The number of a window that a script opened, chosen by the script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Popup(Box<str>);

impl Popup {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (plain && (1..=MAX_NUMBER).contains(&text.len())).then(|| Self(text.into()))
    }
}

/// What a script that waits for the end is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    /// All is as it was asked for.
    Granted,
    /// The user called it off.
    CalledOff,
    /// The browser is signed in with another account than before.
    Switched,
    /// A user has logged in to the app, and may be another one than before.
    LoggedIn,
}

impl End {
    const fn parameter(self) -> &'static str {
        match self {
            Self::Granted => "",
            Self::CalledOff => "&end=cancelled",
            Self::Switched => "&end=switched",
            Self::LoggedIn => "&end=logged-in",
        }
    }
}

/// What there is to go on to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stop {
    /// A page of the app, by its path and query.
    Page(Box<str>),
    /// The end of what a script began on `page`.
    Done { page: Box<str>, popup: Option<Popup>, end: End },
    /// The form with this number, which is kept.
    Form([u8; 16]),
    /// The page about the account.
    Account,
}

/// Where to go on, with the address that a browser is sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resume {
    stop: Stop,
    address: String,
}

impl Resume {
    fn at(urls: &Urls, stop: Stop) -> Self {
        let address = match &stop {
            Stop::Page(page) => page.to_string(),
            Stop::Done { page, popup, end } => {
                let number = popup.as_ref().map(|popup| format!("popup={}&", popup.0));
                let (number, page) = (number.unwrap_or_default(), utf8_percent_encode(page, VALUE));
                format!("{}?{number}to={page}{}", urls.path(Route::Done), end.parameter())
            }
            Stop::Form(number) => {
                format!("{}?form={}", urls.path(Route::Continue), encode(number))
            }
            Stop::Account => urls.path(Route::Account),
        };
        Self { stop, address }
    }

    fn page(urls: &Urls, page: &ReturnPath) -> Self {
        Self::at(urls, Stop::Page(page.as_str().into()))
    }

    fn page_or_default(urls: &Urls, page: Option<&ReturnPath>) -> Self {
        page.map_or_else(|| Self::default_page(urls), |page| Self::page(urls, page))
    }

    /// The page for a user of whom nothing better is known.
    pub(crate) fn default_page(urls: &Urls) -> Self {
        Self::at(urls, Stop::Page(urls.default_page().into()))
    }

    /// The page that a link of the app names in a parameter, or the default page.
    pub(crate) fn of_link(urls: &Urls, text: &str) -> Self {
        Self::page_or_default(urls, ReturnPath::of_link(urls, text).as_ref())
    }

    /// The page with this whole path, or the default page.
    pub(crate) fn of_path(urls: &Urls, text: &str) -> Self {
        Self::page_or_default(urls, ReturnPath::parse(urls, text).as_ref())
    }

    /// The page with this whole address, or the default page.
    pub(crate) fn of_url(urls: &Urls, text: &str) -> Self {
        Self::page_or_default(urls, ReturnPath::of_url(urls, text).as_ref())
    }

    /// A request that came to us. Of our own routes the account page alone is asked for anew.
    pub(crate) fn of_request(urls: &Urls, path_and_query: &str) -> Self {
        if urls.is_at(Route::Account, path_and_query) {
            return Self::account(urls);
        }
        Self::page_or_default(urls, ReturnPath::of_request(urls, path_and_query).as_ref())
    }

    /// The target of a form, if it can be sent there again exactly.
    pub(crate) fn of_form(urls: &Urls, path_and_query: &str) -> Option<Self> {
        ReturnPath::of_form(urls, path_and_query).map(|page| Self::page(urls, &page))
    }

    /// The page about the account.
    pub(crate) fn account(urls: &Urls) -> Self {
        Self::at(urls, Stop::Account)
    }

    /// A form that is kept.
    pub(crate) fn form(urls: &Urls, number: [u8; 16]) -> Self {
        Self::at(urls, Stop::Form(number))
    }

    /// The end of an authorization that a script on `page` asked for.
    pub(crate) fn done(urls: &Urls, page: &Self, popup: Option<&Popup>) -> Self {
        let done = |page: &str| {
            let (page, popup) = (page.into(), popup.cloned());
            Self::at(urls, Stop::Done { page, popup, end: End::Granted })
        };
        let default = urls.default_page();
        let page = match &page.stop {
            Stop::Page(page) | Stop::Done { page, .. } => page,
            Stop::Form(_) | Stop::Account => &*default,
        };
        let path = page.split('?').next().unwrap_or_default();
        let mut ends = [page, path].into_iter().map(done);
        // Too long even so: the page gives way, the number stays.
        ends.find(|end| end.address.len() <= MAX_LEN).unwrap_or_else(|| done(&default))
    }

    /// The same end, told to the script that opened this window.
    pub(crate) fn told_to(self, urls: &Urls, popup: &Popup) -> Self {
        match &self.stop {
            Stop::Done { .. } => Self::done(urls, &self, Some(popup)),
            _ => self,
        }
    }

    /// Where a user goes back to in a window that a script opened, if this is its end: the
    /// script is told that it was called off.
    pub(crate) fn called_off(&self, urls: &Urls) -> Option<Self> {
        self.ended(urls, End::CalledOff)
    }

    /// The same after the browser was signed in with another account than before: a script that
    /// waits for the end is told so.
    pub(crate) fn switched(&self, urls: &Urls) -> Self {
        self.ended(urls, End::Switched).unwrap_or_else(|| self.clone())
    }

    /// The same after a user has logged in to an app with a login of its own, which does not say
    /// who was logged in before.
    pub(crate) fn logged_in(&self, urls: &Urls) -> Self {
        self.ended(urls, End::LoggedIn).unwrap_or_else(|| self.clone())
    }

    fn ended(&self, urls: &Urls, end: End) -> Option<Self> {
        match &self.stop {
            Stop::Done { page, popup: popup @ Some(_), .. } => {
                let (page, popup) = (page.clone(), popup.clone());
                Some(Self::at(urls, Stop::Done { page, popup, end }))
            }
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.address
    }

    pub(crate) fn into_string(self) -> String {
        self.address
    }

    /// The same to be kept, in a sealed record or row.
    pub(crate) fn to_kept(&self) -> KeptResume {
        KeptResume(self.stop.clone())
    }
}

/// Where to go on, as it lies in a sealed record or row. The app may be mounted elsewhere by
/// the time that it is read, so that it is judged again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptResume(Stop);

impl Default for KeptResume {
    fn default() -> Self {
        Self(Stop::Page(Box::default()))
    }
}

impl KeptResume {
    pub(crate) fn resume(&self, urls: &Urls) -> Resume {
        match &self.0 {
            Stop::Page(page) => Resume::of_path(urls, page),
            Stop::Done { page, popup, end } => {
                let page = Resume::of_path(urls, page).address.into();
                let (popup, end) = (popup.clone(), *end);
                Resume::at(urls, Stop::Done { page, popup, end })
            }
            stop => Resume::at(urls, stop.clone()),
        }
    }

    /// The page of the app that it names, if it still is one.
    pub(crate) fn page(&self, urls: &Urls) -> Option<Resume> {
        let Stop::Page(page) = &self.0 else { return None };
        ReturnPath::parse(urls, page).map(|page| Resume::page(urls, &page))
    }

    /// The same without the query of its page; without a query, the default page.
    pub(crate) fn shorter(&self, urls: &Urls) -> Option<Self> {
        let mut shorter = self.clone();
        let (Stop::Page(page) | Stop::Done { page, .. }) = &mut shorter.0 else { return None };
        *page = match page.split_once('?') {
            Some((path, _)) => path.into(),
            None => urls.default_page().into(),
        };
        (shorter != *self).then_some(shorter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ClientCredentials;

    fn urls(public: &str) -> Urls {
        let credentials = ClientCredentials::new("client-id", "fake-secret");
        Urls::resolve(Some(public), None, "/oauth", &credentials).unwrap()
    }

    #[test]
    fn the_end_of_a_script_names_its_page_and_its_window() {
        let urls = urls("https://app.example/trips");
        let page = Resume::of_path(&urls, "/trips/x?a=%2B+b&c");
        let end = Resume::done(&urls, &page, None);
        assert_eq!(end.as_str(), "/trips/oauth/done?to=/trips/x?a=%252B%2Bb%26c");
        assert_eq!(end.called_off(&urls), None, "no window waits for it");
        let popup = Popup::parse("4-2").unwrap();
        let told = end.told_to(&urls, &popup);
        assert_eq!(told.as_str(), "/trips/oauth/done?popup=4-2&to=/trips/x?a=%252B%2Bb%26c");
        let off = told.called_off(&urls).unwrap();
        assert_eq!(off.as_str(), format!("{}&end=cancelled", told.as_str()));
        let switched = off.switched(&urls);
        assert_eq!(switched.as_str(), format!("{}&end=switched", told.as_str()), "the last word");
        assert_eq!(page.switched(&urls), page, "no window waits for it");
        assert_eq!(page.clone().told_to(&urls, &popup), page, "no script began it");
        let long = Resume::of_path(&urls, &format!("/trips/x?q={}", "x".repeat(580)));
        let end = Resume::done(&urls, &long, Some(&popup));
        assert_eq!(end.as_str(), "/trips/oauth/done?popup=4-2&to=/trips/x");
    }

    #[test]
    fn what_is_kept_is_judged_again_when_it_is_read() {
        let (urls, moved) = (urls("https://app.example/trips"), urls("https://app.example/a/b"));
        let popup = Popup::parse("7").unwrap();
        let page = Resume::of_path(&urls, "/trips/x?y");
        let done = Resume::done(&urls, &page, Some(&popup));
        let form = Resume::form(&urls, [7; 16]);
        for resume in [&page, &done, &form, &Resume::account(&urls), &Resume::default_page(&urls)] {
            assert_eq!(resume.to_kept().resume(&urls), *resume);
            let elsewhere = resume.to_kept().resume(&moved).into_string();
            assert!(elsewhere.starts_with("/a/b"), "{elsewhere}");
            assert!(!elsewhere.contains("trips"), "{elsewhere}");
        }
        assert_eq!(page.to_kept().page(&urls), Some(page.clone()));
        assert_eq!(page.to_kept().page(&moved), None, "a form must not arrive elsewhere");
        assert_eq!(form.to_kept().page(&urls), None);
        assert_eq!(KeptResume::default().page(&urls), None);
    }

    #[test]
    fn what_does_not_fit_gives_way_step_by_step() {
        let urls = urls("https://app.example/trips");
        let page = Resume::of_path(&urls, "/trips/x?y").to_kept();
        let path = page.shorter(&urls).unwrap();
        assert_eq!(path.resume(&urls).as_str(), "/trips/x");
        let root = path.shorter(&urls).unwrap();
        assert_eq!(root.resume(&urls).as_str(), "/trips");
        assert_eq!(root.shorter(&urls), None);
        assert_eq!(Resume::account(&urls).to_kept().shorter(&urls), None);
    }
}
