//! The extractors: a token, and the mere declaration.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::HeaderValue;
use http::request::Parts;
use zeroize::Zeroizing;

use super::admitting::{Admitted, Extracting, granted, granted_or_not, passed};
use super::grant::Grant;
use super::state::HasOAuth;
use super::user::User;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::http::sensitive;
use crate::protocol::AccountId;
use crate::scope::checks::{assert_covers, assert_provider};
use crate::scope::{Covers, MayHold, Requirement, ScopeSet};
use crate::secret::Redacted;

/// A live access token that holds every scope of `Handler`.
///
/// As an argument of a handler it is also the guard: the handler runs only when the person is
/// signed in, granted the scopes, and the token has life left. Under
/// [`requires_scopes`](crate::requires_scopes) write `Token` alone; the attribute fills in
/// what the handler declares. A helper says what it needs of its caller's token, and the
/// compiler checks it:
///
/// ```
/// use oauth_runtime::{Covers, Token, scope};
///
/// async fn upload(token: &Token<impl Covers<scope::DriveFile>>, text: &str) {
///     let bearer = token.authorization(); // for a client of your own
///     # let _ = (bearer, text);
/// }
/// ```
///
/// Without the attribute, a scope marker works too, and in `Option` it asks for nothing:
/// `Option<Token<scope::DriveFile>>` is `None` for whoever did not grant it.
pub struct Token<
    Handler: Requirement, // filled in by `#[requires_scopes("…")]` above the handler
> {
    grant: Grant,
    handler: PhantomData<fn() -> Handler>,
}

impl<R: Requirement> Token<R> {
    pub(crate) fn from_grant(grant: Grant) -> Self {
        Self { grant, handler: PhantomData }
    }

    /// The access token itself, for a client of your own.
    pub fn access_token(&self) -> &str {
        self.grant.tokens.access.expose()
    }

    /// The value of the `Authorization` header (RFC 6750 §2.1), marked as sensitive.
    pub fn authorization(&self) -> HeaderValue {
        bearer(self.access_token())
    }

    /// The same with an access token that has life left, for what outlives a request: a
    /// `WebSocket`, a stream of events, a long upload.
    ///
    /// ```
    /// use oauth_runtime::{Error, Token, scope};
    ///
    /// async fn watch(mut token: Token<scope::DriveFile>) -> Result<(), Error> {
    ///     loop {
    ///         token = token.fresh().await?;
    ///         // … ask the API, tell the listener, wait …
    ///         # break Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// `sign_in_required` if the person signed out meanwhile, `consent_required` if a scope was
    /// withdrawn, a transient error if the provider or the store cannot be asked now. As long as
    /// the request is not answered, returning the error asks the person for what is missing. In
    /// an app with a login of its own a stream learns of an unlinking, and not of the app's logout.
    pub async fn fresh(&self) -> Result<Self, Error> {
        self.grant.renewed().await.map(Self::from_grant)
    }

    /// The same with another access token, after an API answered 401 to this one: it was revoked
    /// before its time, and is used no more by anybody.
    ///
    /// For those who call APIs with a client of their own; [`client`](Self::client) does it.
    ///
    /// # Errors
    /// As [`fresh`](Self::fresh), and `api` if the token is younger than a minute: an API that
    /// refuses it has another reason, and would refuse the next one as well.
    pub async fn replaced(&self) -> Result<Self, Error> {
        self.grant.replaced().await.map(Self::from_grant)
    }

    /// The same token for what needs less, such as a part of the app that says what it needs in
    /// its type.
    ///
    /// ```
    /// use oauth_runtime::{Covers, Token, scope};
    ///
    /// struct Notes(Token<scope::DriveFile>);
    ///
    /// fn notes(token: &Token<impl Covers<scope::DriveFile>>) -> Notes {
    ///     Notes(token.narrow())
    /// }
    /// ```
    pub fn narrow<N: Requirement>(&self) -> Token<N>
    where
        R: Covers<N>,
    {
        const { assert_covers(R::DECLARATION, N::DECLARATION) };
        self.as_token_of()
    }

    /// The token for a scope that was declared as `optional(…)` or as one of `any(…)`: `None` if
    /// the account does not hold it.
    ///
    /// ```
    /// use oauth_runtime::{Token, requires_scopes, scope};
    ///
    /// #[requires_scopes("drive.file", optional("contacts.readonly"))]
    /// async fn share(token: Token) -> String {
    ///     match token.optional::<scope::ContactsReadonly>() {
    ///         Some(contacts) => format!("whom to share it with, of {}", contacts.account()),
    ///         None => "type an address".into(),
    ///     }
    /// }
    /// ```
    pub fn optional<N: Requirement>(&self) -> Option<Token<N>>
    where
        R: MayHold<N>,
    {
        const { assert_provider(N::DECLARATION, R::DECLARATION.provider) };
        let held = N::DECLARATION.is_met_by(&self.grant.signed_in.row().covered);
        held.then(|| self.as_token_of())
    }

    /// Whatever becomes of that token later is judged by what `N` declares.
    fn as_token_of<N: Requirement>(&self) -> Token<N> {
        Token::from_grant(self.grant.narrowed(N::DECLARATION))
    }

    /// When the access token ends.
    pub fn expires_at(&self) -> Timestamp {
        self.grant.tokens.expires_at
    }

    /// All scopes that the account granted, as the provider names them.
    pub fn scopes(&self) -> &ScopeSet {
        &self.grant.signed_in.row().granted
    }

    /// The account that the token belongs to.
    pub fn account(&self) -> &AccountId {
        self.grant.signed_in.row().id()
    }

    /// The person behind the token.
    pub fn user(&self) -> User {
        User::new(self.grant.signed_in.clone())
    }

    pub(crate) fn grant(&self) -> &Grant {
        &self.grant
    }
}

/// The `Authorization` of a token.
pub(crate) fn bearer(token: &str) -> HeaderValue {
    // Both texts are visible ASCII: `TokenResponse` takes nothing else.
    let text = Zeroizing::new(format!("Bearer {token}"));
    sensitive(&text).unwrap_or_else(|| HeaderValue::from_static("Bearer"))
}

impl<R: Requirement> Admitted<Grant> for Token<R> {
    fn from_admitted(grant: Grant) -> Self {
        Self::from_grant(grant)
    }
}

impl<R: Requirement> Admitted<Option<Grant>> for Option<Token<R>> {
    fn from_admitted(grant: Option<Grant>) -> Self {
        grant.map(Token::from_grant)
    }
}

impl<R: Requirement> Clone for Token<R> {
    fn clone(&self) -> Self {
        Self::from_grant(self.grant.clone())
    }
}

impl<R: Requirement> fmt::Debug for Token<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("handler", &R::DECLARATION.name)
            .field("account", self.account())
            .field("access_token", &Redacted)
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

impl<R: Requirement, S: HasOAuth + Sync> FromRequestParts<S> for Token<R> {
    type Rejection = Error;

    fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        Extracting::new(granted(state.oauth(), parts, R::DECLARATION))
    }
}

impl<R: Requirement, S: HasOAuth + Sync> OptionalFromRequestParts<S> for Token<R> {
    type Rejection = Error;

    fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> impl Future<Output = Result<Option<Self>, Error>> + Send {
        Extracting::new(granted_or_not(state.oauth(), parts, R::DECLARATION))
    }
}

/// The guard of a handler that needs no token in hand.
///
/// [`requires_scopes`](crate::requires_scopes) puts it in front of the arguments; nobody has
/// to write it.
///
/// ```
/// use oauth_runtime::requires_scopes;
///
/// // Filled in before the parameters, since this handler takes no token.
/// #[requires_scopes("drive.file", why = "look after your files")]
/// async fn overview() -> &'static str {
///     "all is well"
/// }
/// ```
pub struct Declared<Handler: Requirement>(PhantomData<fn() -> Handler>);

impl<R: Requirement> Declared<R> {
    pub(crate) fn admitted() -> Self {
        Self(PhantomData)
    }
}

impl<R: Requirement> Admitted<()> for Declared<R> {
    fn from_admitted((): ()) -> Self {
        Self::admitted()
    }
}

impl<R: Requirement> fmt::Debug for Declared<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Declared").field(&R::DECLARATION.name).finish()
    }
}

impl<R: Requirement, S: HasOAuth + Sync> FromRequestParts<S> for Declared<R> {
    type Rejection = Error;

    fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        Extracting::new(passed(state.oauth(), parts, R::DECLARATION))
    }
}
