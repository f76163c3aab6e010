//! The part of the configuration that says who may use the app, and how it knows them.

use super::admission::Admission;
use super::builder::OAuthBuilder;
use crate::protocol::Identity;

impl OAuthBuilder {
    /// Origins whose pages may send requests for the user, beside the app's own: a front end that
    /// is served from elsewhere, such as `https://app.example.com` for an API at
    /// `https://api.example.com`.
    ///
    /// Without it a request of another origin is refused (403) unless its method is `GET`, `HEAD`
    /// or `OPTIONS`, and so is a `WebSocket` handshake of another origin. Each is compared as a
    /// browser writes it in the `Origin` header: scheme, host and port, with no path and no
    /// wildcard. Which answers such a page may read is the app's CORS layer's to say.
    ///
    /// [`build`](Self::build) refuses what is no origin, `null`, and an origin on http that is not
    /// on loopback.
    ///
    /// ```
    /// use oauth_runtime::{ClientCredentials, OAuth};
    ///
    /// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    ///     .with_redirect_uri("https://api.example.com/oauth/callback")
    ///     .with_trusted_origins(["https://app.example.com"])
    ///     .build();
    /// # let _ = oauth;
    /// ```
    pub fn with_trusted_origins<I: IntoIterator<Item: Into<String>>>(mut self, origins: I) -> Self {
        self.trusted_origins = origins.into_iter().map(Into::into).collect();
        self
    }

    /// The app has users and a login page of its own, at this path below the mount path.
    ///
    /// Its middleware puts an [`Owner`](crate::Owner) into the extensions of each request from
    /// somebody who is logged in, and has to lie around the library's routes too. Then there is
    /// no session and no cookie of the library's that says who somebody is: an account is linked
    /// to the owner, and whoever is logged in to the app has the account that he linked, in any
    /// browser.
    ///
    /// - A page that needs an account sends whoever is not logged in to `path?return_to=/page`,
    ///   which goes on there afterwards: [`OAuth::return_path`](crate::OAuth::return_path) checks
    ///   that address. A script gets 401, and a form a page that says that it was not sent.
    /// - `/oauth/sign-in?return_to=/page` links an account, and
    ///   [`OAuth::unlink`](crate::OAuth::unlink) takes it away. There is no `sign-out`: logging out of the app is all of it.
    /// - What one user began, another cannot end, also in the same browser. An account has one
    ///   owner: the second one who chooses it is told so.
    /// - The app's cookie may be `SameSite=Strict`. That keeps another site from using a login, and
    ///   not from sending one: put the app's own login form behind
    ///   [`cross_origin_protection`](crate::OAuth::cross_origin_protection). Otherwise a page of
    ///   another site can log the user in as the attacker, and the account they then link is the
    ///   attacker's to use.
    ///
    /// ```
    /// use axum::extract::Request;
    /// use axum::middleware::{Next, from_fn};
    /// use axum::{Router, routing::get};
    /// use oauth_runtime::{ClientCredentials, OAuth, Owner, Token, requires_scopes};
    ///
    /// #[requires_scopes("drive.file")]
    /// async fn notes(token: Token) -> String {
    ///     token.account().to_string()
    /// }
    ///
    /// /// Says who is logged in: here everybody is user 42.
    /// async fn name_owner(mut request: Request, next: Next) -> axum::response::Response {
    ///     if let Some(owner) = Owner::new("42") {
    ///         request.extensions_mut().insert(owner);
    ///     }
    ///     next.run(request).await
    /// }
    ///
    /// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .with_login("/login")
    ///     .build()?;
    /// let app: Router = Router::new()
    ///     .route("/notes", get(notes))
    ///     .merge(oauth.routes())
    ///     .layer(from_fn(name_owner))
    ///     .with_state(oauth);
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_login(mut self, path: impl Into<String>) -> Self {
        self.login = Some(path.into());
        self
    }

    /// Admits only accounts that one of these organizations manages at Google, such as
    /// `example.com`.
    ///
    /// What counts is the `hd` claim of the ID token; the domain of an e-mail address proves no
    /// membership. Google's list of accounts is narrowed to the organization where there is one.
    /// Whoever comes with another account is told so, and nothing of it is kept.
    pub fn allow_domains<I: IntoIterator<Item: Into<String>>>(mut self, domains: I) -> Self {
        self.rules.allow_domains(domains.into_iter().map(Into::into));
        self
    }

    /// Admits only the accounts that the app says yes to, by what the ID token says of them.
    ///
    /// It is asked at the end of every authorization, before anything is stored. For what takes
    /// a database, see [`on_sign_in`](Self::on_sign_in).
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .allow_accounts(|person| person.email_verified())
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn allow_accounts(
        mut self,
        allows: impl Fn(&Identity) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.rules.allow(allows);
        self
    }

    /// Called with everybody who is about to get a session, to find or make a user of the app.
    ///
    /// Somebody who grants one more scope has a session already, and an app with a
    /// [login of its own](Self::with_login) has none. The hook may refuse; if it fails, the
    /// person is asked to try again in a moment, and nothing is stored. It may be called again
    /// for the same sign-in, so that what it writes has to be the same the second time.
    ///
    /// ```
    /// # use oauth_runtime::{Admission, ClientCredentials, Identity, OAuth};
    /// # async fn known(person: &Identity) -> std::io::Result<bool> { Ok(person.subject() != "0") }
    /// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .on_sign_in(|person| async move {
    ///         let known = known(&person).await?; // by issuer and subject, never by e-mail
    ///         Ok::<_, std::io::Error>(if known { Admission::Admitted } else { Admission::Refused })
    ///     })
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn on_sign_in<F, A, E>(mut self, hook: F) -> Self
    where
        F: Fn(Identity) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Admission, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.rules.on_sign_in(hook);
        self
    }
}
