//! Records that a browser keeps for us: encoded, sealed, written in base64url.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Code, Error};
use crate::keys::Sealer;
use crate::secret::Wiped;

/// First byte of every record; another meaning of the fields gets another number.
const SCHEMA: u8 = 1;
/// Far above what we write; a longer text is refused before any work is done on it.
const MAX_TEXT: usize = 4096;
/// Most records fit into this.
const ROOM: usize = 1024;

/// The sealed text of a record. `binding` is what it is good for, and nowhere else.
pub(crate) fn seal<T: Serialize>(
    sealer: &Sealer,
    binding: &str,
    record: &T,
) -> Result<String, Error> {
    // A record may hold what a verifier is derived from.
    let mut plain = Wiped::with_capacity(ROOM);
    plain.push(&[SCHEMA]);
    let plain = postcard::to_extend(record, plain).map_err(|error| {
        Error::new(Code::Internal, "a record cannot be encoded").with_source(error)
    })?;
    Ok(encode(&sealer.seal(binding.as_bytes(), &plain.into_bytes())?))
}

/// The record, if the text is one of ours, sealed for this binding, and whole.
pub(crate) fn open<T: DeserializeOwned>(sealer: &Sealer, binding: &str, text: &[u8]) -> Option<T> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let blob = URL_SAFE_NO_PAD.decode(text).ok()?;
    let plain = sealer.open(binding.as_bytes(), &blob)?;
    let (&SCHEMA, record) = plain.split_first()? else { return None };
    let (record, []) = postcard::take_from_bytes(record).ok()? else { return None };
    Some(record)
}

/// Bytes as base64url without padding (RFC 4648 §5).
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Exactly `N` bytes from base64url, without allocating.
#[inline]
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    // The decoder wants room for whole groups of three bytes.
    let mut room = [0; 96];
    if text.len() != (N * 4).div_ceil(3) || N + 3 > room.len() {
        return None;
    }
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut room).ok()?;
    room[..length].try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Key, Keys};

    #[test]
    fn a_record_comes_back_for_its_binding_only() {
        let keys = Keys::new(Key::generate().unwrap());
        let sealer = Sealer::new(&keys, "flow").unwrap();
        let text = seal(&sealer, "a", &("drive.file", 7_u64)).unwrap();
        assert_eq!(open(&sealer, "a", text.as_bytes()), Some(("drive.file".to_owned(), 7_u64)));
        assert_eq!(open::<(String, u64)>(&sealer, "b", text.as_bytes()), None);
        assert_eq!(open::<(String, u64, u8)>(&sealer, "a", text.as_bytes()), None);
        assert_eq!(open::<String>(&sealer, "a", text.as_bytes()), None, "bytes left over");
        assert_eq!(open::<String>(&sealer, "a", b"\xff\x00"), None);
    }

    #[test]
    fn decoding_wants_the_exact_length_and_alphabet() {
        let bytes: [u8; 48] = std::array::from_fn(|i| u8::try_from(i).unwrap() ^ 0xa5);
        let text = encode(&bytes);
        assert_eq!(decode::<48>(text.as_bytes()), Some(bytes));
        assert_eq!(decode::<48>(&text.as_bytes()[1..]), None);
        assert_eq!(decode::<47>(text.as_bytes()), None);
        assert_eq!(decode::<48>(text.replacen(&text[..1], "+", 1).as_bytes()), None);
    }
}
