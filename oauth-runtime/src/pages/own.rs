//! The app's own pages in the place of ours.

use super::page::Page;

/// A page as HTML, with the policy under which the browser shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageHtml {
    html: String,
    policy: String,
}

/// What an app's own page may do unless it says more: load from its own origin, style itself.
const OWN_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
                          img-src 'self' data:; base-uri 'none'; \
                          frame-ancestors 'none'";

impl PageHtml {
    /// A whole document. It may load from the app's own origin and hold styles, but no scripts
    /// within itself, and nothing may frame it.
    pub fn new(html: impl Into<String>) -> Self {
        Self { html: html.into(), policy: OWN_POLICY.to_owned() }
    }

    /// Puts another [`Content-Security-Policy`](https://www.w3.org/TR/CSP3/) in the place of
    /// the usual one. A value that no header can have leaves the page without its styles and
    /// pictures.
    pub fn with_content_security_policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = policy.into();
        self
    }

    /// The document.
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The policy under which a browser shows it.
    pub fn content_security_policy(&self) -> &str {
        &self.policy
    }

    pub(crate) fn into_html(self) -> String {
        self.html
    }
}

/// The app's own pages in the place of the library's, one by one.
///
/// A closure will do. Status, cookies and the other headers of the response stay the library's.
///
/// ```
/// use oauth_runtime::{ClientCredentials, OAuth, Page, PageHtml, PageKind};
///
/// fn own(page: &Page) -> Option<PageHtml> {
///     match page.kind() {
///         // The library's own words and links, in the app's layout.
///         PageKind::Declined | PageKind::Denied => {
///             let content = page.content().ok()?;
///             Some(PageHtml::new(format!(
///                 "<!doctype html><title>{}</title><link rel=stylesheet href=/app.css>{content}",
///                 page.title(),
///             )))
///         }
///         _ => None, // the library's
///     }
/// }
///
/// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
///     .with_redirect_uri("http://localhost:8080/oauth/callback")
///     .with_pages(own)
///     .build()?;
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
pub trait Pages: Send + Sync + 'static {
    /// The app's own page, or `None` for the library's.
    fn page(&self, page: &Page) -> Option<PageHtml>;
}

impl<F> Pages for F
where
    F: Fn(&Page) -> Option<PageHtml> + Send + Sync + 'static,
{
    fn page(&self, page: &Page) -> Option<PageHtml> {
        self(page)
    }
}
