//! What stands between the network and the routes: the guard of the host, the log, the faults.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;
use tokio::sync::watch;

use super::answers::{self, answer};
use super::api::ApiError;
use super::fault::{Endpoint, Fault};
use super::fields::Fields;
use super::kept::Memory;
use super::line::Hangup;
use super::record::RecordedRequest;
use super::world::World;
use crate::clock::{Clock, Timestamp};
use crate::web::is_local;

const BODY_LIMIT: usize = 32 << 20;
const HUGE: usize = 16 << 20;

/// What every request handler shares.
#[derive(Clone)]
pub(crate) struct Rim {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The file that the world is kept in, if any.
    pub(crate) memory: Option<Arc<Mutex<Memory>>>,
    /// Its sender lives in the handle: when that is dropped, the server stops.
    pub(crate) stop: watch::Receiver<()>,
}

impl Rim {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Writes what a request changed, before its answer is seen.
    fn keep(&self) {
        if let Some(memory) = &self.memory {
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            memory.keep(&self.world());
        }
    }

    /// Returns when the last handle is gone.
    pub(crate) async fn stopped(mut self) {
        while self.stop.changed().await.is_ok() {}
    }

    async fn call(
        &self,
        request: Request,
        next: Next,
        fault: Fault,
        line: Option<Hangup>,
    ) -> Response {
        let goes_on = match fault {
            Fault::Stall => self.wait(pending()).await,
            Fault::Delay(wait) => self.wait(self.clock.sleep(wait)).await,
            Fault::Hold(gate) => self.wait(gate.pass()).await,
            Fault::LoseAnswer => {
                drop(next.run(request).await);
                return hang_up(line);
            }
            Fault::Drop => false,
            other => return broken(&other),
        };
        if goes_on { next.run(request).await } else { hang_up(line) }
    }

    /// Whether the wait ended before the server did.
    async fn wait(&self, ended: impl Future<Output = ()>) -> bool {
        tokio::select! {
            () = ended => true,
            () = self.clone().stopped() => false,
        }
    }
}

pub(crate) fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes the connection; without one, in a test of the router, there is an empty answer.
fn hang_up(line: Option<Hangup>) -> Response {
    if let Some(line) = line {
        line.hang_up();
    }
    answer(500, &[], Body::empty())
}

/// The answer of a fault that does not look at the request.
fn broken(fault: &Fault) -> Response {
    match fault {
        Fault::Status(status) => answer(*status, &[], Body::empty()),
        Fault::RetryAfter(seconds) => {
            answer(503, &[(RETRY_AFTER, seconds.to_string().as_str())], Body::empty())
        }
        Fault::OAuthError(error) => {
            let status = if *error == "invalid_client" { 401 } else { 400 };
            answers::json(
                status,
                &json!({ "error": error, "error_description": "a fault of a test" }),
            )
        }
        Fault::Malformed => answers::page(200, "<!doctype html><title>Something else</title>"),
        Fault::Huge => {
            let headers = [(CONTENT_TYPE, "application/json")];
            answer(200, &headers, vec![b' '; HUGE])
        }
        Fault::ServiceDisabled => answers::api_error(&ApiError::service_disabled()),
        Fault::RateLimited => answers::api_error(&ApiError::rate_limited()),
        Fault::MissingScope => answers::api_error(&ApiError::wants_more()),
        Fault::FilePermissions => answers::api_error(&ApiError::file_permissions()),
        Fault::DomainPolicy => answers::api_error(&ApiError::domain_policy()),
        Fault::Answer(answer) => answer.clone().map(Body::from),
        _ => answer(500, &[], Body::empty()),
    }
}

/// Answers only those who mean this machine: a page of another site, brought here by a name
/// that points to loopback, names itself in `Host`.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    if is_local(request.uri().authority(), request.headers()) {
        return next.run(request).await;
    }
    answers::page(421, "this server answers on localhost only")
}

/// Notes the request, and plays the next fault of its endpoint.
pub(crate) async fn script(State(rim): State<Rim>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return answer(413, &[], Body::empty());
    };
    let fault = Endpoint::of(parts.uri.path()).and_then(|endpoint| {
        let mut world = rim.world();
        world.log.push(endpoint, recorded(&parts, &body));
        world.script.next(endpoint)
    });
    let line = parts.extensions.get::<ConnectInfo<Hangup>>().map(|info| info.0.clone());
    let request = Request::from_parts(parts, Body::from(body));
    let response = match fault {
        Some(fault) => rim.call(request, next, fault, line).await,
        None => next.run(request).await,
    };
    rim.keep();
    response
}

fn recorded(parts: &Parts, body: &Bytes) -> RecordedRequest {
    let mut fields = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    if is_form(&parts.headers) {
        fields.extend(Fields::parse(body));
    }
    let headers = parts.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    RecordedRequest::new(parts.method.as_str(), parts.uri.path())
        .with_fields(fields.into_pairs())
        .with_headers(headers.collect())
}

pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let essence = header(headers, "content-type").and_then(|value| value.split(';').next());
    essence.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// A header's value, if it is text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
