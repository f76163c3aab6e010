use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::clock::{ManualClock, Timestamp};
use crate::fake::{Endpoint, FakeGoogle, Fault, Gate};

const CERTS: &str = "/oauth2/v3/certs";

fn port(google: &FakeGoogle) -> u16 {
    google.origin().rsplit(':').next().unwrap().parse().unwrap()
}

async fn connect(google: &FakeGoogle) -> std::io::Result<TcpStream> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port(google))).await
}

/// What the server writes until it closes the connection.
async fn get(google: &FakeGoogle, path: &str) -> String {
    let mut stream = connect(google).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has answered what it has answered.
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn it_answers_on_loopback_until_the_last_handle_is_gone() {
    let google = FakeGoogle::start().await.unwrap();
    let clone = google.clone();
    let address = (Ipv4Addr::LOCALHOST, port(&google));
    drop(google);
    assert!(get(&clone, CERTS).await.starts_with("HTTP/1.1 200 OK"));
    let mut idle = connect(&clone).await.unwrap();
    drop(clone);
    assert_eq!(idle.read(&mut [0]).await.unwrap(), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let google = FakeGoogle::start().await.unwrap();
    let second = FakeGoogle::builder().with_port(port(&google)).start().await;
    let error = second.unwrap_err();
    assert!(error.text().ends_with(&port(&google).to_string()), "{error}");
    assert_eq!(error.code(), "config_option");
}

#[tokio::test]
async fn a_dropped_call_gets_not_a_byte() {
    let google = FakeGoogle::start().await.unwrap();
    google.fault(Endpoint::Keys, Fault::Drop);
    google.fault(Endpoint::Keys, Fault::LoseAnswer);
    assert_eq!(get(&google, CERTS).await, "");
    assert_eq!(get(&google, CERTS).await, "");
    assert!(get(&google, CERTS).await.contains("\"kty\":\"RSA\""));
    assert_eq!(google.calls(Endpoint::Keys), 3);
}

#[tokio::test]
async fn a_held_call_waits_for_its_gate_and_others_pass() {
    let google = FakeGoogle::start().await.unwrap();
    let gate = Gate::new();
    google.fault(Endpoint::Keys, Fault::Hold(gate.clone()));
    let held = tokio::spawn({
        let google = google.clone();
        async move { get(&google, CERTS).await }
    });
    gate.waiting(1).await;
    assert!(get(&google, CERTS).await.contains("200 OK"));
    assert!(!held.is_finished());
    gate.open();
    assert!(held.await.unwrap().contains("200 OK"));
}

#[tokio::test]
async fn a_stalled_call_and_a_held_one_end_with_the_server() {
    let google = FakeGoogle::start().await.unwrap();
    google.fault(Endpoint::Keys, Fault::Stall);
    google.fault(Endpoint::Keys, Fault::Hold(Gate::new()));
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&google).await.unwrap();
        let request = format!("GET {CERTS} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    while google.calls(Endpoint::Keys) < 2 {
        tokio::task::yield_now().await;
    }
    drop(google);
    for mut stream in streams {
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        assert_eq!(answer, b"");
    }
}

#[tokio::test]
async fn a_delayed_call_waits_by_the_clock_of_the_server() {
    let clock = ManualClock::at(Timestamp::from_unix_seconds(1_700_000_000));
    let google = FakeGoogle::builder().with_clock(clock.clone()).start().await.unwrap();
    google.fault(Endpoint::Keys, Fault::Delay(Duration::from_secs(5)));
    let delayed = tokio::spawn({
        let google = google.clone();
        async move { get(&google, CERTS).await }
    });
    while google.calls(Endpoint::Keys) < 1 {
        tokio::task::yield_now().await;
    }
    assert!(get(&google, CERTS).await.contains("200 OK"));
    assert!(!delayed.is_finished());
    clock.advance(Duration::from_secs(5));
    assert!(delayed.await.unwrap().contains("200 OK"));
}
