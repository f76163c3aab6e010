//! Single answers that go wrong.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// A part of the server whose calls are counted and can be made to fail.
///
/// ```
/// use oauth_runtime::fake::{Endpoint, FakeGoogle};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// let google = FakeGoogle::start().await?;
/// google.sign_in("ada@example.com").await?; // needs no pages, and no calls
/// assert_eq!(google.calls(Endpoint::Token), 0);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The authorization endpoint, with its pages.
    Authorization,
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revocation,
    /// The userinfo endpoint.
    UserInfo,
    /// The key set.
    Keys,
    /// The discovery document.
    Discovery,
    /// Drive, with its uploads.
    Drive,
    /// Calendar.
    Calendar,
}

impl Endpoint {
    /// The endpoint that a path belongs to.
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/o/oauth2/v2/auth" => Self::Authorization,
            "/token" => Self::Token,
            "/revoke" => Self::Revocation,
            "/v1/userinfo" => Self::UserInfo,
            "/oauth2/v3/certs" => Self::Keys,
            "/.well-known/openid-configuration" => Self::Discovery,
            _ if path.starts_with("/drive/") || path.starts_with("/upload/drive/") => Self::Drive,
            _ if path.starts_with("/calendar/") => Self::Calendar,
            _ => return None,
        })
    }
}

/// What goes wrong with one call.
///
/// ```
/// use oauth_runtime::fake::{Endpoint, FakeGoogle, Fault};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// let google = FakeGoogle::start().await?;
/// // The next call fails, the one after it is answered late, and then all is well.
/// google.fault(Endpoint::Token, Fault::Status(503));
/// google.fault(Endpoint::Token, Fault::Delay(std::time::Duration::from_secs(2)));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// An empty answer with this status.
    Status(u16),
    /// 503 with `Retry-After` in seconds.
    RetryAfter(u64),
    /// An OAuth error with this name: 401 for `invalid_client`, 400 else.
    OAuthError(&'static str),
    /// A page of HTML with status 200.
    Malformed,
    /// 16 MiB of JSON.
    Huge,
    /// No answer until the server stops.
    Stall,
    /// The connection is closed without an answer; nothing has been done.
    Drop,
    /// The call is carried out, and the connection closed without an answer.
    LoseAnswer,
    /// The call waits this long, by the server's clock, and is then carried out.
    Delay(Duration),
    /// The call waits until the gate is open, and is then carried out.
    Hold(Gate),
    /// 403, the API is not enabled for the project.
    ServiceDisabled,
    /// 429, too many calls.
    RateLimited,
    /// 403, the token lacks a scope, as far as this API can tell.
    MissingScope,
    /// 403, the account may not do this with this file.
    FilePermissions,
    /// 403, the administrator of the account's domain forbids it.
    DomainPolicy,
    /// This answer, whatever it is: for the words of an API that the fake does not speak.
    ///
    /// ```
    /// use oauth_runtime::fake::Fault;
    ///
    /// let answer = http::Response::builder().status(403).header("retry-after", "5");
    /// # let _ =
    /// Fault::Answer(answer.body("{}".to_owned()).unwrap())
    /// # ;
    /// ```
    Answer(http::Response<String>),
}

/// A gate that holds calls back until a test opens it.
///
/// ```
/// # use oauth_runtime::fake::{Endpoint, FakeGoogle, Fault, Gate};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// let google = FakeGoogle::start().await?;
/// let gate = Gate::new();
/// google.fault(Endpoint::Token, Fault::Hold(gate.clone()));
/// // … start a refresh, then `gate.waiting(1).await`, look around, and let it go on:
/// gate.open();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Gate(Arc<GateState>);

struct GateState {
    open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        let (open, waiting) = (watch::Sender::new(false), watch::Sender::new(0));
        Self(Arc::new(GateState { open, waiting }))
    }

    /// Lets everybody through, for good.
    pub fn open(&self) {
        self.0.open.send_replace(true);
    }

    /// Returns once `calls` calls have come to the gate since it was made.
    pub async fn waiting(&self, calls: usize) {
        // The sender lives in `self`, so the wait cannot end with an error.
        drop(self.0.waiting.subscribe().wait_for(|count| *count >= calls).await);
    }

    pub(crate) async fn pass(&self) {
        self.0.waiting.send_modify(|count| *count += 1);
        drop(self.0.open.subscribe().wait_for(|open| *open).await);
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("open", &*self.0.open.borrow()).finish_non_exhaustive()
    }
}

/// The faults still to come, first in, first out.
#[derive(Default)]
pub(crate) struct Script(HashMap<Endpoint, VecDeque<Fault>>);

impl Script {
    pub(crate) fn push(&mut self, endpoint: Endpoint, fault: Fault) {
        self.0.entry(endpoint).or_default().push_back(fault);
    }

    pub(crate) fn next(&mut self, endpoint: Endpoint) -> Option<Fault> {
        self.0.get_mut(&endpoint)?.pop_front()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_belongs_to_its_endpoint() {
        let table = [
            ("/o/oauth2/v2/auth", Some(Endpoint::Authorization)),
            ("/token", Some(Endpoint::Token)),
            ("/drive/v3/files/abc", Some(Endpoint::Drive)),
            ("/upload/drive/v3/files", Some(Endpoint::Drive)),
            ("/calendar/v3/calendars/primary/events", Some(Endpoint::Calendar)),
            ("/tokens", None),
            ("/style.css", None),
        ];
        for (path, endpoint) in table {
            assert_eq!(Endpoint::of(path), endpoint, "{path}");
        }
    }

    #[test]
    fn faults_come_once_in_their_order() {
        let mut script = Script::default();
        script.push(Endpoint::Token, Fault::Status(500));
        script.push(Endpoint::Token, Fault::Malformed);
        assert!(script.next(Endpoint::Keys).is_none());
        assert!(matches!(script.next(Endpoint::Token), Some(Fault::Status(500))));
        assert!(matches!(script.next(Endpoint::Token), Some(Fault::Malformed)));
        assert!(script.next(Endpoint::Token).is_none());
    }

    #[tokio::test]
    async fn a_gate_holds_until_it_is_opened_and_tells_who_waits() {
        let gate = Gate::new();
        let waiter = tokio::spawn({
            let gate = gate.clone();
            async move { gate.pass().await }
        });
        gate.waiting(1).await;
        assert!(!waiter.is_finished());
        gate.open();
        waiter.await.unwrap();
        gate.pass().await;
    }
}
