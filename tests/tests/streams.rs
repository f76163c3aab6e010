//! What outlives a request: a WebSocket and a stream of events, guarded before they begin and
//! with a token that lives while they last.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures_util::{SinkExt as _, Stream, StreamExt as _, stream};
use http::HeaderValue;
use http::header::COOKIE;
use oauth_runtime::fake::{Endpoint, FakeGoogle};
use oauth_runtime::{ManualClock, Timestamp, Token, requires_scopes};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message as Sent};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// The token as each message finds it, or why there is none any longer.
async fn current(token: &mut Token<socket>) -> String {
    match token.fresh().await {
        Ok(fresh) => {
            *token = fresh;
            token.access_token().to_owned()
        }
        Err(error) => error.code().to_owned(),
    }
}

#[requires_scopes("drive.file", why = "show what changes in your Drive")]
async fn socket(token: Token, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| answer(socket, token))
}

async fn answer(mut socket: WebSocket, mut token: Token<socket>) {
    while let Some(Ok(Message::Text(_))) = socket.recv().await {
        let text = current(&mut token).await;
        if socket.send(Message::Text(text.into())).await.is_err() {
            return;
        }
    }
}

#[requires_scopes("drive.file")]
async fn events(token: Token) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stream = stream::once(async move { Ok(Event::default().data(token.access_token())) });
    Sse::new(stream)
}

struct World {
    fake: FakeGoogle,
    clock: ManualClock,
    origin: String,
    cookie: HeaderValue,
    server: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    async fn new(scopes: &[&str]) -> Self {
        let clock = ManualClock::at(Timestamp::from_unix_seconds(1_790_000_000));
        let fake = FakeGoogle::builder().with_clock(clock.clone()).start().await.unwrap();
        let oauth = fake.oauth().unwrap();
        let cookie = fake.sign_in("ada@example.com").granting(scopes.iter().copied()).await;
        let app = Router::new().route("/socket", get(socket)).route("/events", get(events));
        let app = app.merge(oauth.routes()).with_state(oauth);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("localhost:{}", listener.local_addr().unwrap().port());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { fake, clock, origin, cookie: cookie.unwrap(), server }
    }

    async fn connect(&self) -> Result<Socket, SocketError> {
        let mut request = format!("ws://{}/socket", self.origin).into_client_request().unwrap();
        request.headers_mut().insert(COOKIE, self.cookie.clone());
        connect_async(request).await.map(|(socket, _)| socket)
    }

    async fn events(&self) -> reqwest::Response {
        let request = reqwest::Client::new().get(format!("http://{}/events", self.origin));
        let request = request.header(COOKIE, &self.cookie).header("accept", "text/event-stream");
        request.send().await.unwrap()
    }

    async fn sign_out(&self) {
        let request = reqwest::Client::new().post(format!("http://{}/oauth/sign-out", self.origin));
        let request = request.header(COOKIE, &self.cookie).header("sec-fetch-site", "same-origin");
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
}

async fn ask(socket: &mut Socket) -> String {
    socket.send(Sent::Text("now".into())).await.unwrap();
    socket.next().await.unwrap().unwrap().into_text().unwrap().to_string()
}

/// One socket, while its first token ends and until the person signs out.
#[tokio::test]
async fn a_socket_has_a_token_that_lives_as_long_as_the_person_stays() {
    let world = World::new(&["drive.file"]).await;
    let mut socket = world.connect().await.unwrap();
    let first = ask(&mut socket).await;
    assert_eq!(ask(&mut socket).await, first);
    world.clock.advance(Duration::from_secs(3600));
    let second = ask(&mut socket).await;
    assert_ne!(second, first);
    assert!(second.starts_with("ya29."), "{second}");
    assert_eq!(world.fake.calls(Endpoint::Token), 1, "one refresh");
    world.sign_out().await;
    assert_eq!(ask(&mut socket).await, "sign_in_required");
}

/// G4: a socket that may not be opened is refused before it is, and sent nowhere.
#[tokio::test]
async fn a_socket_without_its_scope_is_refused_before_it_opens() {
    let mut world = World::new(&[]).await;
    for (status, code) in [(403, "consent_required"), (401, "sign_in_required")] {
        let Err(SocketError::Http(refused)) = world.connect().await else { panic!("it opened") };
        assert_eq!(refused.status(), status);
        assert!(refused.headers().get("location").is_none());
        let body: serde_json::Value =
            serde_json::from_slice(refused.body().as_deref().unwrap()).unwrap();
        assert_eq!(body["code"], code);
        // An EventSource is told the same.
        let events = world.events().await;
        assert_eq!((events.status().as_u16(), events.headers().get("location")), (status, None));
        let problem: serde_json::Value =
            serde_json::from_slice(&events.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["code"], code);
        world.cookie = HeaderValue::from_static("theme=dark");
    }
}

#[tokio::test]
async fn events_flow_to_whoever_granted_the_scope() {
    let world = World::new(&["drive.file"]).await;
    let events = world.events().await;
    assert_eq!(events.status(), 200);
    let text = String::from_utf8(events.bytes().await.unwrap().to_vec()).unwrap();
    assert!(text.starts_with("data: ya29."), "{text}");
}
