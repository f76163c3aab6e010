//! A page in words.

use std::fmt;

use askama::Template;
use http::StatusCode;

use super::brand::Brand;
use super::form::KeptForm;
use super::kind::{LinkKind, PageKind};
use super::language::Language;
use super::notice::{Accounts, Notice};
use super::texts::{Labels, Words};
use crate::error::{Code, Error};
use crate::scope::short_name;

/// A link of a page.
///
/// ```
/// use oauth_runtime::Page;
///
/// fn list(page: &Page) -> Vec<String> {
///     page.links().iter().map(|link| format!("{:?}: {}", link.kind(), link.text())).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    kind: LinkKind,
    text: String,
    href: String,
}

impl Link {
    /// Where it leads.
    pub fn kind(&self) -> LinkKind {
        self.kind
    }

    /// Its words, in the language of the page.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its address, on the app's own origin.
    pub fn href(&self) -> &str {
        &self.href
    }
}

/// What a page has to say, in the language of whoever reads it.
///
/// Everything is plain text: what goes into HTML has to be escaped there.
///
/// ```
/// use oauth_runtime::{LinkKind, Page, PageHtml, PageKind};
///
/// fn own(page: &Page) -> Option<PageHtml> {
///     let mut text = format!("<h1>{}</h1><p>{}</p>", page.title(), page.lead());
///     for link in page.links() {
///         // `content()` escapes all of it; by hand, that is yours to do.
///         text += &format!("<a href='{}'>{}</a>", link.href(), link.text());
///     }
///     (page.kind() == PageKind::SignedOut).then(|| PageHtml::new(text))
/// }
/// # let _ = LinkKind::Back;
/// ```
#[derive(Clone)]
pub struct Page {
    pub(super) notice: Notice,
    language: Language,
    accept_language: Option<String>,
    provider: String,
    brand: Option<Brand>,
    title: String,
    lead: String,
    links: Vec<Link>,
    pub(super) actions: Vec<Link>,
    words: Words,
    labels: Labels,
}

impl fmt::Debug for Page {
    /// Without the links, which are good for ten minutes, and without names and addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("kind", &self.kind())
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// What stands around a page where nothing else is wanted.
#[derive(Template)]
#[template(path = "page.html")]
struct Document<'a> {
    page: &'a Page,
    style: &'a str,
}

#[derive(Template)]
#[template(path = "content.html")]
struct Content<'a> {
    page: &'a Page,
}

impl Page {
    pub(super) fn new(
        notice: Notice,
        language: Language,
        provider: &str,
        brand: Option<&Brand>,
    ) -> Self {
        let (words, labels) = (language.words(notice.kind, notice.begun), language.labels());
        let filled = |text: &str| text.replace("{provider}", provider);
        let link = |(kind, href): &(LinkKind, String)| {
            let text = link_text(*kind, language, notice.accounts.as_ref(), brand);
            Link { kind: *kind, text, href: href.clone() }
        };
        Self {
            title: filled(words.title),
            lead: filled(words.lead),
            links: notice.links.iter().map(link).collect(),
            actions: notice.actions.iter().map(link).collect(),
            provider: provider.to_owned(),
            brand: brand.cloned(),
            accept_language: None,
            notice,
            language,
            words,
            labels,
        }
    }

    pub(super) fn with_accept_language(mut self, header: &str) -> Self {
        self.accept_language = Some(header.to_owned()).filter(|header| !header.is_empty());
        self
    }

    /// What it is about.
    pub fn kind(&self) -> PageKind {
        self.notice.kind
    }

    /// The status with which it is answered.
    pub fn status(&self) -> StatusCode {
        self.notice.status
    }

    /// Whether the handler of a form had begun when something turned out to be missing, so that
    /// a part of what it does may be done: on the pages [`Held`](PageKind::Held),
    /// [`SendAgain`](PageKind::SendAgain) and [`Confirm`](PageKind::Confirm).
    pub fn has_begun(&self) -> bool {
        self.notice.begun
    }

    /// The language of its words.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The `Accept-Language` header of the request, for a language that the library lacks.
    pub fn accept_language(&self) -> Option<&str> {
        self.accept_language.as_deref()
    }

    /// The name of the provider, such as `Google`.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The app's own name and looks, where it gave them.
    pub fn brand(&self) -> Option<&Brand> {
        self.brand.as_ref()
    }

    /// A few words: the heading.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// One or two sentences: what happened.
    pub fn lead(&self) -> &str {
        &self.lead
    }

    /// What else is good to know.
    pub fn note(&self) -> Option<&str> {
        self.words.note
    }

    /// The handler's `why`, in the app's own words.
    pub fn why(&self) -> Option<&str> {
        self.notice.why.as_deref()
    }

    /// The account that is signed in, on a page about accounts.
    pub fn signed_in(&self) -> Option<&str> {
        self.notice.accounts.as_ref().map(|accounts| accounts.signed_in.as_str())
    }

    /// The account that was chosen at the provider, on a page about two accounts.
    pub fn chosen(&self) -> Option<&str> {
        self.notice.accounts.as_ref()?.chosen.as_deref()
    }

    /// The form that the page sends: one that was kept, or one without a field that withdraws
    /// all access.
    pub fn form(&self) -> Option<&KeptForm> {
        self.notice.form.as_ref()
    }

    /// The words on the button that sends the form.
    pub fn button(&self) -> &str {
        match self.kind() {
            PageKind::Disconnect => self.labels.disconnect,
            _ => self.labels.send,
        }
    }

    /// The address of the module script without which the page does nothing: on
    /// [`PageKind::Done`](crate::PageKind::Done) alone, and part of [`content`](Self::content).
    pub fn script(&self) -> Option<&str> {
        self.notice.script.as_deref()
    }

    /// The ways on. The first one is the way that most people want.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The page without what stands around it, as escaped HTML, for a page in the layout of your
    /// own: a heading, paragraphs, a list of scopes, a `dl` of accounts or fields, a form, the
    /// links in a `nav`, and the script where there is one. The classes `main` (the first link), `why` and `note` are there to
    /// be styled. Links of a [`Framed`](PageKind::Framed) page lead out of the frame.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn content(&self) -> Result<String, Error> {
        written(&Content { page: self })
    }

    pub(super) fn document(&self, style: &str) -> Result<String, Error> {
        written(&Document { page: self, style })
    }

    /// The missing scopes as a person sees them: by their short names.
    pub fn shown_scopes(&self) -> impl Iterator<Item = &str> {
        self.notice.scopes.names().map(short_name)
    }

    /// The words around the handler's `why`, which is in the app's own language.
    fn around_why(&self) -> (&str, &str) {
        self.labels.why.split_once("{why}").unwrap_or_default()
    }

    /// Links of a framed page have to lead out of the frame.
    fn is_framed(&self) -> bool {
        self.kind() == PageKind::Framed
    }
}

fn link_text(
    kind: LinkKind,
    language: Language,
    accounts: Option<&Accounts>,
    brand: Option<&Brand>,
) -> String {
    match (kind, accounts, brand) {
        (LinkKind::KeepAccount, Some(accounts), _) => {
            language.link(kind).replace("{account}", &accounts.signed_in)
        }
        (LinkKind::SwitchAccount, Some(accounts), _) => {
            let chosen = accounts.chosen.as_deref().unwrap_or_default();
            language.link(kind).replace("{account}", chosen)
        }
        (LinkKind::Back, _, Some(brand)) => {
            language.labels().back_to.replace("{app}", brand.name())
        }
        _ => language.link(kind).to_owned(),
    }
}

fn written(template: &impl Template) -> Result<String, Error> {
    let rendered = template.render();
    rendered.map_err(|e| Error::new(Code::Internal, "a page cannot be written").with_source(e))
}
