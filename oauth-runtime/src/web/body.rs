//! The bodies that our own routes read.

use std::time::Duration;

use axum::body::Bytes;
use axum::body::{Body, to_bytes};
use http::StatusCode;

use crate::oauth::OAuth;

/// How long a body may be under way. Ours are 64 KiB at most, which a slow phone sends in less;
/// whoever sends a byte now and then would hold a connection and a buffer for ever.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// The whole body, or the status for one that is longer than `most` bytes or does not arrive.
pub(super) async fn whole(oauth: &OAuth, body: Body, most: usize) -> Result<Bytes, StatusCode> {
    tokio::select! {
        biased;
        read = to_bytes(body, most) => read.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE),
        () = oauth.0.clock.sleep(ARRIVES_WITHIN) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}
