//! What came back: a page, its text, its links.

use reqwest::Response;
use reqwest::header::HeaderMap;
use url::Url;

use super::form::Form;
use super::html::{Piece, Tag, pieces, sections, text_of, words};
use super::site::Initiator;

/// An answer, and the redirects that led to it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The status code.
    pub status: u16,
    /// Where it was found, after redirects.
    pub url: Url,
    /// The headers as they came.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
    /// The redirects that were followed, in order.
    pub hops: Vec<Hop>,
}

/// One redirect that was followed.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The status code.
    pub status: u16,
    /// The address that redirected.
    pub url: Url,
    /// Its headers.
    pub headers: HeaderMap,
}

impl Page {
    pub(super) async fn read(url: Url, response: Response, hops: Vec<Hop>) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body =
            response.bytes().await.unwrap_or_else(|error| panic!("the body of {url}: {error:?}"));
        Self { status, url, headers, body: String::from_utf8_lossy(&body).into_owned(), hops }
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Where the answer redirects to.
    pub fn location(&self) -> Option<Url> {
        self.url.join(self.header("location")?).ok()
    }

    /// What a reader sees, on one line.
    pub fn text(&self) -> String {
        words(&text_of(&pieces(&self.body), " "))
    }

    /// The address behind the link that reads `text`, or else whose text holds it.
    pub fn link(&self, text: &str) -> Url {
        let links = self.links();
        let exact = links.iter().find(|(label, _)| label == text);
        let found = exact.or_else(|| links.iter().find(|(label, _)| label.contains(text)));
        let (_, target) =
            found.unwrap_or_else(|| panic!("no link {text:?} at {} among {links:#?}", self.url));
        self.url.join(target).unwrap_or_else(|error| panic!("the link {target:?}: {error}"))
    }

    /// Whether there is such a link.
    pub fn has_link(&self, text: &str) -> bool {
        self.links().iter().any(|(label, _)| label.contains(text))
    }

    /// The form with that id, name, class or action; the first one for `"form"`.
    pub fn form(&self, selector: &str) -> Form {
        let pieces = pieces(&self.body);
        let forms = sections(&pieces, "form");
        let found = forms.iter().find(|(tag, _)| is_selected(tag, selector));
        let (tag, inside) = found.unwrap_or_else(|| {
            let tags: Vec<_> = forms.iter().map(|(tag, _)| tag).collect();
            panic!("no form {selector:?} at {} among {tags:#?}", self.url)
        });
        Form::read(self, tag, inside)
    }

    pub(super) fn initiator(&self) -> Initiator {
        Initiator::new(self.url.clone()).with_policy(self.header("referrer-policy"))
    }

    fn links(&self) -> Vec<(String, String)> {
        let pieces = pieces(&self.body);
        let links = sections(&pieces, "a").into_iter();
        let read = |(tag, inside): (&Tag, &[Piece])| {
            Some((words(&text_of(inside, "")), tag.attribute("href")?.to_owned()))
        };
        links.filter_map(read).collect()
    }
}

fn is_selected(tag: &Tag, selector: &str) -> bool {
    let name = selector.trim_start_matches("form").trim_start_matches(['#', '.']);
    let classes = tag.attribute("class").unwrap_or_default();
    let action = tag.attribute("action").unwrap_or_default();
    name.is_empty()
        || tag.attribute("id") == Some(name)
        || tag.attribute("name") == Some(name)
        || classes.split_whitespace().any(|class| class == name)
        || action.split('?').next().is_some_and(|path| !path.is_empty() && path.ends_with(name))
}
