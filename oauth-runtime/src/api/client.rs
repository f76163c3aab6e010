//! A client that sends the token only where it belongs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::pages::ApiPages;
use super::refusal::{Call, MAX_REFUSAL, Refusal, is_of_token, is_success, may_replace};
use super::request::ApiRequest;
use super::resumable::ResumableUpload;
use super::retry;
use crate::error::{Code, Error};
use crate::http::{Incoming, Outgoing};
use crate::keys::random;
use crate::provider::is_loopback;
use crate::scope::Requirement;
use crate::web::{Grant, Token, bearer};

/// How long a JSON document may take, to its last byte.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What to do about a token that was replaced while its request may not be sent twice.
const REPLACED: &str =
    "the token is replaced: send the request once more, with the client of `token.fresh()`";
/// What to do about a refusal that no token mends.
pub(super) const NO_OTHER: &str =
    "the token is new, and so another one is not asked for: the reason is what the API says";

/// Calls the APIs of the token's provider; made by [`Token::client`].
///
/// The token is sent to the provider's own hosts and to no other, over https, and no redirect
/// is followed: an answer that is not 2xx is an error. Where an API does not take the token any
/// longer, it is replaced, and the request sent once more if that does no harm (RFC 9110 §9.2.2);
/// a token that is younger than a minute is not replaced. Where an API is busy or failing, the
/// request is repeated after a while. A 403 for a missing scope becomes, through `?`, the consent
/// of the request whose handler has the token.
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
    /// Hosts that may see the token besides the provider's, by the app's word.
    hosts: Arc<[Box<str>]>,
}

impl<R: Requirement> Token<R> {
    /// A client for the APIs of the token's provider.
    pub fn client(&self) -> ApiClient {
        ApiClient { grant: self.grant().clone(), hosts: [].into() }
    }
}

impl ApiClient {
    /// The address of a path of an API, by the API's name: `url("drive", "/drive/v3/files")`.
    ///
    /// Against the fake server it is an address of that one.
    pub fn url(&self, api: &str, path: &str) -> String {
        format!("{}{path}", self.grant.provider().api_base(api))
    }

    /// A client that sends the token to one more host, by its exact name (`api.example.com`, or
    /// `localhost:3000` in development): an API of yours that takes the provider's tokens.
    ///
    /// Whoever holds that host can use the token for all that was granted.
    pub fn with_host(mut self, host: &str) -> Self {
        let more = self.hosts.iter().cloned().chain([host.to_ascii_lowercase().into()]);
        self.hosts = more.collect();
        self
    }

    /// Gets a JSON document.
    ///
    /// # Errors
    /// As [`ApiRequest::send`], and `api` if the answer is not the JSON that `T` wants.
    pub async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, Error> {
        self.whole(Method::GET, url).json().await
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
        self.whole(Method::POST, url).with_json(body).json().await
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
        self.request(Method::POST, url).with_body(content_type, body).json().await
    }

    /// Deletes something; what the API answers is not read.
    ///
    /// # Errors
    /// As [`ApiRequest::send`].
    pub async fn delete(&self, url: &str) -> Result<(), Error> {
        self.whole(Method::DELETE, url).send().await.map(drop)
    }

    /// Any request, with its query, headers, body, timeout and repetitions as it needs them.
    pub fn request(&self, method: Method, url: &str) -> ApiRequest {
        ApiRequest::new(self.clone(), method, url)
    }

    /// A list that the API gives page by page.
    pub fn pages(&self, url: &str) -> ApiPages {
        ApiPages::new(self.clone(), url)
    }

    /// An upload in pieces that goes on after an interruption, in the protocol of Google's APIs:
    /// `url` has `uploadType=resumable` in it.
    pub fn resumable_upload(&self, url: &str, content_type: &str) -> ResumableUpload {
        ResumableUpload::new(self.clone(), url, content_type)
    }

    /// A request whose answer is small.
    pub(super) fn whole(&self, method: Method, url: &str) -> ApiRequest {
        self.request(method, url).with_timeout(TIMEOUT)
    }

    pub(super) fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The answer that is no refusal, with the token that brought it.
    pub(super) async fn deliver(&self, delivery: Delivery) -> Result<(Incoming, Grant), Error> {
        let Delivery { harmless, retries, .. } = delivery;
        self.check_host(&delivery.outgoing.url)?;
        let (mut grant, mut replaced) = (self.grant.clone(), false);
        let mut done = 0;
        loop {
            let error = match delivery.exchange(&grant).await {
                Ok(incoming) => return Ok((incoming, grant)),
                Err(error) => error,
            };
            if !replaced && may_replace(&grant, &error) {
                // Apart: it is rare, and would make the future of every call large.
                (grant, replaced) = (Box::pin(grant.replaced_for(&error)).await?, true);
                if harmless {
                    continue;
                }
                return Err(error.with_help(REPLACED));
            }
            if is_of_token(&error) {
                return Err(error.with_help(NO_OTHER));
            }
            let [jitter] = random()?;
            match retry::wait(&error, done, harmless, jitter).filter(|_| done < retries) {
                Some(wait) => grant.oauth.0.clock.sleep(wait).await,
                None => return Err(error),
            }
            done += 1;
        }
    }

    pub(super) fn check_host(&self, url: &Url) -> Result<(), Error> {
        let by_name = || {
            let host = url.host_str().unwrap_or_default();
            let named = match url.port() {
                Some(port) => self.hosts.contains(&format!("{host}:{port}").into()),
                None => self.hosts.contains(&host.into()),
            };
            named && (url.scheme() == "https" || is_loopback(url))
        };
        if self.grant.provider().may_receive_token(url) || by_name() {
            return Ok(());
        }
        let host = url.host_str().unwrap_or("(none)");
        let text = format!("the host {host:?} is not one of the provider's APIs");
        Err(Error::new(Code::ApiHost, text)
            .with_help(format!("if it is to see the token, say so: `client.with_host({host:?})`")))
    }
}

/// A request, and what is to become of it.
#[derive(Clone)]
pub(super) struct Delivery {
    pub(super) outgoing: Outgoing,
    /// What counts as an answer besides a success.
    pub(super) accepts: Vec<StatusCode>,
    /// It is a part of a resumable upload, in whose protocol 308 says how far that is.
    pub(super) resumes: bool,
    pub(super) harmless: bool,
    pub(super) retries: u32,
}

impl Delivery {
    /// Sends it once.
    async fn exchange(&self, grant: &Grant) -> Result<Incoming, Error> {
        let mut outgoing = self.outgoing.clone();
        outgoing.headers.insert(header::AUTHORIZATION, bearer(grant.tokens.access.expose()));
        let Outgoing { method, url, .. } = &self.outgoing;
        let call = Call { method, url, hides_path: self.resumes };
        let incoming = grant.oauth.http().open(outgoing).await.map_err(|error| {
            let text = format!("{} ({call})", error.text());
            error.with_text(text)
        })?;
        let status = incoming.status();
        if self.takes(status, incoming.headers()) {
            return Ok(incoming);
        }
        let answer = incoming.beginning(MAX_REFUSAL).await;
        let (headers, body) = (answer.headers(), answer.body());
        Err(Refusal { call: Some(call), status, headers, body }.of_grant(grant))
    }

    fn takes(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        // A 308 that names another address and no bytes is the one of RFC 9110: a redirect.
        let moved = headers.contains_key(header::LOCATION) && !headers.contains_key(header::RANGE);
        let resumes = self.resumes && status == StatusCode::PERMANENT_REDIRECT && !moved;
        is_success(status) || resumes || self.accepts.contains(&status)
    }
}

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.grant.signed_in.row().id();
        f.debug_struct("ApiClient").field("account", account).finish_non_exhaustive()
    }
}
