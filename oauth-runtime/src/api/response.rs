//! An answer of an API, read as a whole or piece by piece.

use std::fmt;

use axum::body::{Body, Bytes};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{Code, Error};
use crate::http::Incoming;
use crate::web::Grant;

/// The largest answer that is read at once, in bytes.
pub(super) const MAX_BODY: usize = 16 * 1024 * 1024;

/// An answer of an API that is a success; made by [`ApiRequest::send`](crate::ApiRequest::send).
///
/// Nothing of the body is read before somebody asks for it, so that a large file passes through
/// piece by piece:
///
/// ```
/// use axum::response::{IntoResponse, Response};
/// use http::header;
/// use oauth_runtime::{Error, Token, requires_scopes};
///
/// #[requires_scopes("drive.readonly", why = "show the photo that you picked")]
/// async fn photo(token: Token) -> Result<Response, Error> {
///     let client = token.client();
///     let url = client.url("drive", "/drive/v3/files/some-id?alt=media");
///     let answer = client.request(http::Method::GET, &url).send().await?;
///     // Say what it is yourself: what somebody uploaded may claim to be a page of yours.
///     let headers = [(header::CONTENT_TYPE, "image/jpeg"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
///     Ok((headers, answer.into_body()).into_response())
/// }
/// ```
pub struct ApiResponse {
    grant: Grant,
    incoming: Incoming,
}

impl ApiResponse {
    pub(super) fn new(grant: Grant, incoming: Incoming) -> Self {
        Self { grant, incoming }
    }

    /// Its status: 2xx, or one that the request is
    /// [`accepting`](crate::ApiRequest::accepting).
    pub fn status(&self) -> StatusCode {
        self.incoming.status()
    }

    /// Its headers.
    pub fn headers(&self) -> &HeaderMap {
        self.incoming.headers()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// Transient ones, if the API says nothing for thirty seconds or the connection ends.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.incoming.chunk().await.map_err(|error| self.grant.refused(error))
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk), and `provider_response` if it is longer than 16 MiB.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let Self { grant, incoming } = self;
        let read = incoming.read(MAX_BODY).await.map_err(|error| grant.refused(error))?;
        Ok(read.into_body().into())
    }

    /// The whole body as the JSON of a `T`; no body at all is `null`.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes), and `api` if it is not the JSON that `T` wants.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let (grant, status) = (self.grant.clone(), self.status());
        let body = self.bytes().await?;
        // Who deletes something is answered nothing, and expects nothing.
        let json = if body.is_empty() { b"null" } else { &body[..] };
        serde_json::from_slice(json).map_err(|error| {
            let text = "the API's answer is not the JSON that was expected";
            let error = Error::new(Code::Api, text).with_api_status(status).with_source(error);
            grant.refused(error)
        })
    }

    /// The body as that of an answer of the app, passed on as fast as the browser reads it.
    pub fn into_body(self) -> Body {
        self.incoming.into_body()
    }
}

impl fmt::Debug for ApiResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiResponse").field("status", &self.status()).finish_non_exhaustive()
    }
}
