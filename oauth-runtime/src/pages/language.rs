//! Which language a person reads.

use http::{HeaderMap, header};

/// A language in which the library's own pages are written.
///
/// ```
/// use oauth_runtime::Language;
/// assert_eq!(Language::German.tag(), "de");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English, also for whoever reads none of the others.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Self] = &[Self::English, Self::German];

    /// Its tag (RFC 5646), as HTML and HTTP name it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The one of ours that the request asks for most (RFC 9110 §12.5.4).
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut best = (Self::default(), 0);
        for value in headers.get_all(header::ACCEPT_LANGUAGE) {
            for range in value.to_str().unwrap_or_default().split(',') {
                // Of two that are wanted as much, the first is meant.
                if let Some(found) = wanted(range).filter(|found| found.1 > best.1) {
                    best = found;
                }
            }
        }
        best.0
    }
}

/// The language of one range such as `de-AT;q=0.8`, and its weight in thousandths.
fn wanted(range: &str) -> Option<(Language, u16)> {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    let primary = tag.trim().split('-').next()?;
    let language = match primary {
        "*" => Language::default(),
        _ => *Language::ALL.iter().find(|known| known.tag().eq_ignore_ascii_case(primary))?,
    };
    Some((language, weight(parameters.trim())?))
}

/// `q=0.8` as 800, or nothing where it is malformed.
fn weight(parameter: &str) -> Option<u16> {
    if parameter.is_empty() {
        return Some(1000);
    }
    let number = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|digit| digit.is_ascii_digit());
    match (whole, digits) {
        ("0", true) => format!("{fraction:0<3}").parse().ok(),
        ("1", true) if fraction.bytes().all(|digit| digit == b'0') => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn chosen(header: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(header).unwrap());
        Language::of(&headers)
    }

    #[test]
    fn the_language_that_is_wanted_most_is_chosen() {
        use Language::{English, German};
        for (header, expected) in [
            ("de", German),
            ("DE-at", German),
            ("en-US,en;q=0.9,de;q=0.8", English),
            ("de-DE,de;q=0.9,en;q=0.8", German),
            ("fr, de;q=0.3, en;q=0.2", German),
            ("fr;q=1.0, en;q=0.2, de;q=0.25", German),
            ("en;q=0.5, de;q=0.5", English),
            ("de;q=0.5, en;q=0.5", German),
            ("de;q=0, *", English),
            ("de;q=0", English),
            ("*", English),
            ("fr", English),
            ("", English),
            ("den", English),
            ("de;q=nan", English),
            ("de;q=2, de;q=-1, de;q=0.0001, de;v=1", English),
            (" de ; q=1.000 ", German),
            (";;;,,,q=,-", English),
        ] {
            assert_eq!(chosen(header), expected, "{header}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), English);
    }
}
