//! What the server was asked.

use super::fault::Endpoint;

/// A request as it arrived, kept so that a test can look at it.
///
/// ```
/// use oauth_runtime::fake::{Endpoint, FakeGoogle};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// let google = FakeGoogle::start().await?;
/// // … after the app has exchanged a code:
/// for request in google.requests(Endpoint::Token) {
///     assert_eq!((request.method(), request.path()), ("POST", "/token"));
///     assert!(request.field("code_verifier").is_some());
///     assert!(request.header("accept").is_some());
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRequest {
    method: String,
    path: String,
    fields: Vec<(String, String)>,
    headers: Vec<(String, String)>,
}

impl RecordedRequest {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        Self { method, path, fields: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn with_fields(mut self, fields: Vec<(String, String)>) -> Self {
        self.fields = fields;
        self
    }

    pub(crate) fn with_headers(mut self, headers: Vec<(String, String)>) -> Self {
        self.headers = headers;
        self
    }

    /// The method, in capitals.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The parameters of the query, then those of a form body, decoded and in their order.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The first parameter of that name.
    pub fn field(&self, name: &str) -> Option<&str> {
        first(&self.fields, name)
    }

    /// The first header of that name, which is given in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// All requests since the start, or since a test cleared them.
#[derive(Default)]
pub(crate) struct Log(Vec<(Endpoint, RecordedRequest)>);

impl Log {
    pub(crate) fn push(&mut self, endpoint: Endpoint, request: RecordedRequest) {
        self.0.push((endpoint, request));
    }

    pub(crate) fn of(&self, endpoint: Endpoint) -> Vec<RecordedRequest> {
        let same = self.0.iter().filter(|(called, _)| *called == endpoint);
        same.map(|(_, request)| request.clone()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
