//! Whom an access token is of, where a provider has no ID tokens.

use url::Url;

use super::differences::Text;
use super::openid::secure;
use crate::error::Error;

/// The API of a provider without ID tokens that says whom an access token is of, and how the
/// members of its answer are called.
///
/// ```
/// use oauth_runtime::UserApi;
/// let api = UserApi::new("https://api.example.com/me", "id")?
///     .with_name(["display_name", "login"])
///     .with_email("email")
///     .with_picture("avatar_url");
/// # let _ = api;
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct UserApi {
    pub(crate) endpoint: Url,
    pub(crate) subject: Text,
    pub(crate) names: Vec<Text>,
    pub(crate) email: Option<Text>,
    pub(crate) picture: Option<Text>,
}

impl UserApi {
    /// The address, and the member that names the person for good: a number or a text that never
    /// changes and is never given to somebody else. A login name usually is not one.
    ///
    /// # Errors
    /// If the address is not https (http is for loopback alone).
    pub fn new(endpoint: &str, subject: impl Into<Text>) -> Result<Self, Error> {
        let endpoint = secure("user API", endpoint)?;
        let subject = subject.into();
        Ok(Self { endpoint, subject, names: Vec::new(), email: None, picture: None })
    }

    /// The members that may hold the person's name; the first that does counts.
    pub fn with_name<I: IntoIterator<Item: Into<Text>>>(mut self, members: I) -> Self {
        self.names = members.into_iter().map(Into::into).collect();
        self
    }

    /// The member with the e-mail address. It never counts as verified: whether the provider
    /// checks addresses is not known here.
    pub fn with_email(mut self, member: impl Into<Text>) -> Self {
        self.email = Some(member.into());
        self
    }

    /// The member with the address of a picture.
    pub fn with_picture(mut self, member: impl Into<Text>) -> Self {
        self.picture = Some(member.into());
        self
    }
}
