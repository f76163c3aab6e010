//! The connection: how it is made anew, how long anybody waits, what is said when it fails.

use std::io;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, RedisError,
    RedisResult, ServerErrorKind,
};

use super::super::remote::within;
use super::PRODUCT;
use crate::error::Error;
use crate::shown;

/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_millis(1_500);
/// How long a request waits for the server, a reconnection included.
const OPERATION: Duration = Duration::from_millis(1_800);
/// A lost connection is tried again this often, at first at once and then every second.
const RETRIES: usize = 60;

/// Neither the user nor the password: where it lies, and the number of the database.
pub(super) fn name_of(info: &ConnectionInfo) -> String {
    let place = match info.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            format!("{}:{port}", shown::part(host))
        }
        ConnectionAddr::Unix(path) => shown::path(path),
        _ => "an address of another kind".to_owned(),
    };
    format!("{PRODUCT}, {place}/{}", info.redis_settings().db())
}

/// One connection for everybody, which is made anew when it is lost.
pub(super) async fn managed(info: ConnectionInfo) -> RedisResult<ConnectionManager> {
    #[cfg(target_os = "linux")] // elsewhere a peer that vanished is noticed minutes later
    let info = {
        let settings = info.tcp_settings().clone().set_user_timeout(ANSWER);
        info.set_tcp_settings(settings)
    };
    let client = Client::open(info)?;
    // The manager alone would try for a minute.
    let once = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWER))
        .set_response_timeout(Some(ANSWER));
    drop(client.get_multiplexed_async_connection_with_config(&once).await?);
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(ANSWER))
        .set_response_timeout(Some(ANSWER))
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_secs(1))
        .set_number_of_retries(RETRIES);
    ConnectionManager::new_lazy_with_config(client, config)
}

pub(super) async fn bounded<T>(work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let timed_out = || Err(io::Error::from(io::ErrorKind::TimedOut).into());
    within(OPERATION, work).await.unwrap_or_else(timed_out)
}

/// What fails while the app runs.
pub(super) fn failed(name: &str, error: RedisError) -> Error {
    let help = match error.code() {
        Some("OOM") => "the memory of the server is full: give it more (`maxmemory`)",
        Some("READONLY") => "the server takes no writes: is it a replica?",
        Some("MISCONF") => "the server cannot save to its disk: make room there",
        Some("NOPERM") => {
            "the user needs the right to run scripts, and to all keys that begin with the prefix"
        }
        _ => "the next try may succeed",
    };
    Error::store(name, error).with_help(help)
}

pub(super) fn unusable(name: &str, error: RedisError) -> Error {
    let help = match error.kind() {
        ErrorKind::AuthenticationFailed => "check the user and the password in the URL",
        ErrorKind::Server(ServerErrorKind::NoPerm) => {
            "the user needs the right to run scripts, and to all keys that begin with the prefix"
        }
        ErrorKind::Io => "check that the server runs, and that host and port are right",
        _ => "the server says why",
    };
    Error::store_unusable(format!("the store ({name}) cannot be used"), help).with_source(error)
}
