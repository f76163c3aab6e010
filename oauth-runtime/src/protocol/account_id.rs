//! The name of an account.

use std::fmt;
use std::str::FromStr;

use crate::error::{Code, Error};

/// Names an account for good: the issuer and the subject together.
///
/// A subject alone is unique only at its issuer, and an e-mail address can change hands;
/// neither is a key. It is written as `issuer#subject`.
///
/// ```
/// use oauth_runtime::AccountId;
/// let id: AccountId = "https://accounts.google.com#110169484474386276334".parse()?;
/// assert_eq!(id.issuer(), "https://accounts.google.com");
/// assert_eq!(id.subject(), "110169484474386276334");
/// assert_eq!(id.to_string(), "https://accounts.google.com#110169484474386276334");
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId {
    text: Box<str>,
    /// Where the `#` is. An issuer has no fragment (OpenID Connect Discovery 1.0 §2), so that it
    /// is the first one.
    at: usize,
}

impl AccountId {
    pub(crate) fn new(issuer: &str, subject: &str) -> Self {
        Self { text: format!("{issuer}#{subject}").into(), at: issuer.len() }
    }

    /// The provider's issuer identifier, in its canonical form.
    pub fn issuer(&self) -> &str {
        &self.text[..self.at]
    }

    /// The `sub` claim.
    pub fn subject(&self) -> &str {
        &self.text[self.at + 1..]
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for AccountId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('#') {
            Some((issuer, subject)) if !issuer.is_empty() && !subject.is_empty() => {
                Ok(Self::new(issuer, subject))
            }
            _ => Err(Error::new(Code::ConfigOption, "an account id reads `issuer#subject`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AccountId;

    #[test]
    fn an_account_id_reads_back_what_it_wrote() {
        let id = AccountId::new("https://issuer.example", "a#b");
        assert_eq!(id.to_string().parse::<AccountId>().unwrap(), id);
        for bad in ["", "#", "issuer", "issuer#", "#subject"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad:?}");
        }
    }
}
