//! An answer whose body is read as far as its reader wants it.

use axum::body::{Body, Bytes};
use http::{HeaderMap, Response, StatusCode};
use zeroize::Zeroizing;

use super::ROOM;
use super::failure::failed;
use crate::error::{Code, Error};
use crate::secret::Wiped;

/// An answer whose body is still to come.
pub(crate) struct Incoming {
    pub(super) answer: reqwest::Response,
    pub(super) place: String,
}

impl Incoming {
    pub(crate) fn status(&self) -> StatusCode {
        self.answer.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// The next piece of the body; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.answer.chunk().await.map_err(|error| failed(error, &self.place))
    }

    /// The whole answer, if its body is no longer than `max` bytes.
    pub(crate) async fn read(self, max: usize) -> Result<Response<Vec<u8>>, Error> {
        let (status, headers) = (self.status(), self.headers().clone());
        let mut response = Response::new(std::mem::take(&mut *self.collect(max).await?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// The answer with the beginning of its body, as far as it comes: no more than `max` bytes.
    pub(crate) async fn beginning(mut self, max: usize) -> Response<Vec<u8>> {
        let (status, headers) = (self.status(), self.headers().clone());
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(max - body.len())]);
            if body.len() == max {
                break;
            }
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    /// Reads the body piece by piece, so that one without an end is cut off and not collected.
    pub(super) async fn collect(mut self, max: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut body = Wiped::with_capacity(ROOM);
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > max {
                let text = format!("the answer of {} is longer than {max} bytes", self.place);
                return Err(Error::new(Code::ProviderResponse, text));
            }
            body.push(&chunk);
        }
        Ok(body.into_bytes())
    }

    /// The body as that of another answer, which is read as fast as that one is.
    pub(crate) fn into_body(self) -> Body {
        Body::new(reqwest::Body::from(self.answer))
    }
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").field("status", &self.status()).finish_non_exhaustive()
    }
}
