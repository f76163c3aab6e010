//! What it means that a request had no answer.

use std::error::Error as StdError;
use std::io;

use crate::error::{Code, Error};

pub(super) fn failed(error: reqwest::Error, place: &str) -> Error {
    let error = error.without_url();
    let (code, what) = if error.is_timeout() {
        (Code::ProviderTimeout, "did not answer in time")
    } else if breaks_tls(&error) {
        (Code::ProviderResponse, "has no valid TLS certificate or handshake")
    } else {
        (Code::ProviderUnavailable, "cannot be reached")
    };
    Error::new(code, format!("{place} {what}")).with_source(error)
}

/// The TLS library reports what the other side did wrong as invalid data. Trying again does
/// not help, and the operator should look.
fn breaks_tls(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let mut io_errors = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    error.is_connect() && io_errors.any(is_invalid_data)
}

/// One I/O error may wrap another, which is not among its sources.
fn is_invalid_data(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    error.kind() == io::ErrorKind::InvalidData || inner.is_some_and(is_invalid_data)
}
