//! A client that sends the token only where it belongs.

use std::fmt;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::refusal::refused;
use crate::error::{Code, Error};
use crate::scope::Requirement;
use crate::web::{Grant, Token, bearer};

/// The largest answer that is read, in bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Calls the APIs of the token's provider; made by [`Token::client`].
///
/// The token is sent to the provider's own hosts and to no other, over https, and no redirect
/// is followed. Where an API does not take the token any longer, it is refreshed, and the request
/// sent once more if that does no harm (RFC 9110 §9.2.2).
///
/// ```
/// use oauth_runtime::{Covers, Error, Token, scope};
/// use serde_json::Value;
///
/// async fn files(token: &Token<impl Covers<scope::DriveReadonly>>) -> Result<Value, Error> {
///     let client = token.client();
///     client.get(&client.url("drive", "/drive/v3/files?pageSize=10")).await
/// }
/// ```
#[derive(Clone)]
pub struct ApiClient {
    grant: Grant,
}

impl<R: Requirement> Token<R> {
    /// A client for the APIs of the token's provider.
    pub fn client(&self) -> ApiClient {
        ApiClient { grant: self.grant().clone() }
    }
}

impl ApiClient {
    /// The address of a path of an API, by the API's name: `url("drive", "/drive/v3/files")`.
    ///
    /// Against the fake server it is an address of that one.
    pub fn url(&self, api: &str, path: &str) -> String {
        format!("{}{path}", self.grant.provider().api_base(api))
    }

    /// Gets a JSON document.
    ///
    /// # Errors
    /// `consent_required` if the API wants a scope that the token does not have, or the access was
    /// withdrawn: returned from the handler, it asks the person for the scopes that the handler
    /// declares and resumes the request. `api_host` if the address is not the provider's, `api` if
    /// the answer is not a success ([`Error::api_status`] tells which) or not the JSON that `T`
    /// wants; transient errors if the API cannot be reached.
    pub async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, Error> {
        let answer = self.send(self.told(request(Method::GET, url, Vec::new()))?).await?;
        self.told(json(&answer))
    }

    /// Posts a JSON document and reads another.
    ///
    /// # Errors
    /// As [`get`](Self::get), and `api` if `body` cannot be written as JSON.
    pub async fn post<B, T>(&self, url: &str, body: &B) -> Result<T, Error>
    where
        B: Serialize + ?Sized,
        T: DeserializeOwned,
    {
        let body = serde_json::to_vec(body).map_err(|error| {
            Error::new(Code::Api, "the body cannot be written as JSON").with_source(error)
        });
        let body = self.told(body)?;
        self.upload(url, "application/json", body).await
    }

    /// Posts bytes of any media type and reads a JSON document.
    ///
    /// # Errors
    /// As [`get`](Self::get), and `api` if `content_type` cannot be a header.
    pub async fn upload<T: DeserializeOwned>(
        &self,
        url: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<T, Error> {
        let mut request = self.told(request(Method::POST, url, body))?;
        let content_type = HeaderValue::from_str(content_type).map_err(|error| {
            Error::new(Code::Api, "the media type is not valid").with_source(error)
        });
        request.headers_mut().insert(header::CONTENT_TYPE, self.told(content_type)?);
        self.told(json(&self.send(request).await?))
    }

    /// Sends any request; its `Authorization` is set here. The answer may be up to 16 MiB.
    ///
    /// # Errors
    /// As [`get`](Self::get), except that the body is not looked at.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Error> {
        self.told(self.try_send(request).await)
    }

    /// An error with its answer for the request in whose handler it arises.
    fn told<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| self.grant.refused(error))
    }

    async fn try_send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Error> {
        let url = Url::parse(&request.uri().to_string());
        let may = url.is_ok_and(|url| self.grant.provider().may_receive_token(&url));
        if !may {
            let host = request.uri().host().unwrap_or("(none)");
            let text = format!("the host {host:?} is not one of the provider's APIs");
            return Err(Error::new(Code::ApiHost, text)
                .with_help("send the token to foreign hosts with a client of your own"));
        }
        let response = self.answer(request).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refused(&response))
    }

    /// The answer to the request; to its repetition with another token where the API did not
    /// take the first, which ends before its time when the access is withdrawn.
    async fn answer(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Error> {
        let again = request.method().is_idempotent().then(|| request.clone());
        let response = self.exchange(request, &self.grant).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let grant = self.grant.replaced().await?;
        match again {
            Some(request) => self.exchange(request, &grant).await,
            None => Ok(response),
        }
    }

    async fn exchange(
        &self,
        mut request: Request<Vec<u8>>,
        grant: &Grant,
    ) -> Result<Response<Vec<u8>>, Error> {
        let bearer = bearer(grant.tokens.access.expose());
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        grant.oauth.http().send(request, MAX_BODY).await
    }
}

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.grant.signed_in.row().id();
        f.debug_struct("ApiClient").field("account", account).finish_non_exhaustive()
    }
}

fn request(method: Method, url: &str, body: Vec<u8>) -> Result<Request<Vec<u8>>, Error> {
    let request = Request::builder().method(method).uri(url).body(body);
    request.map_err(|error| Error::new(Code::ApiHost, "not an absolute URL").with_source(error))
}

fn json<T: DeserializeOwned>(response: &Response<Vec<u8>>) -> Result<T, Error> {
    serde_json::from_slice(response.body()).map_err(|error| {
        Error::new(Code::Api, "the API's answer is not the JSON that was expected")
            .with_api_status(response.status())
            .with_source(error)
    })
}
