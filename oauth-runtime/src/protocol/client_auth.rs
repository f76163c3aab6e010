//! How a client proves itself at the token endpoint (RFC 6749 §2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::provider::ClientCredentials;
use crate::secret::{Secret, Wiped};

/// Some servers do not decode what they get here, so only what must be encoded is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The value of `Authorization: Basic`.
pub(crate) struct BasicAuth(Secret);

impl BasicAuth {
    pub(super) fn new(credentials: &ClientCredentials) -> Self {
        let mut pair = Wiped::with_capacity(256);
        for piece in utf8_percent_encode(credentials.client_id(), ENCODED) {
            pair.push(piece.as_bytes());
        }
        pair.push(b":");
        for piece in utf8_percent_encode(credentials.client_secret().expose(), ENCODED) {
            pair.push(piece.as_bytes());
        }
        let encoded = Zeroizing::new(STANDARD.encode(&*pair.into_bytes()));
        Self(Secret::new(format!("Basic {}", *encoded)))
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_characters_are_encoded_and_unreserved_ones_kept() {
        let auth = BasicAuth::new(&ClientCredentials::new("a-b.c_d~e", "x:y z%"));
        let pair = STANDARD.decode(auth.expose().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(pair, b"a-b.c_d~e:x%3Ay%20z%25");
    }
}
