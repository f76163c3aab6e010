//! The one-line helpers for tests of an app: its handle, signed-in people, requests, answers.

use std::time::Duration;

use std::collections::BTreeSet;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, header};
use url::Url;

use super::{FakeAccount, FakeGoogle, SignIn};
use crate::error::{Code, Error};
use crate::oauth::{OAuth, OAuthBuilder};
use crate::protocol::{AccountId, Identity, TokenResponse};
use crate::provider::{ClientCredentials, Provider};
use crate::scope::requirement::Declaration;
use crate::scope::{Requirement, ScopeSet, short_name};
use crate::tokens::{Authorized, ProviderId, Unsaved};
use crate::web::{Asked, Declared, Grant, Purpose, Token};

/// What every sign-in asks for.
const BASE: [&str; 3] = ["openid", "email", "profile"];
/// The redirect URI of [`FakeGoogle::oauth`].
const REDIRECT_URI: &str = "http://localhost:8080/oauth/callback";

impl FakeGoogle {
    /// Registers a redirect URI and gives the credentials of the fake's one client.
    pub fn register(&self, redirect_uri: &str) -> ClientCredentials {
        let (client_id, client_secret) = self.register_redirect_uri(redirect_uri);
        ClientCredentials::new(client_id, client_secret).with_redirect_uris([redirect_uri])
    }

    /// The same as the `client_secret.json` that Google's console would give, for an app in
    /// another process: see [`provider_at`](Self::provider_at).
    pub fn client_secret_json(&self, redirect_uri: &str) -> String {
        let (client_id, client_secret) = self.register_redirect_uri(redirect_uri);
        serde_json::json!({ "web": {
            "client_id": client_id,
            "client_secret": client_secret,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
            "redirect_uris": [redirect_uri],
        } })
        .to_string()
    }

    /// The provider that stands for Google, with every endpoint and API at the fake.
    ///
    /// # Errors
    /// None that a running fake causes.
    pub fn provider(&self, redirect_uri: &str) -> Result<Provider, Error> {
        Provider::google(self.register(redirect_uri)).hosted_at(self.origin())
    }

    /// The same where the fake runs in another process, at this origin, with the credentials that
    /// [`client_secret_json`](Self::client_secret_json) gave there.
    ///
    /// # Errors
    /// If the origin is not on loopback.
    pub fn provider_at(origin: &str, credentials: ClientCredentials) -> Result<Provider, Error> {
        Provider::google(credentials).hosted_at(origin)
    }

    /// A builder for an app at `redirect_uri`, by the clock of the fake.
    ///
    /// # Errors
    /// None that a running fake causes.
    pub fn builder_for(&self, redirect_uri: &str) -> Result<OAuthBuilder, Error> {
        Ok(OAuth::builder(self.provider(redirect_uri)?).with_clock(self.clock()))
    }

    /// The handle of an app at `http://localhost:8080`, always the same one.
    ///
    /// # Errors
    /// If the configuration is refused, which is a mistake of this library.
    pub fn oauth(&self) -> Result<OAuth, Error> {
        self.shared_oauth(|| self.builder_for(REDIRECT_URI)?.without_handler_check().build())
    }

    pub(super) fn identity(&self, email: &str) -> Identity {
        identity_of(&self.account(email))
    }

    /// Signs a person in without any page; await it for the `Cookie` header.
    ///
    /// ```
    /// # use oauth_runtime::fake::FakeGoogle;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
    /// let fake = FakeGoogle::start().await?;
    /// let cookie = fake.sign_in("ada@example.com").granting(["drive.file"]).await?;
    /// # assert!(!cookie.is_empty()); Ok(()) }
    /// ```
    pub fn sign_in(&self, email: &str) -> SignIn {
        SignIn::new(self, email)
    }
}

fn identity_of(account: &FakeAccount) -> Identity {
    Identity {
        email: Some(account.email().into()),
        email_verified: account.email_verified(),
        name: Some(account.name().into()),
        hosted_domain: account.hosted_domain().map(Box::from),
        ..Identity::bare(AccountId::new(super::ISSUER, account.subject()))
    }
}

impl OAuth {
    /// Waits until no refresh and no callback is under way, so that a test sees their result.
    pub async fn settled(&self) {
        while !self.0.accounts.flights.tasks.is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// A session for an authorization that needs no proof, as the `Cookie` header of its browser.
    pub(super) async fn sign_in_as(&self, authorized: &Authorized) -> Result<HeaderValue, Error> {
        if self.0.login.is_some() {
            let text = "an app with a login of its own has no cookie of the library's";
            return Err(Error::new(Code::ConfigOption, text)
                .with_help("call `linked_to(&owner)` in the place of `await`"));
        }
        let now = self.0.clock.now();
        let saved = self.0.accounts.save(authorized, None, now).await;
        let (key, account) = saved.map_err(not_saved)?;
        let (value, _) = self.0.sessions.create(key, account.value.epoch, now).await?;
        let cookie = HeaderValue::try_from(format!("{}={value}", self.0.cookies.session));
        cookie.map_err(|error| Error::new(Code::Internal, "not a cookie").with_source(error))
    }
}

/// Why an account was not written, for whoever writes a test.
pub(super) fn not_saved(reason: Unsaved) -> Error {
    match reason {
        Unsaved::Failed(error) => error,
        Unsaved::Taken => Error::new(Code::ConfigOption, "the account is another user's"),
        Unsaved::Disconnected | Unsaved::Unlinked => {
            Error::new(Code::ConfigOption, "the account was disconnected meanwhile")
        }
    }
}

/// A request as a browser sends it when a person goes to a page.
///
/// ```
/// let request = oauth_runtime::fake::navigate("/notes");
/// assert_eq!(request.headers()["sec-fetch-mode"], "navigate");
/// ```
pub fn navigate(path: &str) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = path.parse().unwrap_or_default();
    for (name, value) in [
        ("host", "localhost:8080"),
        ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "none"),
    ] {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request
}

/// The scopes that a refusal asks for, beside those of every sign-in; `None` if the response is
/// no refusal of ours. What [`assert_challenge!`](crate::assert_challenge) looks at.
pub fn challenged_scopes<B>(response: &Response<B>) -> Option<BTreeSet<String>> {
    let headers = response.headers();
    let asked = match response.status() {
        StatusCode::SEE_OTHER => {
            let location = Url::parse(headers.get(header::LOCATION)?.to_str().ok()?).ok()?;
            location.query_pairs().find(|pair| pair.0 == "scope")?.1.into_owned()
        }
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
            let challenge = headers.get(header::WWW_AUTHENTICATE)?.to_str().ok()?;
            let (_, rest) = challenge.split_once("scope=\"").unwrap_or_default();
            rest.split('"').next().unwrap_or_default().to_owned()
        }
        _ => return None,
    };
    let names = asked.split(' ').filter(|name| !name.is_empty() && !BASE.contains(name));
    Some(names.map(|name| short_name(name).to_owned()).collect())
}

/// Asserts that a response refuses the request and asks for exactly these scopes, named short.
///
/// For a page that is the redirect to the provider, for a fetch the `WWW-Authenticate` header.
///
/// ```
/// use axum::{Router, routing::get};
/// use oauth_runtime::fake::{FakeGoogle, navigate};
/// use oauth_runtime::{assert_challenge, requires_scopes};
/// use tower::ServiceExt as _;
///
/// #[requires_scopes("drive.file")]
/// async fn notes() -> &'static str {
///     "notes"
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let fake = FakeGoogle::start().await?;
/// let app: Router = Router::new().route("/notes", get(notes)).with_state(fake.oauth()?);
///
/// let response = app.clone().oneshot(navigate("/notes")).await?;
/// assert_challenge!(response, ["drive.file"]);
///
/// let mut request = navigate("/notes");
/// let cookie = fake.sign_in("ada@example.com").granting(["drive.file"]).await?;
/// request.headers_mut().insert("cookie", cookie);
/// assert_eq!(app.oneshot(request).await?.status(), 200);
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! assert_challenge {
    ($response:expr, [$($scope:expr),* $(,)?]) => {{
        let response = &$response;
        let asked = $crate::fake::challenged_scopes(response);
        let expected = [$(::std::string::String::from($scope)),*].into_iter().collect();
        assert_eq!(asked, Some(expected), "the challenge of a {} response", response.status());
    }};
}

impl<R: Requirement> Token<R> {
    /// A token for calling a handler directly in a test, with everything granted to it.
    ///
    /// It belongs to `ada@example.com` and lives an hour. No server stands behind it: a
    /// [`FakeGoogle`] gives tokens that its APIs accept.
    ///
    /// ```
    /// use oauth_runtime::{Token, scope};
    /// let token = Token::<scope::DriveFile>::fake("ya29.fake");
    /// assert_eq!(token.access_token(), "ya29.fake");
    /// ```
    ///
    /// # Panics
    /// If `access_token` is none that a header could carry, or the system has no randomness.
    pub fn fake(access_token: &str) -> Self {
        match fake_grant(access_token, R::DECLARATION) {
            Ok(grant) => Self::from_grant(grant),
            #[expect(clippy::panic, reason = "a fixture of tests, where a panic is the report")]
            Err(error) => panic!("no fake token can be made: {error:?}"),
        }
    }
}

impl<R: Requirement> Declared<R> {
    /// What stands before the arguments of a handler that takes no token, for calling it
    /// directly in a test.
    ///
    /// ```
    /// use oauth_runtime::{Declared, requires_scopes};
    ///
    /// #[requires_scopes("drive.file")]
    /// async fn guarded() -> &'static str {
    ///     "done"
    /// }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// assert_eq!(guarded(Declared::fake()).await, "done");
    /// # }
    /// ```
    pub fn fake() -> Self {
        Self::admitted()
    }
}

fn fake_grant(access_token: &str, declaration: &'static Declaration) -> Result<Grant, Error> {
    let credentials = ClientCredentials::new("fake-client", "fake-secret");
    let oauth = OAuth::google(credentials).with_redirect_uri(REDIRECT_URI);
    let oauth = oauth.without_handler_check().build()?;
    let requested = declaration.whole(&ScopeSet::default()).all();
    let response = serde_json::json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": 3600,
        "scope": requested.to_string(), "refresh_token": "1//fake",
    });
    let response = TokenResponse::from_json(response.to_string().as_bytes(), Duration::ZERO)?;
    let identity = identity_of(&FakeAccount::new("ada@example.com", "Ada Example"));
    let (forced_consent, begun_after) = (false, oauth.0.accounts.disconnects.seen());
    let authorized = Authorized { identity, response, requested, forced_consent, begun_after };
    let cookie = at_once(oauth.sign_in_as(&authorized))?;
    let mut request = Request::new(());
    request.headers_mut().insert(header::COOKIE, cookie);
    let parts = request.into_parts().0;
    let caller = at_once(oauth.caller(&parts, ProviderId::FIRST, oauth.0.clock.now()))?;
    let signed_in = caller.into_signed_in();
    let tokens = signed_in.as_ref().and_then(|who| who.row().tokens.clone());
    let lost = || Error::new(Code::Internal, "a fake session is not found");
    let (signed_in, tokens) = signed_in.zip(tokens).ok_or_else(lost)?;
    let purpose = Purpose::of(declaration);
    Ok(Grant { oauth, signed_in, tokens, purpose, asked: Asked::nothing() })
}

/// The result of what does not wait, since its rows are in memory.
fn at_once<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    match polled {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::new(Code::Internal, "rows in memory were waited for")),
    }
}
