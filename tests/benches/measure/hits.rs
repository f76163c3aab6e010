//! The authorized path: a request that has all it needs.

use axum::extract::FromRequestParts as _;
use oauth_runtime::{Token, scope};
use tower::ServiceExt as _;

use crate::allocations;
use crate::app::{App, headers, request};
use crate::report::Report;
use crate::requests::instructions;
use crate::throughput::measure_hits;

pub fn measure(report: &mut Report) {
    report.table(
        "A request that has all it needs",
        "The same handler with `#[requires_scopes]` and without, with the same seventeen headers. \
         Instructions are counted by callgrind over 11,000 requests less those of 1,000, through \
         axum's router in one process. Requests per second are counted over loopback with \
         keep-alive, at two routes of one server process, in turns; what stands here is the median \
         of the ratios.",
    );
    let (bare, hit) = (instructions("/bare", "ada", 0), instructions("/hit", "ada", 0));
    report.figure("instructions of a request to bare axum", bare, "");
    report.at_most("instructions more for the authorized path", hit - bare, 4_000.0, "");
    report.at_least("requests per second, of those of bare axum", measure_hits(), 0.9, "");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (allocations, set_cookies) = runtime.block_on(counts());
    report.exactly("heap allocations of the extractor", allocations, 0);
    report.exactly("`Set-Cookie` headers", set_cookies, 0);
    report.remark(
        "Prototypes of the same with other libraries, measured once on another machine of the \
         same kind: `PrivateCookieJar` 21,000 instructions more and 0.71 of the requests per \
         second, tower-sessions 27,000 and 0.58, axum-login 61,000 and 0.39.",
    );
}

async fn counts() -> (u64, u64) {
    let app = App::new(|builder| builder).await;
    let headers = headers(Some(&app.cookie));
    let (mut parts, _) = request("/hit", &headers).into_parts();
    parts.extensions.insert(axum::extract::OriginalUri(parts.uri.clone()));
    let before = allocations::calls();
    let token = Token::<scope::DriveFile>::from_request_parts(&mut parts, &app.oauth).await;
    let allocated = allocations::calls() - before;
    assert!(token.is_ok());
    let response = app.router().oneshot(request("/hit", &headers)).await.unwrap();
    assert_eq!(response.status(), 200);
    let set_cookies = response.headers().get_all("set-cookie").iter().count();
    (allocated as u64, set_cookies as u64)
}
