//! Uploads in pieces that go on after an interruption.

use std::fmt;

use axum::body::Bytes;
use http::{Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use url::Url;

use super::client::ApiClient;
use super::request::ApiRequest;
use super::response::ApiResponse;
use super::retry;
use crate::error::{Code, Error};
use crate::keys::random;

/// A piece is a multiple of this, as the APIs want it.
const UNIT: usize = 256 * 1024;
/// The size of a piece unless the app says otherwise.
const PIECE: usize = 32 * UNIT;
/// How often one piece may fail before the upload does.
const FAILURES: u32 = 5;

/// An upload in pieces; made by [`ApiClient::resumable_upload`].
///
/// It speaks the protocol of Google's APIs
/// ([resumable upload](https://developers.google.com/workspace/drive/api/guides/manage-uploads#resumable)).
/// One piece is in memory at a time, however large the file is. After an interruption the API is
/// asked how much it has, and only the rest is sent.
///
/// ```
/// use oauth_runtime::{Covers, Error, Token, scope};
/// use serde_json::{Value, json};
///
/// async fn keep(
///     token: &Token<impl Covers<scope::DriveFile>>,
///     video: impl tokio::io::AsyncRead + Send + Unpin,
/// ) -> Result<Value, Error> {
///     let client = token.client();
///     let url = client.url("drive", "/upload/drive/v3/files?uploadType=resumable");
///     let upload = client.resumable_upload(&url, "video/mp4");
///     upload.with_metadata(&json!({ "name": "holiday.mp4" })).send(video).await
/// }
/// ```
#[must_use = "nothing is uploaded before `send`"]
pub struct ResumableUpload {
    client: ApiClient,
    start: ApiRequest,
    piece: usize,
}

/// The bytes that are under way, and where they begin.
struct Piece {
    from: u64,
    bytes: Bytes,
    /// The length of the whole, once its end was read.
    total: Option<u64>,
}

/// Where the pieces come from.
struct Source<A> {
    content: A,
    ahead: Vec<u8>,
}

enum Progress {
    Done(Box<ApiResponse>),
    /// The API has all bytes before this one.
    Upto(u64),
}

impl ResumableUpload {
    pub(super) fn new(client: ApiClient, url: &str, content_type: &str) -> Self {
        let start = client.whole(Method::POST, url);
        let start = start.with_header("x-upload-content-type", content_type);
        // To begin one twice leaves a session that ends by itself.
        Self { client, start: start.harmless_twice(), piece: PIECE }
    }

    /// What the API is to know of the file, such as its name.
    pub fn with_metadata<B: Serialize + ?Sized>(mut self, metadata: &B) -> Self {
        self.start = self.start.with_json(metadata);
        self
    }

    /// The size of a piece in bytes, rounded up to a multiple of 256 KiB; 8 MiB if nothing is
    /// said. It is what the upload takes of memory, and what an interruption can cost.
    pub fn with_piece_size(mut self, bytes: usize) -> Self {
        self.piece = bytes.max(1).div_ceil(UNIT).saturating_mul(UNIT);
        self
    }

    /// Sends all that `content` has, and reads the JSON of a `T` at the end.
    ///
    /// # Errors
    /// As [`ApiRequest::send`], after five interruptions of one piece; and `api` if `content`
    /// cannot be read, or the API says that it has less than it confirmed before.
    pub async fn send<T: DeserializeOwned>(
        self,
        content: impl AsyncRead + Send + Unpin,
    ) -> Result<T, Error> {
        let grant = self.client.grant().clone();
        match self.upload(content).await {
            Ok(answer) => answer.json().await,
            Err(error) => Err(grant.refused(error)),
        }
    }

    async fn upload(self, content: impl AsyncRead + Send + Unpin) -> Result<ApiResponse, Error> {
        let Self { client, start, piece: size } = self;
        let session = Session { url: session(&start.send().await?)?, client };
        let (mut source, mut from) = (Source { content, ahead: Vec::new() }, 0);
        loop {
            let piece = source.piece(from, size).await?;
            match session.put(&piece).await? {
                Progress::Done(answer) => return Ok(*answer),
                Progress::Upto(next) => from = next,
            }
        }
    }
}

/// Where the pieces go (its address is a capability of its own).
fn session(answer: &ApiResponse) -> Result<String, Error> {
    let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let url = location.filter(|url| Url::parse(url).is_ok()).map(str::to_owned);
    url.ok_or_else(|| Error::new(Code::Api, "the API began no resumable upload"))
}

struct Session {
    client: ApiClient,
    url: String,
}

impl Session {
    /// Sends a piece until the API has all of it.
    async fn put(&self, piece: &Piece) -> Result<Progress, Error> {
        let (mut at, mut failures) = (piece.from, 0);
        loop {
            let (progress, failed) = match self.put_from(piece, at).await {
                Ok(progress) => (progress, false),
                Err(error) => {
                    self.wait(error, failures).await?;
                    failures += 1;
                    (self.ask(piece).await?, true)
                }
            };
            let Progress::Upto(next) = progress else { return Ok(progress) };
            if next == piece.end() && piece.total.is_none() {
                return Ok(progress);
            }
            // An API that takes nothing of a piece, and does not say why, is not asked for ever.
            failures += u32::from(!failed && next <= at);
            if failures > FAILURES {
                return Err(Error::new(Code::ApiUnavailable, "the upload does not get on"));
            }
            at = piece.checked(next)?;
        }
    }

    /// Waits before the API is asked how far it is.
    async fn wait(&self, error: Error, failures: u32) -> Result<(), Error> {
        let [jitter] = random()?;
        let wait = retry::wait(&error, failures, true, jitter).filter(|_| failures < FAILURES);
        let Some(wait) = wait else { return Err(error) };
        self.client.grant().oauth.0.clock.sleep(wait).await;
        Ok(())
    }

    async fn put_from(&self, piece: &Piece, at: u64) -> Result<Progress, Error> {
        let request = self.request(&piece.range(at)).with_body(BINARY, piece.rest(at));
        // What became of an interrupted piece is asked first.
        progress(request.with_retries(0).send().await?)
    }

    /// How much the API has of it.
    async fn ask(&self, piece: &Piece) -> Result<Progress, Error> {
        let total = piece.total.map_or_else(|| "*".to_owned(), |total| total.to_string());
        progress(self.request(&format!("bytes */{total}")).send().await?)
    }

    fn request(&self, range: &str) -> ApiRequest {
        let request = self.client.request(Method::PUT, &self.url).resuming();
        request.with_header(header::CONTENT_RANGE.as_str(), range)
    }
}

const BINARY: &str = "application/octet-stream";

/// 308 says how far it is: `Range: bytes=0-{last}`, and nothing where it has nothing.
fn progress(answer: ApiResponse) -> Result<Progress, Error> {
    if answer.status() != StatusCode::PERMANENT_REDIRECT {
        return Ok(Progress::Done(Box::new(answer)));
    }
    let Some(range) = answer.headers().get(header::RANGE) else { return Ok(Progress::Upto(0)) };
    let last = range.to_str().ok().and_then(|range| range.strip_prefix("bytes=0-")?.parse().ok());
    let unread = || Error::new(Code::Api, "the API does not say how much of the upload it has");
    last.and_then(|last: u64| last.checked_add(1)).map(Progress::Upto).ok_or_else(unread)
}

impl<A: AsyncRead + Send + Unpin> Source<A> {
    /// The next bytes. One more is read ahead, since the last piece has to say that it is it.
    async fn piece(&mut self, from: u64, size: usize) -> Result<Piece, Error> {
        let mut bytes = std::mem::take(&mut self.ahead);
        let wanted = (size - bytes.len()) as u64 + 1;
        let read = (&mut self.content).take(wanted).read_to_end(&mut bytes).await;
        read.map_err(|error| {
            Error::new(Code::Api, "what is to be uploaded cannot be read").with_source(error)
        })?;
        self.ahead = bytes.split_off(size.min(bytes.len()));
        let total = self.ahead.is_empty().then(|| from + bytes.len() as u64);
        Ok(Piece { from, bytes: bytes.into(), total })
    }
}

impl Piece {
    fn end(&self) -> u64 {
        self.from + self.bytes.len() as u64
    }

    /// `Content-Range` from `at` on (RFC 9110 §14.4).
    fn range(&self, at: u64) -> String {
        let total = self.total.map_or_else(|| "*".to_owned(), |total| total.to_string());
        match self.end() {
            end if end == at => format!("bytes */{total}"),
            end => format!("bytes {at}-{}/{total}", end - 1),
        }
    }

    fn rest(&self, at: u64) -> Bytes {
        let sent = usize::try_from(at.saturating_sub(self.from)).unwrap_or(usize::MAX);
        self.bytes.slice(sent.min(self.bytes.len())..)
    }

    /// Where to go on, if that lies in this piece: what came before it is gone.
    fn checked(&self, next: u64) -> Result<u64, Error> {
        let here = self.from <= next && next <= self.end();
        let lost = || Error::new(Code::Api, "the API lost a part of the upload: begin it anew");
        here.then_some(next).ok_or_else(lost)
    }
}

impl fmt::Debug for ResumableUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumableUpload").field("piece", &self.piece).finish_non_exhaustive()
    }
}
