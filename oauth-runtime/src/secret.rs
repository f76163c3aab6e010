//! Text that must not be printed: tokens, codes, verifiers, the client secret.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A text that never shows itself.
///
/// It has no `Debug`, `Display`, `Serialize` or `PartialEq`, so neither a log line nor a
/// derived impl can carry it out by accident; it is wiped from memory when dropped.
/// What needs the bytes says so with [`Secret::expose`].
///
/// ```
/// use oauth_runtime::Secret;
/// let token = Secret::new("ya29.example");
/// assert_eq!(token.expose(), "ya29.example");
/// assert!(token.is(b"ya29.example"));
/// ```
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret that could print itself would, one day")]
pub struct Secret(Zeroizing<Box<str>>);

impl std::fmt::Debug for Redacted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Stands for a secret in the `Debug` of a type that holds one.
pub(crate) struct Redacted;

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        // A string that is made shorter may be moved, and leave its bytes behind.
        let text = Zeroizing::new(text.into());
        Self(Zeroizing::new(text.as_str().into()))
    }

    /// The text itself, for the one place that sends or stores it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the secret equals `other`, in a time that depends on the lengths alone.
    pub fn is(&self, other: &[u8]) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), other).is_ok()
    }
}

/// Bytes that are wiped wherever they lay: also from a place that they outgrew.
pub(crate) struct Wiped(Zeroizing<Vec<u8>>);

impl Wiped {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(capacity)))
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let needed = self.0.len().saturating_add(bytes.len());
        if needed > self.0.capacity() {
            // A vector that grows by itself leaves its bytes behind where they were.
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.saturating_mul(2)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

impl Extend<u8> for Wiped {
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        for byte in bytes {
            self.push(&[byte]);
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::{Redacted, Secret, Wiped};

    #[test]
    fn bytes_keep_their_order_when_they_outgrow_their_place() {
        let mut bytes = Wiped::with_capacity(2);
        bytes.extend(*b"ab");
        bytes.push(b"cde");
        bytes.push(b"");
        bytes.push(&[b'f'; 40]);
        let expected = [&b"abcde"[..], &[b'f'; 40]].concat();
        assert_eq!((bytes.len(), bytes.into_bytes().to_vec()), (45, expected));
    }

    /// J15.
    #[test]
    fn a_secret_equals_only_its_own_bytes() {
        let secret = Secret::new("abc");
        assert!(secret.is(b"abc"));
        assert!(!secret.is(b"abd"));
        assert!(!secret.is(b"ab"));
    }

    /// J10.
    #[test]
    fn what_stands_for_a_secret_prints_no_secret() {
        assert_eq!(format!("{Redacted:?}"), "[redacted]");
    }
}
