//! The one error of the library.

mod code;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

pub(crate) use code::Code;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;
type Text = Cow<'static, str>;

/// Why something did not work, with what to do about it.
///
/// Opaque on purpose: [`code`](Self::code) is stable and can be matched on, the predicates
/// answer the questions that a program has.
///
/// `Display` says what happened and [what to do about it](Self::help), since a log
/// line, `anyhow` and `eyre` print nothing else of an error but its
/// [sources](std::error::Error::source). `Debug` prints the same and the sources over several
/// lines: that is what a `main` that returns the error shows. Neither holds a secret, also where
/// one was given in the place of a path, a name or an address.
///
/// ```
/// use oauth_runtime::ClientCredentials;
/// let error = ClientCredentials::from_file("no-such-file.json").unwrap_err();
/// assert_eq!(error.code(), "config_credentials");
/// assert!(!error.is_transient());
/// assert!(error.to_string().contains(error.help().unwrap_or("no help")));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    text: Text,
    help: Option<Text>,
    source: Option<BoxError>,
    retry_after: Option<Duration>,
    api_status: Option<StatusCode>,
    /// The API said that the token itself is not valid (RFC 6750 §3.1).
    of_invalid_token: bool,
    answer: Option<Answer>,
}

/// What a refused request is answered, made where the request was at hand.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) response: http::Response<String>,
    /// The link that begins the authorization, relative to our own origin.
    pub(crate) authorize_url: Option<String>,
}

impl Error {
    pub(crate) fn new(code: Code, text: impl Into<Text>) -> Self {
        Self(Box::new(Inner {
            code,
            text: text.into(),
            help: None,
            source: None,
            retry_after: None,
            api_status: None,
            of_invalid_token: false,
            answer: None,
        }))
    }

    /// What a [`Store`](crate::Store) returns when its database fails for the moment: a request
    /// is answered 503, and nothing is lost. `source` is shown to the operator.
    ///
    /// ```
    /// use oauth_runtime::Error;
    ///
    /// let error = Error::store("ledger", "the connection was closed");
    /// assert!(error.is_transient());
    /// ```
    pub fn store(name: &str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(
            Code::StoreUnavailable,
            format!("the store ({name}) does not answer as it should"),
        )
        .with_source(source)
        .with_retry_after(Some(Duration::from_secs(2)))
    }

    /// The same where an operator has to change settings, rights or schema. `text` says what is
    /// wrong, in lower case, and `help` what to do; neither holds a secret.
    ///
    /// ```
    /// use oauth_runtime::Error;
    ///
    /// let error = Error::store_unusable("the table is missing", "create it first");
    /// assert_eq!(error.help(), Some("create it first"));
    /// ```
    pub fn store_unusable(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Code::ConfigStore, text.into()).with_help(help.into())
    }

    pub(crate) fn with_help(mut self, help: impl Into<Text>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub(crate) fn with_text(mut self, text: impl Into<Text>) -> Self {
        self.0.text = text.into();
        self
    }

    /// An error of our own gives its help up to this one, if this one has none: each remedy is
    /// told once, by the error that is read first.
    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        let mut source = source.into();
        if let Some(inner) = source.downcast_mut::<Self>() {
            let help = inner.0.help.take();
            self.0.help = self.0.help.take().or(help);
        }
        self.0.source = Some(source);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_api_status(mut self, status: StatusCode) -> Self {
        self.0.api_status = Some(status);
        self
    }

    pub(crate) fn of_invalid_token(mut self) -> Self {
        self.0.of_invalid_token = true;
        self
    }

    pub(crate) fn is_of_invalid_token(&self) -> bool {
        self.0.of_invalid_token
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Self {
        self.0.answer = Some(answer);
        self
    }

    pub(crate) fn kind(&self) -> Code {
        self.0.code
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.code.status()
    }

    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.0.answer.as_ref()
    }

    /// The same error for a second waiter. The source cannot be cloned and stays behind.
    pub(crate) fn share(&self) -> Self {
        let inner = &self.0;
        Self(Box::new(Inner {
            code: inner.code,
            text: inner.text.clone(),
            help: inner.help.clone(),
            source: None,
            retry_after: inner.retry_after,
            api_status: inner.api_status,
            of_invalid_token: inner.of_invalid_token,
            answer: inner.answer.clone(),
        }))
    }

    /// A stable word for what happened, such as `"consent_required"`.
    pub fn code(&self) -> &'static str {
        self.0.code.as_str()
    }

    /// What happened, without the help that `Display` adds.
    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }

    /// What to do about it, where the library knows. `Display` and `Debug` say it too.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Whether the user has to sign in or authorize before the same request can succeed.
    pub fn is_consent_required(&self) -> bool {
        use Code::{ConsentRequired, InvalidGrant, SignInRequired};
        matches!(self.0.code, SignInRequired | ConsentRequired | InvalidGrant)
    }

    /// Whether the same request may succeed later without anybody acting.
    pub fn is_transient(&self) -> bool {
        use Code::{ApiRateLimited, ApiUnavailable, ShuttingDown, StoreUnavailable};
        use Code::{ProviderTimeout, ProviderUnavailable, TooManyPending};
        matches!(
            self.0.code,
            ApiRateLimited
                | ApiUnavailable
                | ProviderTimeout
                | ProviderUnavailable
                | ShuttingDown
                | StoreUnavailable
                | TooManyPending
        )
    }

    /// The status that an API answered, where the error is about one.
    pub fn api_status(&self) -> Option<StatusCode> {
        self.0.api_status
    }

    /// How long the provider, the API or the store asked to wait, where it did.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The link that begins the missing authorization: relative to the app's own origin, or
    /// whole where the error arose [outside of a request](crate::Account::token).
    pub fn authorize_url(&self) -> Option<&str> {
        self.0.answer.as_ref()?.authorize_url.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)?;
        match self.help() {
            // Behind a list it would read as part of the last line.
            Some(help) if self.0.text.contains('\n') => write!(f, "\n  help: {help}"),
            Some(help) => write!(f, " (help: {help})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.0.text, self.code())?;
        if let Some(help) = self.help() {
            write!(f, "\n  help: {help}")?;
        }
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, "\n  caused by: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Error};

    fn unreadable() -> Error {
        Error::new(Code::ConfigKeys, "the key file cannot be read")
            .with_help("make one with `openssl rand -base64 32`")
            .with_source(std::io::Error::other("denied"))
    }

    #[test]
    fn debug_shows_text_help_and_causes_for_the_person_who_starts_the_app() {
        assert_eq!(
            format!("{:?}", unreadable()),
            "the key file cannot be read [config_keys]\n  help: make one with `openssl rand \
             -base64 32`\n  caused by: denied"
        );
    }

    #[test]
    fn display_is_one_line_with_the_help() {
        assert_eq!(
            unreadable().to_string(),
            "the key file cannot be read (help: make one with `openssl rand -base64 32`)"
        );
        assert_eq!(unreadable().text(), "the key file cannot be read");
        let list = Error::new(Code::ConfigRedirectUri, "one of:\n    a\n    b").with_help("choose");
        assert_eq!(list.to_string(), "one of:\n    a\n    b\n  help: choose");
        assert_eq!(Error::new(Code::Internal, "it broke").to_string(), "it broke");
    }

    #[test]
    fn a_remedy_is_told_once_by_the_error_that_is_read_first() {
        let outer = || Error::new(Code::ConfigKeys, "no key");
        for (error, help) in [
            (outer().with_source(unreadable()), "make one with `openssl rand -base64 32`"),
            (outer().with_help("look there").with_source(unreadable()), "look there"),
            (outer().with_source(unreadable()).with_help("look there"), "look there"),
        ] {
            assert_eq!(error.help(), Some(help));
            assert_eq!(format!("{error:?}").matches("help: ").count(), 1, "{error:?}");
        }
    }
}
