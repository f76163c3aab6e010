//! How the pages of one app look: the library's own, or the app's.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};

use super::brand::Brand;
use super::kind::PageKind;
use super::language::Language;
use super::notice::Notice;
use super::own::{PageHtml, Pages};
use super::page::Page;
use crate::error::Error;

const STYLE: &str = include_str!("../../templates/page.css");

/// Brand, replaced pages, and the style that goes with them.
#[derive(Clone, Default)]
pub(crate) struct Appearance {
    brand: Option<Brand>,
    pages: Option<Arc<dyn Pages>>,
}

impl fmt::Debug for Appearance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own_pages = self.pages.is_some();
        f.debug_struct("Appearance")
            .field("brand", &self.brand)
            .field("own_pages", &own_pages)
            .finish()
    }
}

impl Appearance {
    pub(crate) fn with_brand(mut self, brand: Brand) -> Self {
        self.brand = Some(brand);
        self
    }

    pub(crate) fn with_pages(mut self, pages: impl Pages) -> Self {
        self.pages = Some(Arc::new(pages));
        self
    }

    /// # Errors
    /// If the brand has something that no page can show.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.brand.as_ref().map_or(Ok(()), Brand::check)
    }

    /// The page for whoever sent these headers.
    pub(crate) fn show(
        &self,
        notice: Notice,
        provider: &str,
        headers: &HeaderMap,
    ) -> Result<PageHtml, Error> {
        let language = Language::of(headers);
        let wanted = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        let wanted: Vec<_> = wanted.filter_map(|value| value.to_str().ok()).collect();
        let named = notice.provider.clone();
        let provider = named.as_deref().unwrap_or(provider);
        let page = Page::new(notice, language, provider, self.brand.as_ref());
        let page = page.with_accept_language(&wanted.join(", "));
        let Some(own) = self.pages.as_ref().and_then(|own| own.page(&page)) else {
            return self.own(&page);
        };
        let usual = || {
            format!(
                "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                 base-uri 'none'; frame-ancestors {}",
                framers(page.kind())
            )
        };
        let policy = own.content_security_policy().map_or_else(usual, str::to_owned);
        Ok(own.with_content_security_policy(policy))
    }

    /// Nothing is loaded but the brand's picture, nothing may frame the page, and only our own
    /// style is applied: it is named by its hash.
    fn own(&self, page: &Page) -> Result<PageHtml, Error> {
        let brand = self.brand.as_ref();
        let style = format!("{STYLE}{}", brand.map(Brand::style).unwrap_or_default());
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
        let images = brand.and_then(Brand::image_source);
        let images = images.map(|source| format!("img-src {source}; ")).unwrap_or_default();
        let scripts = page.script().map_or("", |_| "script-src 'self'; ");
        // A policy for forms would hold for every redirect after them, which are the app's.
        let forms = if page.form().is_some() || !page.actions().is_empty() {
            ""
        } else {
            "form-action 'none'; "
        };
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; {scripts}{images}{forms}base-uri 'none'; \
             frame-ancestors {}",
            framers(page.kind())
        );
        let html = page.document(&style)?;
        Ok(PageHtml::new(html).with_content_security_policy(policy))
    }
}

/// Who may show the page in a frame: the page that leads out of a frame of our own is of use
/// only there, and has nothing that could be clicked by mistake.
fn framers(kind: PageKind) -> &'static str {
    if kind == PageKind::Framed { "'self'" } else { "'none'" }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::super::kind::LinkKind;
    use super::super::notice::Accounts;
    use super::*;
    use crate::error::Code;

    const EVIL: &str = "<script>alert(1)</script>\"'</code>";

    fn show(appearance: &Appearance, notice: Notice, language: &str) -> PageHtml {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(language).unwrap());
        appearance.show(notice, "Google", &headers).unwrap()
    }

    fn notice(kind: PageKind) -> Notice {
        Notice::new(kind, StatusCode::OK).with_link(LinkKind::Back, "/")
    }

    /// G13: text from outside never becomes markup.
    #[test]
    fn whatever_comes_from_outside_is_escaped() {
        let accounts = Accounts { signed_in: EVIL.to_owned(), chosen: Some(EVIL.to_owned()) };
        let scopes = [EVIL].into_iter().collect();
        let mut notice = Notice::declined(scopes).with_why(Some(EVIL));
        notice.accounts = Some(accounts);
        let notice =
            LinkKind::ALL.iter().fold(notice, |notice, kind| notice.with_link(*kind, EVIL));
        let brand = Brand::new(EVIL).with_logo(format!("/{EVIL}")).with_support(format!("/{EVIL}"));
        let appearance = Appearance::default().with_brand(brand);
        for language in ["en", "de"] {
            let html = show(&appearance, notice.clone(), language).into_html();
            assert!(!html.contains("<script>"), "{html}");
            assert!(!html.contains("\"'</code>"), "{html}");
        }
    }

    /// The policy names the style of the page by its hash, picture and script by their place.
    #[test]
    fn the_policy_allows_exactly_what_the_page_has() {
        let branded = Brand::new("Notes").with_accent("#ffd400").with_logo("/logo.svg");
        let done = Notice::done("/oauth/client.js".to_owned());
        for (appearance, notice, more) in [
            (Appearance::default(), notice(PageKind::Denied), ""),
            (Appearance::default(), done, "script-src 'self'; "),
            (
                Appearance::default().with_brand(branded),
                notice(PageKind::Denied),
                "img-src 'self'; ",
            ),
        ] {
            let page = show(&appearance, notice, "en");
            let (html, policy) = (page.html(), page.content_security_policy().unwrap());
            let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
            let hash = STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
            let expected = format!(
                "default-src 'none'; style-src 'sha256-{hash}'; {more}form-action 'none'; \
                 base-uri 'none'; frame-ancestors 'none'"
            );
            assert_eq!(policy, expected);
        }
    }

    #[test]
    fn the_brand_is_on_every_page_and_its_accent_wins_in_the_dark_too() {
        let brand = Brand::new("Field Notes")
            .with_logo("/logo.svg")
            .with_accent("#ffd400")
            .with_support("/help");
        let appearance = Appearance::default().with_brand(brand);
        for kind in PageKind::ALL {
            let html = show(&appearance, notice(*kind), "en").into_html();
            assert!(html.contains("– Field Notes</title>"), "{html}");
            assert!(
                html.contains("<img src=\"/logo.svg\" alt=\"\">Field Notes</header>"),
                "{html}"
            );
            assert!(html.contains("Back to Field Notes</a>"), "{html}");
            assert!(html.contains("<footer><a href=\"/help\""), "{html}");
            let dark = html.find("prefers-color-scheme:dark").unwrap();
            assert!(html.find("--accent:#ffd400;--on-accent:#000000").unwrap() > dark, "{html}");
        }
    }

    #[test]
    fn a_page_is_in_the_language_that_was_asked_for() {
        for (language, tag, words) in
            [("en", "en", "Signed out"), ("de-CH", "de", "Abgemeldet"), ("fr", "en", "Signed out")]
        {
            let html = show(&Appearance::default(), Notice::of_kind(PageKind::SignedOut), language)
                .into_html();
            assert!(html.contains(&format!("<html lang=\"{tag}\">")), "{html}");
            assert!(html.contains(words), "{html}");
        }
    }

    #[test]
    fn an_app_replaces_the_pages_it_wants_to_and_no_other() {
        let own = |page: &Page| {
            (page.kind() == PageKind::Denied).then(|| {
                assert_eq!(page.accept_language(), Some("fr"));
                PageHtml::new(format!(
                    "<p>{}<main>{}</main>",
                    page.title(),
                    page.content().unwrap()
                ))
            })
        };
        let appearance = Appearance::default().with_pages(own);
        let page = show(&appearance, notice(PageKind::Denied), "fr");
        assert!(page.html().starts_with("<p>Access was not granted<main>"), "{}", page.html());
        assert!(
            page.content_security_policy().unwrap().starts_with("default-src 'self'"),
            "{}",
            page.html()
        );
        let page = show(&appearance, notice(PageKind::Declined), "fr");
        assert!(page.html().starts_with("<!doctype html>"), "{}", page.html());
    }

    /// G8: the words of a provider, or of the log, are not shown.
    #[test]
    fn a_failure_page_never_repeats_the_error() {
        for (code, kind) in [
            (Code::FlowExpired, PageKind::Expired),
            (Code::CallbackInvalid, PageKind::Unusable),
            (Code::AdminPolicy, PageKind::AdminPolicy),
            (Code::ProviderRefused, PageKind::AppRefused),
            (Code::ProviderUnavailable, PageKind::Unavailable),
            (Code::ProviderTimeout, PageKind::Unavailable),
            (Code::StoreUnavailable, PageKind::Unavailable),
            (Code::ProviderResponse, PageKind::Untrusted),
            (Code::IdTokenInvalid, PageKind::Untrusted),
            (Code::ApiForbidden, PageKind::Forbidden),
            (Code::ApiRateLimited, PageKind::Unavailable),
            (Code::ApiUnavailable, PageKind::Unavailable),
            (Code::Api, PageKind::Failed),
            (Code::Internal, PageKind::Failed),
            (Code::AccessDenied, PageKind::Denied),
            (Code::CrossSite, PageKind::CrossSite),
        ] {
            let notice = Notice::failure(&Error::new(code, "SECRET DETAIL"));
            assert_eq!((notice.kind, notice.status), (kind, code.status()));
            let html = show(&Appearance::default(), notice, "en").into_html();
            assert!(!html.contains("SECRET"), "{code:?}");
        }
    }
}
