//! People who are signed in, or linked, without any page.

use std::future::IntoFuture;
use std::pin::Pin;
use std::time::Duration;

use http::HeaderValue;

use super::FakeGoogle;
use super::testing::not_saved;
use crate::error::Error;
use crate::oauth::OAuth;
use crate::protocol::{AccountId, Identity, TokenResponse};
use crate::scope::{Scope, ScopeSet};
use crate::session::Owner;
use crate::tokens::{Authorized, ProviderId};

/// A sign-in that needs no pages; made by [`FakeGoogle::sign_in`].
///
/// ```
/// use oauth_runtime::fake::{FakeGoogle, navigate};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// let google = FakeGoogle::start().await?;
/// let cookie = google.sign_in("ada@example.com").granting(["drive.file"]).await?;
/// let mut request = navigate("/notes");
/// request.headers_mut().insert("cookie", cookie);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nobody is signed in before this is awaited"]
pub struct SignIn {
    fake: FakeGoogle,
    email: String,
    scopes: Vec<String>,
    oauth: Option<OAuth>,
}

impl SignIn {
    pub(super) fn new(fake: &FakeGoogle, email: &str) -> Self {
        let (fake, email) = (fake.clone(), email.to_owned());
        Self { fake, email, scopes: Vec::new(), oauth: None }
    }

    /// What the person granted, by short or full name, beside the scopes of every sign-in.
    pub fn granting<I: IntoIterator<Item: Into<String>>>(mut self, scopes: I) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Signs in at this app instead of at the one of [`FakeGoogle::oauth`].
    pub fn at(mut self, oauth: &OAuth) -> Self {
        self.oauth = Some(oauth.clone());
        self
    }

    /// Links the account to a user of the app, which has a
    /// [login of its own](crate::OAuthBuilder::with_login) and so no cookie of the library's.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
    /// use oauth_runtime::{Owner, fake::FakeGoogle};
    ///
    /// let fake = FakeGoogle::start().await?;
    /// let builder = fake.builder_for("http://localhost:8080/oauth/callback")?;
    /// let oauth = builder.with_login("/login").build()?;
    /// if let Some(owner) = Owner::new("42") {
    ///     fake.sign_in("ada@example.com").granting(["drive.file"]).at(&oauth).linked_to(&owner).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the account is another user's, or the user has another account.
    pub async fn linked_to(self, owner: &Owner) -> Result<(), Error> {
        let (oauth, authorized) = self.authorized().await?;
        let (owners, now) = (&oauth.0.owners, oauth.0.clock.now());
        let owner = owners.key_of(owner).await?;
        let key = oauth.0.accounts.key_of(&authorized.identity).await?;
        let link = (key, authorized.begun_after);
        owners.check_link(owner, oauth.first_provider().key(), link, None, now).await?;
        oauth.0.accounts.save(&authorized, Some(owner), now).await.map_err(not_saved)?;
        owners.link(owner, oauth.first_provider().key(), link, None, now).await.map(drop)
    }

    async fn finish(self) -> Result<HeaderValue, Error> {
        let (oauth, authorized) = self.authorized().await?;
        oauth.sign_in_as(&authorized).await
    }

    async fn authorized(self) -> Result<(OAuth, Authorized), Error> {
        let oauth = self.oauth.map_or_else(|| self.fake.oauth(), Ok)?;
        let requested = full_names(&oauth, &self.scopes);
        let client_id = oauth.first_provider().client_id();
        let names: Vec<_> = requested.names().collect();
        let minted = self.fake.mint(client_id, &self.email, &names, None);
        let response = TokenResponse::from_json(minted.to_string().as_bytes(), Duration::ZERO)?;
        let identity = self.fake.identity(&self.email);
        oauth.0.accounts.disconnects.look(oauth.0.clock.now()).await;
        let (forced_consent, begun_after) = (false, oauth.0.accounts.disconnects.seen());
        Ok((oauth, Authorized { identity, response, requested, forced_consent, begun_after }))
    }
}

/// People who were made up to be many: see [`OAuth::sign_in_many`].
#[derive(Clone, Debug)]
pub struct Crowd {
    /// The `Cookie` header of the last one.
    pub cookie: HeaderValue,
    /// How many bytes there are of tokens, subjects, e-mail addresses and names.
    pub bytes: usize,
}

impl OAuth {
    /// Signs in so many people who are at no provider, the first one with this number, each with
    /// tokens as long as Google's and `drive.file`: for measuring with very many of them.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn sign_in_many(&self, first: u32, count: u32) -> Result<Crowd, Error> {
        let mut crowd = Crowd { cookie: HeaderValue::from_static(""), bytes: 0 };
        let requested = full_names(self, &["drive.file".to_owned()]);
        for number in first..first.saturating_add(count) {
            let (subject, name) = (format!("{number:021}"), format!("Person {number:08}"));
            let email = format!("person{number:08}@example.com");
            let (access, refresh) = (format!("ya29.{number:0195}"), format!("1//{number:0100}"));
            crowd.bytes +=
                [&subject, &name, &email, &access, &refresh].map(String::len).iter().sum::<usize>();
            let response = serde_json::json!({
                "access_token": access, "token_type": "Bearer", "expires_in": 3600,
                "refresh_token": refresh, "scope": requested.to_string(),
            });
            let response =
                TokenResponse::from_json(response.to_string().as_bytes(), Duration::ZERO)?;
            let identity = Identity {
                email: Some(email.into()),
                email_verified: true,
                name: Some(name.into()),
                ..Identity::bare(AccountId::new(super::ISSUER, &subject))
            };
            let (requested, forced_consent) = (requested.clone(), false);
            let begun_after = self.0.accounts.disconnects.seen();
            let authorized =
                Authorized { identity, response, requested, forced_consent, begun_after };
            crowd.cookie = self.sign_in_as(&authorized).await?;
        }
        Ok(crowd)
    }
}

impl IntoFuture for SignIn {
    type Output = Result<HeaderValue, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.finish())
    }
}

fn full_names(oauth: &OAuth, scopes: &[String]) -> ScopeSet {
    let mut names = oauth.base_scopes(ProviderId::FIRST).clone();
    for name in scopes {
        match Scope::find(name) {
            Some(scope) => names.insert(scope),
            None => names.insert_name(name),
        }
    }
    names
}
