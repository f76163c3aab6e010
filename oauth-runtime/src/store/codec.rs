//! Records as bytes.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::secret::Wiped;

/// The bytes of a record, wiped when dropped.
pub(crate) fn to_bytes(record: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let bytes = postcard::to_extend(record, Wiped::with_capacity(8 * 1024));
    bytes
        .map(Wiped::into_bytes)
        .map_err(|error| Error::new(Code::Internal, "a row cannot be encoded").with_source(error))
}

/// The record, if the bytes are one and nothing else.
pub(crate) fn from_bytes<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    let (record, []) = postcard::take_from_bytes(bytes).ok()? else { return None };
    Some(record)
}
