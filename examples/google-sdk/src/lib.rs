//! A user's token as the credentials of Google's own Rust SDK, and of the generated
//! `google-*` crates.
//!
//! ```no_run
//! use google_cloud_auth::credentials::Credentials;
//! use oauth_google_sdk::UserCredentials;
//! use oauth_runtime::{Error, Token, requires_scopes};
//!
//! #[requires_scopes("cloud-platform.read-only", why = "list your buckets")]
//! async fn buckets(token: Token) -> Result<String, Error> {
//!     let credentials = Credentials::from(UserCredentials::new(&token));
//!     // let client = StorageControl::builder().with_credentials(credentials).build().await…
//!     # drop(credentials);
//!     Ok("…".to_owned())
//! }
//! ```

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use google_apis_common::GetToken;
use google_cloud_auth::credentials::{CacheableResource, CredentialsProvider, EntityTag};
use google_cloud_auth::errors::CredentialsError;
use google_cloud_gax::error::rpc::{Code, StatusDetails};
use http::{Extensions, HeaderMap, StatusCode, header};
use oauth_runtime::{Error, Requirement, Token};
use serde_json::json;

/// The credentials of a person who granted the scopes of `R`: renewed when they end, for as long
/// as the person is signed in and has not withdrawn them.
pub struct UserCredentials<R: Requirement>(Arc<Mutex<Known<R>>>);

/// The token that was handed out last, and how it was called.
struct Known<R: Requirement> {
    token: Token<R>,
    tag: EntityTag,
}

impl<R: Requirement> UserCredentials<R> {
    /// The credentials that go with a token.
    pub fn new(token: &Token<R>) -> Self {
        let known = Known { token: token.clone(), tag: EntityTag::new() };
        Self(Arc::new(Mutex::new(known)))
    }

    /// A token with life left, and its name: the same one for as long as the token is.
    async fn current(&self) -> Result<(Token<R>, EntityTag), Error> {
        let token = self.lock().token.clone();
        let fresh = token.fresh().await?;
        let mut known = self.lock();
        if fresh.access_token() != known.token.access_token() {
            *known = Known { token: fresh, tag: EntityTag::new() };
        }
        Ok((known.token.clone(), known.tag.clone()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Google's official SDK (`google-cloud-*`): hand it to a client's `with_credentials`, by
/// `Credentials::from`.
impl<R: Requirement> CredentialsProvider for UserCredentials<R> {
    async fn headers(
        &self,
        extensions: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let (token, tag) = self
            .current()
            .await
            .map_err(|error| CredentialsError::from_source(error.is_transient(), error))?;
        if extensions.get::<EntityTag>() == Some(&tag) {
            return Ok(CacheableResource::NotModified);
        }
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, token.authorization())]);
        Ok(CacheableResource::New { entity_tag: tag, data: headers })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

type Given<'a> = Pin<
    Box<
        dyn Future<Output = Result<Option<String>, Box<dyn std::error::Error + Send + Sync>>>
            + Send
            + 'a,
    >,
>;

/// The generated crates (`google-drive3` and the like): the hub takes it as its `auth`.
impl<R: Requirement> GetToken for UserCredentials<R> {
    fn get_token<'a>(&'a self, _scopes: &'a [&str]) -> Given<'a> {
        Box::pin(async move {
            let (token, _) = self.current().await?;
            Ok(Some(token.access_token().to_owned()))
        })
    }
}

/// What an error of the SDK means: `None` if it is none of an API's answers. Returned from the
/// handler that has the token, it is the right answer of that request: where a scope is missing,
/// the person is asked for it.
pub fn refused<R: Requirement>(
    token: &Token<R>,
    error: &google_cloud_gax::error::Error,
) -> Option<Error> {
    let rpc = error.status().map(|status| match status.code {
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Internal | Code::Unknown | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        _ => StatusCode::BAD_REQUEST,
    });
    let http = error.http_status_code().and_then(|code| StatusCode::from_u16(code).ok());
    let headers = error.http_headers().cloned().unwrap_or_default();
    let body = match (error.http_payload(), error.status()) {
        (Some(payload), _) => payload.to_vec(),
        (None, Some(status)) => {
            let reasons = status.details.iter().filter_map(|detail| match detail {
                StatusDetails::ErrorInfo(info) => Some(json!({ "reason": info.reason })),
                _ => None,
            });
            let details: Vec<_> = reasons.collect();
            json!({ "error": { "message": status.message, "details": details } })
                .to_string()
                .into_bytes()
        }
        (None, None) => Vec::new(),
    };
    Error::from_api(token, http.or(rpc)?, &headers, &body)
}

impl<R: Requirement> Clone for UserCredentials<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Requirement> fmt::Debug for UserCredentials<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCredentials").field("token", &self.lock().token).finish()
    }
}
