//! The one HTTP client: no redirects, short waits, bounded bodies, https but for loopback.

use std::time::Duration;

use axum::body::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::protocol::{self, BasicAuth};
use crate::provider::is_loopback;
use crate::secret::Wiped;

mod failure;
mod incoming;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use incoming::Incoming;

use failure::failed;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer of an API may say nothing, however long it is.
const SILENCE: Duration = Duration::from_secs(30);
/// Most answers of a token endpoint fit into this.
const ROOM: usize = 8 * 1024;
/// The longest answer of a provider's own endpoint.
const MAX_BODY: usize = 256 * 1024;

/// Sends requests to providers and their APIs.
///
/// It follows no redirect, repeats no request and keeps no cookie. The environment's proxy
/// variables are not read: what a variable of the machine says must not decide who carries
/// tokens, least of all those that go to loopback in clear text.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    inner: reqwest::Client,
    timeout: Duration,
}

/// A request to an API, which may be repeated.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How long all of it may take, to the last byte of the answer.
    pub(crate) timeout: Option<Duration>,
}

/// An answer whose body was read to its end.
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// What time it was there.
    pub(crate) date: Option<Timestamp>,
    /// Of the token endpoint it holds tokens.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Outgoing {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Bytes::new(), timeout: Some(TIMEOUT) }
    }
}

impl HttpClient {
    pub(crate) fn new() -> Result<Self, Error> {
        Self::with_timeouts(CONNECT_TIMEOUT, TIMEOUT)
    }

    fn with_timeouts(connect: Duration, total: Duration) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(connect)
            .read_timeout(SILENCE)
            .user_agent(concat!("oauth-runtime/", env!("CARGO_PKG_VERSION")))
            .build();
        let inner = client.map_err(|error| {
            Error::new(Code::Internal, "the HTTP client cannot be made").with_source(error)
        })?;
        Ok(Self { inner, timeout: total })
    }

    /// Posts a form, as the token endpoint wants it.
    pub(crate) async fn post_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        basic: Option<&BasicAuth>,
    ) -> Result<HttpResponse, Error> {
        let mut request = self
            .inner
            .post(url.clone())
            .timeout(self.timeout)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(fields));
        if let Some(basic) = basic {
            let value = sensitive(basic.expose()).ok_or_else(unwritable)?;
            request = request.header(header::AUTHORIZATION, value);
        }
        self.finish(request.header(header::ACCEPT, "application/json"), url).await
    }

    /// Gets a document of the provider's.
    pub(crate) async fn get(&self, url: &Url) -> Result<HttpResponse, Error> {
        let request = self
            .inner
            .get(url.clone())
            .timeout(self.timeout)
            .header(header::ACCEPT, "application/json");
        self.finish(request, url).await
    }

    /// Sends a request to an API; its answer is read by whoever wants it.
    pub(crate) async fn open(&self, outgoing: Outgoing) -> Result<Incoming, Error> {
        check_scheme(&outgoing.url)?;
        let place = place(&outgoing.url);
        let mut request = reqwest::Request::new(outgoing.method, outgoing.url);
        *request.headers_mut() = outgoing.headers;
        *request.body_mut() = Some(outgoing.body.into());
        *request.timeout_mut() = outgoing.timeout;
        match self.inner.execute(request).await {
            Ok(answer) => Ok(Incoming { answer, place }),
            Err(error) => Err(failed(error, &place)),
        }
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
        let date = answer.headers().get(header::DATE).and_then(|value| value.to_str().ok());
        let date = date.and_then(protocol::http_date);
        let body = Incoming { answer, place }.collect(MAX_BODY).await?;
        Ok(HttpResponse { status, retry_after, date, body })
    }
}

/// Plain http exists on loopback only (invariant 30).
fn check_scheme(url: &Url) -> Result<(), Error> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        _ => Err(Error::new(Code::Internal, format!("{} is not reached by https", place(url)))),
    }
}

/// Scheme and host, since paths and queries may hold what must not be shown.
fn place(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// A form with a code, a token or the client's secret.
fn form(fields: &[(&str, &str)]) -> Bytes {
    let mut body = Wiped::with_capacity(ROOM);
    for (name, value) in fields {
        if body.len() > 0 {
            body.push(b"&");
        }
        for piece in form_urlencoded::byte_serialize(name.as_bytes()) {
            body.push(piece.as_bytes());
        }
        body.push(b"=");
        for piece in form_urlencoded::byte_serialize(value.as_bytes()) {
            body.push(piece.as_bytes());
        }
    }
    shared(body.into_bytes())
}

/// Bytes that are wiped with the HTTP library's last handle to them.
fn shared(bytes: Zeroizing<Vec<u8>>) -> Bytes {
    Bytes::from_owner(bytes)
}

/// The value of a header that is a secret; `None` if it cannot be one.
pub(crate) fn sensitive(text: &str) -> Option<HeaderValue> {
    let bytes = shared(Zeroizing::new(text.as_bytes().to_vec()));
    let mut value = HeaderValue::from_maybe_shared(bytes).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The cause is left out: its text could quote what was to be sent.
fn unwritable() -> Error {
    Error::new(Code::Internal, "a request to the provider cannot be written")
}

/// What `Retry-After` asks for, measured by the answer's own clock.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    protocol::retry_after(text(header::RETRY_AFTER)?, text(header::DATE))
}

/// The same, however long it is.
pub(crate) fn stated_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    protocol::stated_wait(text(header::RETRY_AFTER)?, text(header::DATE))
}

#[cfg(test)]
mod tests {
    use std::error::Error as StdError;

    use http::StatusCode;

    use super::testing::{End, Server, answer};
    use super::*;
    use crate::provider::{ClientCredentials, Provider};

    const ENDLESS: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    fn client() -> HttpClient {
        HttpClient::new().unwrap()
    }

    fn get(url: &Url) -> Outgoing {
        Outgoing::new(Method::GET, url.clone())
    }

    /// For answers that never end.
    fn impatient() -> HttpClient {
        HttpClient::with_timeouts(Duration::from_millis(100), Duration::from_millis(100)).unwrap()
    }

    /// An address on the server whose path, query and user must never be shown.
    fn marked(server: &Server) -> Url {
        let mut url = server.origin.join("/CANARY-path?key=CANARY-query").unwrap();
        url.set_username("CANARY-user").unwrap();
        url
    }

    /// The whole text that a person or a log could see.
    #[track_caller]
    fn check_quiet(error: &Error) {
        let mut shown = vec![format!("{error} {error:?}")];
        let mut cause = StdError::source(error);
        while let Some(error) = cause {
            shown.push(format!("{error} {error:?}"));
            cause = error.source();
        }
        let shown = shown.join("\n");
        assert!(!shown.contains("CANARY"), "{shown}");
    }

    #[tokio::test]
    async fn a_form_is_posted_with_its_header_and_the_answer_read() {
        let slow = "HTTP/1.1 429 Slow\r\nRetry-After: 300\r\nContent-Length: 2\r\n\r\n{}";
        let server = Server::fixed(slow, End::Close).await;
        let credentials = ClientCredentials::new("x", "");
        let urls = ["a", "t", "k"].map(|path| server.origin.join(path).unwrap().to_string());
        let provider =
            Provider::openid("x", "X", &urls[0], &urls[0], &urls[1], &urls[2], credentials)
                .unwrap();
        let token = crate::secret::Secret::new("1//a b&c=d");
        let form = protocol::TokenRequest::refresh(&token).form(&provider);
        let answer =
            client().post_form(&server.origin, &form.fields, form.basic.as_ref()).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (429, &b"{}"[..]));
        assert_eq!(answer.retry_after, Some(Duration::from_secs(60)));
        let request = &server.requests()[0];
        assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
        let body = "\r\n\r\ngrant_type=refresh_token&refresh_token=1%2F%2Fa+b%26c%3Dd";
        assert!(request.ends_with(body), "{request}");
        for header in [
            "authorization: Basic eDo=",
            "accept: application/json",
            "content-type: application/x-www-form-urlencoded",
            concat!("user-agent: oauth-runtime/", env!("CARGO_PKG_VERSION")),
        ] {
            assert!(request.contains(header), "{header}\n{request}");
        }
    }

    /// The test above once more, by a process whose environment names a proxy that nobody runs.
    #[test]
    fn a_proxy_in_the_environment_carries_nothing() {
        let test = "http::tests::a_form_is_posted_with_its_header_and_the_answer_read";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", test]).env_remove("NO_PROXY").env_remove("no_proxy");
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
            child.env(name, "http://127.0.0.1:9");
        }
        let output = child.output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
    }

    /// Invariant 23: a redirect would carry the code or the token to where the answer says.
    #[tokio::test]
    async fn a_redirect_is_an_answer_and_not_followed() {
        for status in [301, 302, 303, 307, 308] {
            let elsewhere = Server::fixed(answer("200 OK", "{}"), End::Close).await;
            let text = format!(
                "HTTP/1.1 {status} Go\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
                elsewhere.origin
            );
            let server = Server::fixed(text, End::Close).await;
            let posted = client().post_form(&server.origin, &[("code", "x")], None).await.unwrap();
            assert_eq!(posted.status, status);
            assert_eq!(client().get(&server.origin).await.unwrap().status, status);
            assert_eq!(client().open(get(&server.origin)).await.unwrap().status(), status);
            assert_eq!((server.requests().len(), elsewhere.requests().len()), (3, 0));
        }
    }

    /// I14: the length that a server announces binds it to nothing.
    #[tokio::test]
    async fn a_body_is_cut_off_at_the_limit_however_it_is_sent() {
        let chunk = format!("{ENDLESS}3f9\r\n{}\r\n", "CANARY".repeat(200).split_at(0x3f9).0);
        let endless = Server::fixed(chunk, End::Repeat).await;
        let over = answer("200 OK", &"x".repeat(MAX_BODY + 1));
        let over = Server::fixed(over, End::Close).await;
        let untold = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(MAX_BODY + 1));
        let untold = Server::fixed(untold, End::Close).await;
        for server in [endless, over, untold] {
            let error = client().get(&marked(&server)).await.err().unwrap();
            assert_eq!(error.code(), "provider_response");
            check_quiet(&error);
            let read = client().open(get(&server.origin)).await.unwrap().read(2000).await;
            assert_eq!(read.unwrap_err().code(), "provider_response");
        }
        let full = Server::fixed(answer("200 OK", &"x".repeat(MAX_BODY)), End::Close).await;
        assert_eq!(client().get(&full.origin).await.unwrap().body.len(), MAX_BODY);
    }

    /// As much as is wanted of what comes, however it ends.
    #[tokio::test]
    async fn the_beginning_of_a_body_is_read_as_far_as_it_comes() {
        let long = answer("403 No", &"x".repeat(5000));
        let short = answer("403 No", "abc");
        let cut = b"HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nabc".to_vec();
        for (bytes, end, expected) in [
            (long, End::Close, "x".repeat(1000)),
            (short, End::Close, "abc".to_owned()),
            (cut.clone(), End::Close, "abc".to_owned()),
            (cut, End::Stall, "abc".to_owned()),
            (ENDLESS.replace("200", "403").into(), End::Close, String::new()),
        ] {
            let server = Server::fixed(bytes, end).await;
            let brief = Some(Duration::from_millis(300));
            let outgoing = Outgoing { timeout: brief, ..get(&server.origin) };
            let answer = client().open(outgoing).await.unwrap().beginning(1000).await;
            assert_eq!(
                (answer.status(), answer.body().len()),
                (StatusCode::FORBIDDEN, expected.len())
            );
            assert_eq!(answer.body(), expected.as_bytes());
        }
    }

    /// I14: a body that would grow is left as it came, and no server is asked for one.
    #[tokio::test]
    async fn no_compressed_body_is_asked_for_or_unpacked() {
        let packed = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi";
        let server = Server::fixed(packed, End::Close).await;
        assert_eq!(*client().get(&server.origin).await.unwrap().body, b"hi");
        assert!(!server.requests()[0].to_ascii_lowercase().contains("accept-encoding"));
    }

    /// I13: no head, half a head, half a body, one byte now and then.
    #[tokio::test]
    async fn an_answer_that_does_not_come_in_time_is_a_timeout() {
        for start in ["", "HTTP/1.1 200 OK\r\nX-", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"]
        {
            let server = Server::fixed(start, End::Stall).await;
            let error = impatient().get(&marked(&server)).await.err().unwrap();
            assert_eq!(error.code(), "provider_timeout", "{start:?}");
            assert!(error.is_transient());
            check_quiet(&error);
        }
    }

    /// I22: whether the provider saw it is not certain, so that it is never sent again.
    #[tokio::test]
    async fn a_broken_answer_or_none_is_no_answer_and_nothing_is_sent_again() {
        for bytes in [
            "",
            "nonsense\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nCANARY-body",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nCANARY\r\n",
        ] {
            let server = Server::fixed(bytes, End::Close).await;
            let fields = [("code", "CANARY-code")];
            let error = client().post_form(&marked(&server), &fields, None).await.err().unwrap();
            assert_eq!(error.code(), "provider_unavailable", "{bytes:?}");
            assert_eq!(server.requests().len(), 1, "{bytes:?}");
            check_quiet(&error);
        }
    }

    #[tokio::test]
    async fn an_address_where_nobody_listens_is_transient_and_named_by_its_origin() {
        let server = Server::fixed("", End::Close).await;
        let url = marked(&server);
        drop(server);
        let error = impatient().get(&url).await.err().unwrap();
        assert!(error.is_transient());
        assert!(error.to_string().starts_with("http://127.0.0.1:"), "{error}");
        check_quiet(&error);
    }

    /// Invariant 30.
    #[tokio::test]
    async fn plain_http_never_leaves_this_machine() {
        for url in [
            "http://example.com/CANARY",
            "http://10.0.0.1/?CANARY",
            "http://0.0.0.0/",
            "http://localhost.example.com/",
            "http://app.localhost/",
            "http://[::ffff:127.0.0.1]/",
            "ftp://localhost/",
        ] {
            let parsed = Url::parse(url).unwrap();
            let error = client().get(&parsed).await.err().unwrap();
            assert_eq!(error.code(), "internal", "{url}");
            assert!(error.to_string().contains("not reached by https"), "{url}: {error}");
            check_quiet(&error);
            let error = client().post_form(&parsed, &[], None).await.err().unwrap();
            assert_eq!(error.code(), "internal", "{url}");
            let error = client().open(get(&parsed)).await.unwrap_err();
            assert_eq!(error.code(), "internal", "{url}");
        }
    }

    /// I26: what is no TLS is the provider's fault, not a moment's.
    #[tokio::test]
    async fn a_broken_handshake_is_a_wrong_answer() {
        let server = Server::fixed("HTTP/1.1 400 Bad\r\n\r\n", End::Close).await;
        let url = marked(&server).as_str().replace("http:", "https:");
        let error = client().get(&Url::parse(&url).unwrap()).await.err().unwrap();
        assert_eq!(error.code(), "provider_response");
        assert!(!error.is_transient());
        check_quiet(&error);
    }

    /// I12; the forms of the value are shown beside their parser.
    #[tokio::test]
    async fn a_wait_is_measured_by_the_answers_own_clock() {
        const DATE: &str = "Date: Sun, 29 Feb 2032 23:59:50 GMT\r\n";
        for (date, wait, seconds) in [
            ("", "7", Some(7)),
            ("", "99999999999999999999999999", Some(60)),
            ("", "-1", None),
            ("", "soon", None),
            (DATE, "Sun, 29 Feb 2032 23:59:55 GMT", Some(5)),
            (DATE, "Fri, 29 Feb 2036 23:59:55 GMT", Some(60)),
            (DATE, "Sun, 29 Feb 2032 23:59:45 GMT", None),
            ("", "Sun, 29 Feb 2032 23:59:55 GMT", None),
        ] {
            let text = format!(
                "HTTP/1.1 503 Down\r\n{date}Retry-After: {wait}\r\nContent-Length: 0\r\n\r\n"
            );
            let server = Server::fixed(text, End::Close).await;
            let answer = client().get(&server.origin).await.unwrap();
            assert_eq!(answer.retry_after, seconds.map(Duration::from_secs), "{wait}");
        }
    }
}
