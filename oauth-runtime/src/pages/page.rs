//! One page: a title, a sentence, what it is about, and where to go.

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use crate::error::{Code, Error};

const STYLE: &str = include_str!("../../templates/page.css");

/// Nothing is loaded from anywhere, nothing may frame the page, and only our own style is
/// applied: it is named by its hash.
pub(crate) static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
});

/// A link on a page; the first one is the way that most people want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) text: &'static str,
    pub(crate) href: String,
}

/// What a page says. Whatever comes from outside is escaped when it is written.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    pub(crate) lead: String,
    /// The words of the handler.
    pub(crate) why: Option<String>,
    pub(crate) items: Vec<String>,
    pub(crate) note: Option<&'static str>,
    pub(crate) links: Vec<Link>,
    /// Shown inside a frame, where links have to lead out of it.
    pub(crate) framed: bool,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Document<'a> {
    page: &'a Page,
    style: &'static str,
}

impl Page {
    pub(super) fn new(
        status: StatusCode,
        title: impl Into<String>,
        lead: impl Into<String>,
    ) -> Self {
        Self {
            status,
            title: title.into(),
            lead: lead.into(),
            why: None,
            items: Vec::new(),
            note: None,
            links: Vec::new(),
            framed: false,
        }
    }

    pub(crate) fn with_why(mut self, why: Option<&str>) -> Self {
        self.why = why.map(str::to_owned);
        self
    }

    pub(crate) fn with_items(mut self, items: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.items = items.into_iter().map(Into::into).collect();
        self
    }

    pub(super) fn with_note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }

    pub(crate) fn with_link(mut self, text: &'static str, href: impl Into<String>) -> Self {
        self.links.push(Link { text, href: href.into() });
        self
    }

    pub(crate) fn in_frame(mut self) -> Self {
        self.framed = true;
        self
    }

    /// The page as HTML.
    pub(crate) fn render(&self) -> Result<String, Error> {
        let document = Document { page: self, style: STYLE };
        document
            .render()
            .map_err(|e| Error::new(Code::Internal, "a page cannot be rendered").with_source(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G13: text from outside never becomes markup.
    #[test]
    fn whatever_comes_from_outside_is_escaped() {
        let evil = "<script>alert(1)</script>\"'</code>";
        let page = Page::new(StatusCode::OK, evil, evil)
            .with_why(Some(evil))
            .with_items([evil])
            .with_link("go", evil);
        let html = page.render().unwrap();
        assert!(!html.contains("<script>"), "{html}");
        assert!(!html.contains("\"'</code>"), "{html}");
    }

    #[test]
    fn the_policy_allows_exactly_the_style_of_the_page() {
        let html = Page::new(StatusCode::OK, "t", "l").render().unwrap();
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
        assert!(CONTENT_SECURITY_POLICY.contains(&hash));
        assert!(CONTENT_SECURITY_POLICY.starts_with("default-src 'none'"));
    }
}
