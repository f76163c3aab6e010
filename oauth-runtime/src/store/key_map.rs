//! Maps whose keys are their own hash.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by keys of `N` bytes, which must be random or a hash.
pub(super) type KeyMap<const N: usize, V> = HashMap<[u8; N], V, BuildHasherDefault<KeyHash>>;

/// The first eight bytes of a key that is uniform already, or the text of one: letters leave
/// some of their bits unused, so that they are spread over all.
#[derive(Default)]
pub(super) struct KeyHash(u64);

impl Hasher for KeyHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            let spread = u64::from_le_bytes(*first).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = spread ^ (spread >> 32);
        }
    }

    /// Arrays announce their length; it says nothing.
    fn write_usize(&mut self, _: usize) {}
}
