//! One request to an API, put together step by step.

use std::fmt;
use std::time::Duration;

use axum::body::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;
use url::Url;

use super::client::{ApiClient, Delivery};
use super::response::ApiResponse;
use super::retry::RETRIES;
use crate::error::{Code, Error};
use crate::http::Outgoing;
use crate::telemetry::Action;

/// A request to an API; made by [`ApiClient::request`]. Nothing is sent before it is awaited
/// with [`send`](Self::send) or [`json`](Self::json).
///
/// ```
/// use http::Method;
/// use oauth_runtime::{Covers, Error, Token, scope};
/// use serde_json::{Value, json};
///
/// async fn rename(
///     token: &Token<impl Covers<scope::DriveFile>>,
///     id: &str,
///     name: &str,
/// ) -> Result<Value, Error> {
///     let client = token.client();
///     let url = client.url("drive", &format!("/drive/v3/files/{id}"));
///     let request = client.request(Method::PATCH, &url).with_query([("fields", "id,name")]);
///     request.with_json(&json!({ "name": name })).harmless_twice().json().await
/// }
/// ```
#[derive(Clone)]
#[must_use = "a request does nothing unless it is sent"]
pub struct ApiRequest {
    client: ApiClient,
    /// The first mistake in putting it together, told when it is sent.
    outgoing: Result<Outgoing, Fault>,
    accepts: Vec<StatusCode>,
    resumes: bool,
    harmless: bool,
    retries: u32,
}

/// A mistake in what the caller wrote.
#[derive(Clone, Debug)]
struct Fault(Code, &'static str);

impl ApiRequest {
    pub(super) fn new(client: ApiClient, method: Method, url: &str) -> Self {
        let harmless = method.is_idempotent();
        let outgoing = Url::parse(url)
            .map(|url| Outgoing { timeout: None, ..Outgoing::new(method, url) })
            .map_err(|_| Fault(Code::ApiHost, "the address of an API is an absolute URL"));
        let (accepts, resumes) = (Vec::new(), false);
        Self { client, outgoing, accepts, resumes, harmless, retries: RETRIES }
    }

    /// Adds parameters to the query; they are encoded here.
    pub fn with_query<K: AsRef<str>, V: AsRef<str>>(
        mut self,
        parameters: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        if let Ok(outgoing) = &mut self.outgoing {
            outgoing.url.query_pairs_mut().extend_pairs(parameters);
            if outgoing.url.query() == Some("") {
                outgoing.url.set_query(None);
            }
        }
        self
    }

    /// Sets a header. `Authorization` is set when it is sent, whatever is said here.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).map_err(|_| "the name of a header is not valid");
        let value = HeaderValue::try_from(value).map_err(|_| "the value of a header is not valid");
        self.outgoing = self.outgoing.and_then(|mut outgoing| {
            let fault = |text| Fault(Code::Api, text);
            outgoing.headers.insert(name.map_err(fault)?, value.map_err(fault)?);
            Ok(outgoing)
        });
        self
    }

    /// Sends a JSON document.
    pub fn with_json<B: Serialize + ?Sized>(self, body: &B) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => self.with_body("application/json", body),
            Err(_) => self.failing("the body cannot be written as JSON"),
        }
    }

    /// Sends bytes of a media type.
    pub fn with_body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut with_type = self.with_header(header::CONTENT_TYPE.as_str(), content_type);
        if let Ok(outgoing) = &mut with_type.outgoing {
            outgoing.body = body.into();
        }
        with_type
    }

    /// Ends the request after this time, with its repetitions each for itself, to the last byte
    /// of the answer. Without it only an API that says nothing for thirty seconds is given up.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        if let Ok(outgoing) = &mut self.outgoing {
            outgoing.timeout = Some(timeout);
        }
        self
    }

    /// Sends it again at most so many times while the API is busy or failing; three if nothing
    /// is said. The waits are half a second, one, two, …, or what `Retry-After` asks for; a wait
    /// of more than eight seconds is not waited but told, in
    /// [`retry_after`](Error::retry_after) of the error.
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Takes an answer with this status as an answer, which is an error else: a redirect whose
    /// `Location` the app wants, since downloads are often at another host, or a 304 to a request
    /// with `If-None-Match`.
    ///
    /// A redirect is not followed. Fetch its address with a client that sends no token.
    pub fn accepting(mut self, status: StatusCode) -> Self {
        self.accepts.push(status);
        self
    }

    /// Takes a 308 for what it is in the protocol of resumable uploads.
    pub(super) fn resuming(mut self) -> Self {
        self.resumes = true;
        self
    }

    /// Says of a `POST` or `PATCH` that it does no harm if the API carries it out twice, as the
    /// other methods do of themselves (RFC 9110 §9.2.2). Only then is it sent again when nobody
    /// knows what became of it.
    pub fn harmless_twice(mut self) -> Self {
        self.harmless = true;
        self
    }

    /// Sends it. A success has its body still to come.
    ///
    /// # Errors
    /// - `consent_required` if the API wants a scope that the token does not have, or the access
    ///   was withdrawn: returned from the handler, it asks the person and resumes the request.
    /// - `api_rate_limited`, `api_unavailable`, `provider_unavailable` or `provider_timeout`,
    ///   which are [transient](Error::is_transient), after the last repetition.
    /// - `api_disabled` if the operator has to enable the API, `admin_policy` if the user's
    ///   administrator forbids it, `api_forbidden` if the user may not do this, or if an API
    ///   answers 403 in words that are not known.
    /// - `api` for every other answer that is not 2xx: [`Error::api_status`] tells which.
    /// - `api_host` if the address is none of the provider's.
    pub async fn send(self) -> Result<ApiResponse, Error> {
        let Self { client, outgoing, accepts, resumes, harmless, retries } = self;
        let grant = client.grant().clone();
        let sent = match outgoing {
            Ok(outgoing) => {
                let act = grant.oauth.begin(Action::Api, grant.signed_in.provider);
                let delivery = Delivery { outgoing, accepts, resumes, harmless, retries };
                let sent = client.deliver(delivery);
                let sent = sent.instrument(act.span()).await;
                grant.oauth.end(act, sent.as_ref().map_or_else(Error::code, |_| "answered"));
                sent
            }
            Err(Fault(code, text)) => Err(Error::new(code, text)),
        };
        match sent {
            Ok((incoming, grant)) => Ok(ApiResponse::new(grant, incoming)),
            Err(error) => Err(grant.refused(error)),
        }
    }

    /// Sends it and reads the JSON of a `T`.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`ApiResponse::json`].
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.send().await?.json().await
    }

    fn failing(mut self, text: &'static str) -> Self {
        self.outgoing = self.outgoing.and(Err(Fault(Code::Api, text)));
        self
    }
}

impl fmt::Debug for ApiRequest {
    /// Without its address, which may be a secret of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.outgoing.as_ref().map(|outgoing| &outgoing.method).ok();
        f.debug_struct("ApiRequest").field("method", &method).finish_non_exhaustive()
    }
}
