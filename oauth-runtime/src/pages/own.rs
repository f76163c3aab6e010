//! The app's own pages in the place of ours.

use super::page::Page;

/// A page as HTML, with the policy under which the browser shows it.
///
/// ```
/// use oauth_runtime::PageHtml;
///
/// let page = PageHtml::new("<!doctype html><title>Hello</title>")
///     .with_content_security_policy("default-src 'none'");
/// assert!(page.html().contains("Hello"));
/// assert_eq!(page.content_security_policy(), Some("default-src 'none'"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageHtml {
    html: String,
    policy: Option<String>,
}

impl PageHtml {
    /// A whole document. Unless it says more it may load from the app's own origin and hold
    /// styles, but no scripts within itself, and no other site may frame it.
    ///
    /// A page at the callback has a code in its address: let it load nothing from elsewhere,
    /// and count nobody's visits.
    pub fn new(html: impl Into<String>) -> Self {
        Self { html: html.into(), policy: None }
    }

    /// Puts another [`Content-Security-Policy`](https://www.w3.org/TR/CSP3/) in the place of
    /// the usual one. A value that no header can have is left out, and logged.
    pub fn with_content_security_policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// The document.
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The policy of its own.
    pub fn content_security_policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    pub(crate) fn into_html(self) -> String {
        self.html
    }
}

/// The app's own pages in the place of the library's, one by one.
///
/// A function will do, or a closure `|page: &Page| …`. Status, cookies and the other headers of the response stay the library's.
///
/// ```
/// use oauth_runtime::{ClientCredentials, OAuth, Page, PageHtml, PageKind};
///
/// fn own(page: &Page) -> Option<PageHtml> {
///     match page.kind() {
///         // The library's own words and links, in the app's layout.
///         PageKind::Declined | PageKind::Denied => {
///             let (content, language) = (page.content().ok()?, page.language().tag());
///             Some(PageHtml::new(format!(
///                 "<!doctype html><html lang={language}><title>Field Notes</title>\
///                  <link rel=stylesheet href=/app.css><main>{content}</main>"
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
