//! The JSON of a file that holds a secret.

use std::fmt;

use serde_json::Value;
use zeroize::Zeroize as _;

/// A file whose texts are wiped.
pub(super) struct Wiped(pub(super) Value);

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Where JSON broke, without the text around it, which may be the secret.
#[derive(Debug)]
pub(super) struct Place(usize, usize);

impl Place {
    pub(super) fn of(error: &serde_json::Error) -> Self {
        Self(error.line(), error.column())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.0, self.1)
    }
}

impl std::error::Error for Place {}
