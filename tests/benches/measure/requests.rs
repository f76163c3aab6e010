//! Requests to the app in one process, counted in instructions from outside of it.

use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};

use axum::Router;
use http::HeaderMap;
use tower::Service as _;

use crate::app::{App, headers, request};

const FEW: u64 = 1_000;
const MANY: u64 = 11_000;

/// Instructions of one request to `path`, as somebody who is signed in or as nobody. `others`
/// are signed in besides.
pub fn instructions(path: &str, who: &str, others: u32) -> f64 {
    let path = format!("{path}@{who}");
    let [few, many] = [FEW, MANY].map(|requests| callgrind(&path, requests, others));
    #[expect(clippy::cast_precision_loss, reason = "they are far below 2^53")]
    let each = (many - few) as f64 / (MANY - FEW) as f64;
    each.round()
}

/// All instructions inside of [`run_loop`].
fn callgrind(path: &str, requests: u64, others: u32) -> u64 {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*run_loop*"]);
    command.arg("--callgrind-out-file=/dev/null").arg(std::env::current_exe().unwrap());
    command.args(["as", "loop", path, &requests.to_string(), &others.to_string()]);
    let output = command.output().expect("valgrind is needed: `apt-get install valgrind`");
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = line.unwrap_or_else(|| panic!("callgrind said nothing: {said}"));
    let count = count.trim().parse().unwrap();
    assert!(count > requests, "callgrind counted nothing");
    count
}

/// The role in which this program is counted.
pub fn run_role(path: &str, requests: u64, others: u64) {
    let (path, who) = path.split_once('@').unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let app = App::new(|builder| builder).await;
        let others = u32::try_from(others).unwrap();
        drop(app.oauth.sign_in_many(0, others).await.unwrap());
        let cookie = (who == "ada").then_some(&app.cookie);
        run_loop(app.router(), path, &headers(cookie), requests);
    });
}

/// Nothing on these paths waits, so that no runtime is counted.
#[inline(never)]
fn run_loop(mut router: Router, path: &str, headers: &HeaderMap, requests: u64) {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..requests {
        let mut answer = pin!(router.call(request(path, headers)));
        match answer.as_mut().poll(&mut context) {
            Poll::Ready(response) => drop(std::hint::black_box(response)),
            Poll::Pending => panic!("{path} waits for something"),
        }
    }
}
