//! The one HTTP client: no redirects, short waits, bounded bodies, https but for loopback.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response, header};
use url::{Host, Url};

use crate::error::{Code, Error};
use crate::protocol::BasicAuth;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer of a provider's own endpoint.
const MAX_BODY: usize = 256 * 1024;
/// No provider makes us wait longer than this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Sends requests to providers and their APIs.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(reqwest::Client);

/// An answer whose body was read to its end.
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl HttpClient {
    pub(crate) fn new() -> Result<Self, Error> {
        Self::with_timeouts(CONNECT_TIMEOUT, TIMEOUT)
    }

    fn with_timeouts(connect: Duration, total: Duration) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(connect)
            .timeout(total)
            .user_agent(concat!("oauth-runtime/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(Self).map_err(|error| {
            Error::new(Code::Internal, "the HTTP client cannot be made").with_source(error)
        })
    }

    /// Posts a form, as the token endpoint wants it.
    pub(crate) async fn post_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        basic: Option<&BasicAuth>,
    ) -> Result<HttpResponse, Error> {
        let mut request = self.0.post(url.clone()).form(fields);
        if let Some(basic) = basic {
            let mut value = HeaderValue::from_str(basic.expose())
                .map_err(|_| Error::new(Code::Internal, "not a header value"))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        self.finish(request.header(header::ACCEPT, "application/json"), url).await
    }

    /// Gets a document of the provider's.
    pub(crate) async fn get(&self, url: &Url) -> Result<HttpResponse, Error> {
        let request = self.0.get(url.clone()).header(header::ACCEPT, "application/json");
        self.finish(request, url).await
    }

    /// Sends any request and reads up to `max_body` bytes of its answer.
    pub(crate) async fn send(
        &self,
        request: Request<Vec<u8>>,
        max_body: usize,
    ) -> Result<Response<Vec<u8>>, Error> {
        let request = reqwest::Request::try_from(request).map_err(|error| failed(error, "API"))?;
        let place = place(request.url());
        check_scheme(request.url())?;
        let answer = self.0.execute(request).await.map_err(|error| failed(error, &place))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = Response::new(read(answer, max_body, &place).await?);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    async fn finish(
        &self,
        request: reqwest::RequestBuilder,
        url: &Url,
    ) -> Result<HttpResponse, Error> {
        check_scheme(url)?;
        let place = place(url);
        let answer = request.send().await.map_err(|error| failed(error, &place))?;
        let (status, retry_after) = (answer.status().as_u16(), retry_after(answer.headers()));
        let body = read(answer, MAX_BODY, &place).await?;
        Ok(HttpResponse { status, retry_after, body })
    }
}

/// Reads a body chunk by chunk, so that one without an end is cut off and not collected.
async fn read(mut answer: reqwest::Response, max: usize, place: &str) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(error, place))? {
        if body.len() + chunk.len() > max {
            let text = format!("the answer of {place} is longer than {max} bytes");
            return Err(Error::new(Code::ProviderResponse, text));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Plain http exists on loopback only (invariant 30).
fn check_scheme(url: &Url) -> Result<(), Error> {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => Err(Error::new(Code::Internal, format!("{} is not reached by https", place(url)))),
    }
}

/// Scheme and host, since paths and queries may hold what must not be shown.
fn place(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn failed(error: reqwest::Error, place: &str) -> Error {
    let error = error.without_url();
    let (code, what) = if error.is_timeout() {
        (Code::ProviderTimeout, "did not answer in time")
    } else {
        (Code::ProviderUnavailable, "cannot be reached")
    };
    Error::new(code, format!("{place} {what}")).with_source(error)
}

/// Seconds (RFC 9110 §10.2.3), bounded. A date is rare here, and is taken as the longest wait.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER)),
        Err(_) if text.ends_with("GMT") => Some(MAX_RETRY_AFTER),
        Err(_) => None,
    }
}
