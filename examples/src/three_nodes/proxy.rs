//! A proxy that gives each request to the next node, whoever sends it: nothing is sticky.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::demo::Failure;

/// The longest request that it passes on, in bytes.
const LONGEST: usize = 1024 * 1024;
/// What is about the connection and not about the message (RFC 9110 §7.6.1).
const OF_THE_CONNECTION: [header::HeaderName; 5] =
    [header::CONNECTION, header::TE, header::TRAILER, header::TRANSFER_ENCODING, header::UPGRADE];

/// The proxy, which ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    origin: String,
    nodes: Arc<Nodes>,
    server: JoinHandle<()>,
}

/// On which port each node listens, if it does.
#[derive(Debug)]
pub struct Nodes {
    ports: Mutex<Vec<Option<u16>>>,
    next: AtomicUsize,
}

impl Nodes {
    /// Says where a node listens now; `None` if it has ended.
    pub fn set(&self, node: usize, port: Option<u16>) {
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = ports.get_mut(node) {
            *known = port;
        }
    }

    /// All that listen, the one whose turn it is first.
    fn in_turn(&self) -> Vec<u16> {
        let ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        let first = self.next.fetch_add(1, Ordering::Relaxed) % ports.len().max(1);
        let (later, sooner) = ports.split_at(first);
        sooner.iter().chain(later).copied().flatten().collect()
    }
}

#[derive(Clone)]
struct Passing {
    nodes: Arc<Nodes>,
    http: reqwest::Client,
}

impl Proxy {
    /// A proxy on this port in front of so many nodes. Port 0 lets the system choose.
    ///
    /// # Errors
    /// If the port is taken.
    pub async fn start(port: u16, nodes: usize) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let origin = format!("http://localhost:{}", listener.local_addr()?.port());
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.no_proxy().build()?;
        let nodes = Arc::new(Nodes { ports: vec![None; nodes].into(), next: 0.into() });
        let app = Router::new().fallback(pass).with_state(Passing { nodes: nodes.clone(), http });
        let server = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { origin, nodes, server })
    }

    /// Where people reach the app.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The nodes behind it.
    pub fn nodes(&self) -> Arc<Nodes> {
        self.nodes.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A node that refuses the connection has not seen the request, so that another may have it. One
/// that dies with the request in hand may have done it: that is for the person to decide.
async fn pass(State(passing): State<Passing>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    for port in passing.nodes.in_turn() {
        match send(&passing.http, port, &parts, body.clone()).await {
            Ok(response) => return response,
            Err(error) if error.is_connect() => {}
            Err(_) => return own(StatusCode::BAD_GATEWAY, "A node died. Try again."),
        }
    }
    own(StatusCode::SERVICE_UNAVAILABLE, "No node is there. Try again in a moment.")
}

/// What the proxy itself has to say.
fn own(status: StatusCode, text: &'static str) -> Response {
    (status, [("x-served-by", "proxy")], text).into_response()
}

async fn send(
    http: &reqwest::Client,
    port: u16,
    parts: &Parts,
    body: Bytes,
) -> reqwest::Result<Response> {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let request = http.request(parts.method.clone(), format!("http://127.0.0.1:{port}{target}"));
    let answer = request.headers(end_to_end(&parts.headers)).body(body).send().await?;
    let (status, headers) = (answer.status(), end_to_end(answer.headers()));
    let mut response = Response::new(Body::from(answer.bytes().await?));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    // It is counted anew.
    headers.remove(header::CONTENT_LENGTH);
    headers
}
