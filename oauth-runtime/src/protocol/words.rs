//! The provider's own words for an error, as the log may have them.

use std::fmt;

/// So many characters of each are kept.
const LONGEST: usize = 200;

/// `error` and `error_description` (RFC 6749 §4.1.2.1, §5.2): on one line, cut, and for the log
/// alone. Its `Display` begins with a space, and is empty where nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    error: String,
    description: String,
}

impl Words {
    pub(super) fn of(error: &str, description: Option<&str>) -> Self {
        Self { error: error.into(), description: description.unwrap_or_default().into() }
    }

    /// The same without these secrets, should the provider repeat one.
    pub(super) fn hide(&mut self, secrets: &[&str]) {
        for text in [&mut self.error, &mut self.description] {
            for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                *text = text.replace(*secret, "[…]");
            }
        }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (error, description) = (word(&self.error), cut(&self.description));
        match (&*error, &*description) {
            ("", "") => Ok(()),
            (error, "") => write!(f, " ({error})"),
            ("", description) => write!(f, " ({description:?})"),
            (error, description) => write!(f, " ({error}: {description:?})"),
        }
    }
}

/// An error word as it is, and anything else in quotation marks: it must not look like a part of the
/// log line.
fn word(text: &str) -> String {
    let text = cut(text);
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if is_plain { text } else { format!("{text:?}") }
}

/// Nothing that could begin a new line of the log, or turn one round.
fn cut(text: &str) -> String {
    let turns = |sign| {
        let marks = matches!(sign, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}');
        marks || matches!(sign, '\u{2028}'..='\u{202e}')
    };
    let is_shown = |sign: &char| !sign.is_control() && !turns(*sign);
    text.chars().filter(is_shown).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_on_one_line_and_cut() {
        let shown = |error: &str, description| Words::of(error, description).to_string();
        assert_eq!(shown("", None), "");
        assert_eq!(shown("invalid_grant", None), " (invalid_grant)");
        assert_eq!(shown("x", Some("a\nb\u{202e}c \"d\"")), " (x: \"abc \\\"d\\\"\")");
        assert_eq!(shown("x y", None), " (\"x y\")", "no part of a log line");
        assert_eq!(shown("", Some("AADSTS700082")), " (\"AADSTS700082\")");
        assert!(shown(&"é".repeat(1_000), Some(&"x".repeat(1_000))).chars().count() < 420);
    }
}
