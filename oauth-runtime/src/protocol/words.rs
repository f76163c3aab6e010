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
        Self { error: cut(error), description: cut(description.unwrap_or_default()) }
    }

    /// The same without these secrets, should the provider repeat one.
    pub(super) fn hide(&mut self, secrets: &[&str]) {
        self.error = Self::hidden(&self.error, secrets);
        self.description = Self::hidden(&self.description, secrets);
    }

    pub(super) fn hidden(text: &str, secrets: &[&str]) -> String {
        let secrets = secrets.iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(*secret, "[…]"))
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.error, &*self.description) {
            ("", "") => Ok(()),
            (error, "") => write!(f, " ({error})"),
            ("", description) => write!(f, " ({description:?})"),
            (error, description) => write!(f, " ({error}: {description:?})"),
        }
    }
}

/// Nothing that could begin a new line of the log, or turn one round.
fn cut(text: &str) -> String {
    let is_shown = |sign: &char| {
        !sign.is_control() && !matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
    };
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
        assert_eq!(shown("", Some("AADSTS700082")), " (\"AADSTS700082\")");
        assert!(shown(&"é".repeat(1_000), Some(&"x".repeat(1_000))).chars().count() < 420);
    }
}
