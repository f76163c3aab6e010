//! Requests per second over loopback, of two things in turns.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use http::HeaderValue;
use oauth_tests::databases;

use crate::app::headers;
use crate::report::Report;
use crate::servers::Served;

const ROUND: Duration = Duration::from_millis(150);
const PASSWORD: &str = "fake-password";
const ROUNDS: usize = 41;
/// Requests that are sent at once on a connection, so that the client is not what is measured.
const AT_ONCE: usize = 16;

/// A route of a server, and a connection to it.
struct Target {
    connection: TcpStream,
    requests: Vec<u8>,
    /// The length of one answer, which is always the same.
    answer: usize,
}

impl Target {
    fn new(served: &Served, path: &str) -> Self {
        let mut connection = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
        connection.set_nodelay(true).unwrap();
        let cookie = HeaderValue::from_str(&served.cookie).unwrap();
        let mut request = format!("GET {path} HTTP/1.1\r\n");
        for (name, value) in &headers(Some(&cookie)) {
            write!(request, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
        }
        request.push_str("\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        let mut buffer = [0; 4096];
        let answer = connection.read(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..answer]);
        assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("\r\n\r\nok"), "{text}");
        Self { connection, requests: request.repeat(AT_ONCE).into_bytes(), answer }
    }

    fn per_second(&mut self) -> f64 {
        let (begun, mut rounds) = (Instant::now(), 0_u32);
        let mut buffer = vec![0; self.answer * AT_ONCE];
        while begun.elapsed() < ROUND {
            self.connection.write_all(&self.requests).unwrap();
            self.connection.read_exact(&mut buffer).unwrap();
            rounds += 1;
        }
        f64::from(rounds) / begun.elapsed().as_secs_f64()
    }
}

/// The median of what `one` does in the time in which `other` does one.
fn ratio(mut one: Target, mut other: Target) -> f64 {
    let _ = (one.per_second(), other.per_second());
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            // Neither is always the first.
            if round % 2 == 0 {
                let first = one.per_second();
                first / other.per_second()
            } else {
                let first = other.per_second();
                one.per_second() / first
            }
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}

pub fn measure_hits() -> f64 {
    let served = Served::start("", "");
    ratio(Target::new(&served, "/hit"), Target::new(&served, "/bare"))
}

pub fn measure_stores(report: &mut Report) {
    report.table(
        "A request that has all it needs, over a store",
        "As above, against the same with rows in memory: two server processes, in turns. Every \
         second the rows are asked of the store anew.",
    );
    let memory = Served::start("", "");
    let (postgres, redis) = (databases::postgres(PASSWORD), databases::redis(PASSWORD));
    let sqlite = folder();
    let places = [
        ("sqlite", sqlite.join("tokens.db").display().to_string()),
        ("postgres", databases::postgres_url(&postgres, "app", PASSWORD, "postgres")),
        ("redis", databases::redis_url(&redis, PASSWORD)),
    ];
    for (store, place) in places {
        let served = Served::start(store, &place);
        let ratio = ratio(Target::new(&served, "/hit"), Target::new(&memory, "/hit"));
        report.at_least(&format!("requests per second over {store}"), ratio, 0.9, "");
    }
    drop(std::fs::remove_dir_all(&sqlite));
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("oauth-measure-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
