//! Visitors who never come back, and answers that nobody asked for, by the million.

use std::process::Command;

use axum::Router;
use http::header::{self, HeaderValue};
use tower::ServiceExt as _;

use crate::allocations;
use crate::app::{App, headers, request};
use crate::report::{Report, grouped};
use crate::requests::instructions;

const CROWD: u64 = 1_000_000;

pub fn measure(report: &mut Report) {
    report.table(
        "A flood",
        "So many visitors who are sent to the provider and never come back; then so many callbacks \
         that answer nothing: without a cookie, with a cookie of no authority, and with the cookie \
         of another authorization, in turns. Without a store, through axum's router.",
    );
    let number = grouped(&CROWD.to_string());
    let flooded = flooded();
    let [starts, callbacks, failures] = flooded[..] else { panic!("{flooded:?}") };
    let each = "bytes that stay for each of";
    report.at_most(&format!("{each} {number} visitors"), starts, 0.1, "");
    report.at_most(&format!("{each} {number} callbacks"), callbacks, 0.1, "");
    report.at_most("answers of 500 and above", failures, 0.0, "");
    let hit = instructions("/hit", "ada", 0);
    let junk = "/oauth/callback?code=x&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let what = "instructions of a callback that answers nothing, of those of a hit";
    report.at_most(what, instructions(junk, "nobody", 0) / hit, 40.0, "×");
}

fn flooded() -> Vec<f64> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["as", "flood", &CROWD.to_string()]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

/// A process of its own, so that nothing else is counted.
pub fn run_role(crowd: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let app = App::new(|builder| builder).await;
        let router = app.router();
        let (mut failures, flow) = (0, flow(&router).await);
        let mut figures = Vec::new();
        for callbacks in [false, true] {
            // What is made once is made.
            failures += wave(&router, 1_000, callbacks, &flow).await;
            let before = live();
            failures += wave(&router, crowd, callbacks, &flow).await;
            #[expect(clippy::cast_precision_loss, reason = "it is far below 2^53")]
            figures.push((live() - before) / crowd as f64);
        }
        println!("{} {} {failures}", figures[0], figures[1]);
    });
}

/// The bytes that the program holds: fewer afterwards, perhaps.
#[expect(clippy::cast_precision_loss, reason = "they are far below 2^53")]
fn live() -> f64 {
    allocations::live() as f64
}

/// The cookie of an authorization that is really pending.
async fn flow(router: &Router) -> HeaderValue {
    let answer = router.clone().oneshot(request("/refused", &headers(None))).await.unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    HeaderValue::from_str(cookie.split(';').next().unwrap()).unwrap()
}

async fn wave(router: &Router, count: u64, callbacks: bool, flow: &HeaderValue) -> u64 {
    let junk = HeaderValue::from_static("oauth-f-00000000=AAAAAAAAAAAAAAAA");
    let cookies = [None, Some(&junk), Some(flow)];
    let mut failures = 0;
    for number in 0..count {
        let (path, cookie) = if callbacks {
            let path = format!("/oauth/callback?code=x&state={number:043}");
            (path, cookies[usize::try_from(number % 3).unwrap()])
        } else {
            ("/refused".to_owned(), None)
        };
        let answer = router.clone().oneshot(request(&path, &headers(cookie))).await.unwrap();
        failures += u64::from(answer.status().is_server_error());
    }
    failures
}
