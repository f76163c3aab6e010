//! A form that waits until its sender has granted what it needs.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::store::{Kind, Row, from_bytes, to_bytes};

/// What was sent, where to, and the number that a link names it by.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct HeldForm {
    pub(crate) number: [u8; 16],
    /// The path and query that it was sent to.
    pub(crate) target: Box<str>,
    /// The body, `application/x-www-form-urlencoded` and UTF-8.
    pub(crate) body: Box<str>,
    /// Whether its handler ran already, and was refused half-way.
    pub(crate) begun: bool,
}

impl Row for HeldForm {
    const KIND: Kind = Kind::Form;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        from_bytes(bytes)
    }
}
