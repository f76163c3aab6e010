//! Whose pages these are.

use url::Url;

use crate::error::{Code, Error};
use crate::shown;

/// The name and the looks of the app, shown on every page of the library.
///
/// ```
/// use oauth_runtime::{Brand, ClientCredentials, OAuth};
/// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
///     .with_redirect_uri("http://localhost:8080/oauth/callback")
///     .with_brand(
///         Brand::new("Field Notes")
///             .with_logo("/logo.svg")
///             .with_accent("#0b6e4f")
///             .with_support("mailto:help@example.com"),
///     )
///     .build()?;
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "give it to `OAuthBuilder::with_brand`"]
pub struct Brand {
    name: String,
    logo: Option<String>,
    accent: Option<String>,
    support: Option<String>,
}

impl Brand {
    /// A brand by its name, as people know the app.
    ///
    /// ```
    /// use oauth_runtime::Brand;
    ///
    /// let brand = Brand::new("Field Notes").with_logo("/logo.svg");
    /// assert_eq!((brand.name(), brand.logo()), ("Field Notes", Some("/logo.svg")));
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), logo: None, accent: None, support: None }
    }

    /// A picture beside the name, 32 CSS pixels high: a path on the app's origin such
    /// as `/logo.svg` (with the mount path, if there is one), or
    /// a `data:image/…` URL. Never another site's: these pages load nothing from elsewhere.
    pub fn with_logo(mut self, address: impl Into<String>) -> Self {
        self.logo = Some(address.into());
        self
    }

    /// The colour of the main link, as `#rrggbb`. The text on it becomes black or white,
    /// whichever reads better (WCAG 2.2, 1.4.3).
    pub fn with_accent(mut self, colour: impl Into<String>) -> Self {
        self.accent = Some(colour.into());
        self
    }

    /// Where someone finds help: a path on the app's origin, or `mailto:` and an
    /// address. Never another
    /// site: a page that stands at the callback leads nowhere else.
    pub fn with_support(mut self, address: impl Into<String>) -> Self {
        self.support = Some(address.into());
        self
    }

    /// The name of the app.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the picture.
    pub fn logo(&self) -> Option<&str> {
        self.logo.as_deref()
    }

    /// The colour of the main link.
    pub fn accent(&self) -> Option<&str> {
        self.accent.as_deref()
    }

    /// Where someone finds help.
    pub fn support(&self) -> Option<&str> {
        self.support.as_deref()
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.name.trim().is_empty() || self.name.chars().any(is_invisible) {
            let text = "the brand has no name, or one with signs that nobody sees";
            return Err(wrong(text, "give it one with `Brand::new(\"…\")`"));
        }
        if let Some(colour) = &self.accent {
            Rgb::parse(colour).ok_or_else(|| {
                wrong(
                    format!("the accent {} is no colour such as \"#1a56c4\"", shown::name(colour)),
                    "write it as `#` and six hexadecimal digits",
                )
            })?;
        }
        check_address("logo", self.logo(), "data", |url| {
            url.path().strip_prefix("image/").is_some_and(|rest| !rest.is_empty())
        })?;
        check_address("support", self.support(), "mailto", |url| {
            let path = url.path();
            !path.contains('%') && !path.starts_with('@') && path.contains('@')
        })
    }

    /// Whence the browser may load the picture (CSP Level 3 `img-src`).
    pub(super) fn image_source(&self) -> Option<&'static str> {
        self.logo().map(|logo| if logo.starts_with("data:") { "data:" } else { "'self'" })
    }

    /// The rule that puts the accent in the place of our own.
    pub(super) fn style(&self) -> String {
        let colour = self.accent().and_then(Rgb::parse);
        colour.map_or_else(String::new, |colour| {
            let edge = if colour.stands_out() { "var(--accent)" } else { "var(--ink)" };
            let (accent, text) = (colour.css(), colour.text_on_it().css());
            format!(":root{{--accent:{accent};--on-accent:{text};--edge:{edge}}}")
        })
    }
}

/// Control signs, and those that turn the direction of text or take no room.
fn is_invisible(sign: char) -> bool {
    let turns =
        matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
    sign.is_control() || turns || sign == '\u{feff}'
}

fn wrong(text: impl Into<String>, help: &'static str) -> Error {
    Error::new(Code::ConfigOption, text.into()).with_help(help)
}

/// A path of the app, or an address of the one scheme that suits.
fn check_address(
    what: &str,
    address: Option<&str>,
    scheme: &str,
    suits: impl Fn(&Url) -> bool,
) -> Result<(), Error> {
    let Some(address) = address else { return Ok(()) };
    let path = address.starts_with('/') && !address.starts_with("//") && !address.contains('\\');
    let good = match Url::parse(address) {
        Ok(url) => url.scheme() == scheme && address.starts_with(scheme) && suits(&url),
        Err(_) => path,
    };
    if good && address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let shown = shown::address(address);
    let text = format!("the brand's {what} {shown} is neither a plain path nor a `{scheme}:`");
    Err(wrong(text, "give a path on the app's own origin, percent-encoded, such as \"/help\""))
}

/// What `page.css` calls `--paper`, in light and in the dark.
const PAPERS: [Rgb; 2] = [Rgb([0xff, 0xff, 0xff]), Rgb([0x1d, 0x21, 0x26])];

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rgb([u8; 3]);

impl Rgb {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let part = |from: usize| u8::from_str_radix(&digits[from..from + 2], 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    fn css(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Black or white, whichever stands out more: the better one always has 4.5 : 1.
    fn text_on_it(self) -> Self {
        let [black, white] = [Self([0; 3]), Self([255; 3])];
        if contrast(self, white) >= contrast(self, black) { white } else { black }
    }

    /// Whether a control of this colour is seen on our paper, in light and in the dark (WCAG
    /// 2.2, 1.4.11).
    fn stands_out(self) -> bool {
        PAPERS.iter().all(|paper| contrast(self, *paper) >= 3.0)
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

/// Contrast ratio (WCAG 2.2).
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (a.luminance(), b.luminance());
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_on_any_accent_can_be_read() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let colour = Rgb([red, green, blue]);
                    let ratio = contrast(colour, colour.text_on_it());
                    assert!(ratio >= 4.5, "{colour:?}: {ratio}");
                }
            }
        }
        let css = include_str!("../../templates/page.css");
        for paper in PAPERS {
            let short = if paper.0 == [255; 3] { "#fff".to_owned() } else { paper.css() };
            assert!(css.contains(&format!("--paper:{short}")), "{paper:?}");
        }
        assert!(!Rgb([255; 3]).stands_out() && !PAPERS[1].stands_out());
        assert_eq!(Rgb([0xff, 0xd4, 0]).text_on_it(), Rgb([0; 3]));
        assert_eq!(Rgb([0x1a, 0x56, 0xc4]).text_on_it(), Rgb([255; 3]));
    }

    #[test]
    fn what_a_page_cannot_show_is_refused_by_name() {
        let brand = || Brand::new("Notes");
        for good in [
            brand(),
            brand().with_logo("/logo.svg").with_support("/help?from=oauth"),
            brand().with_support("mailto:a@b.example?subject=Notes"),
            brand().with_logo("data:image/svg+xml;base64,PHN2Zy8+").with_accent("#FFd400"),
        ] {
            assert!(good.check().is_ok(), "{good:?}");
        }
        for (bad, named) in [
            (Brand::new(" "), "no name"),
            (Brand::new("Notes\u{202e}setoN"), "no name"),
            (Brand::new("Notes\n"), "no name"),
            (brand().with_logo("data:image/"), "logo"),
            (brand().with_support("mailto:a%0d%0aBcc:x@b.example"), "support"),
            (brand().with_support("mailto:@"), "support"),
            (brand().with_accent("red"), "\"red\""),
            (brand().with_accent("#12345"), "#12345"),
            (brand().with_accent("#12345é"), "accent"),
            (brand().with_accent("#000;}body{}"), "accent"),
            (brand().with_logo("logo.svg"), "logo"),
            (brand().with_logo("//cdn.example.com/logo.svg"), "logo"),
            (brand().with_logo("https://cdn.example.com/logo.svg"), "logo"),
            (brand().with_logo("/logo 1.svg"), "logo"),
            (brand().with_logo("DATA:image/png;base64,AAAA"), "logo"),
            (brand().with_support("https://help.example.com/"), "support"),
            (brand().with_logo("data:text/html,x"), "logo"),
            (brand().with_logo("javascript:alert(1)"), "logo"),
            (brand().with_support("javascript:alert(1)"), "support"),
            (brand().with_support("mailto:"), "support"),
            (brand().with_support("/\\example.com"), "support"),
            (brand().with_support(""), "support"),
        ] {
            let error = bad.check().unwrap_err();
            assert_eq!(error.code(), "config_option");
            assert!(error.to_string().contains(named) && error.help().is_some(), "{error:?}");
        }
    }

    #[test]
    fn the_picture_may_be_loaded_from_where_it_is_and_from_nowhere_else() {
        let source = |logo: &str| Brand::new("Notes").with_logo(logo).image_source().unwrap();
        assert_eq!(source("/logo.svg"), "'self'");
        assert_eq!(source("data:image/png;base64,AAAA"), "data:");
        assert_eq!(Brand::new("Notes").image_source(), None);
    }
}
