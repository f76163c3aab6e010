//! A server on loopback that answers what a test says, byte for byte.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

/// How a connection ends after the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    /// Nothing more comes, and the connection stays open.
    Stall,
    /// The bytes' last kilobyte comes again and again.
    Repeat,
}

/// It stops when it is dropped.
pub(crate) struct Server {
    pub(crate) origin: Url,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

type Answer = dyn Fn(&str) -> (Vec<u8>, End) + Send + Sync;

struct Shared {
    requests: watch::Sender<Vec<String>>,
    held: watch::Sender<bool>,
    /// How many requests are under way, and were at most.
    at_once: Mutex<(usize, usize)>,
    answer: Box<Answer>,
}

impl Server {
    pub(crate) async fn start<F>(answer: F) -> Self
    where
        F: Fn(&str) -> (Vec<u8>, End) + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}/", listener.local_addr().unwrap());
        let (requests, held) = (watch::Sender::new(Vec::new()), watch::Sender::new(false));
        let (at_once, answer) = (Mutex::default(), Box::new(answer));
        let shared = Arc::new(Shared { requests, held, at_once, answer });
        let serving = shared.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = serving.clone();
                // A client that hangs up early is part of the tests.
                connections.spawn(async move { drop(shared.serve(stream).await) });
            }
        });
        Self { origin: Url::parse(&origin).unwrap(), shared, task }
    }

    pub(crate) async fn fixed(bytes: impl Into<Vec<u8>>, end: End) -> Self {
        let bytes = bytes.into();
        Self::start(move |_| (bytes.clone(), end)).await
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.requests.borrow().clone()
    }

    /// Returns once that many requests have come.
    pub(crate) async fn arrived(&self, count: usize) {
        let mut requests = self.shared.requests.subscribe();
        requests.wait_for(|requests| requests.len() >= count).await.unwrap();
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.at_once.lock().unwrap().1
    }

    /// Takes requests but answers none until it is told to.
    pub(crate) fn hold(&self) {
        self.shared.held.send_replace(true);
    }

    pub(crate) fn release(&self) {
        self.shared.held.send_replace(false);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let request = read_request(&mut stream).await?;
        {
            let (now, most) = &mut *self.at_once.lock().unwrap();
            *now += 1;
            *most = (*now).max(*most);
        }
        self.requests.send_modify(|requests| requests.push(request.clone()));
        self.held.subscribe().wait_for(|held| !held).await.unwrap();
        self.at_once.lock().unwrap().0 -= 1;
        let (bytes, end) = (self.answer)(&request);
        stream.write_all(&bytes).await?;
        match end {
            End::Close => stream.shutdown().await,
            End::Stall => std::future::pending().await,
            End::Repeat => loop {
                stream.write_all(&bytes[bytes.len().saturating_sub(1024)..]).await?;
            },
        }
    }
}

/// A whole answer with a body.
pub(crate) fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut request = Vec::new();
    loop {
        let mut chunk = [0; 1024];
        let count = stream.read(&mut chunk).await?;
        request.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        // A TLS greeting is answered as it is.
        if count == 0 || text.starts_with('\x16') || is_whole(&text) {
            return Ok(text);
        }
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    length.is_none_or(|length| body.len() >= length.trim().parse().unwrap())
}
