//! The places of rows that are about somebody: keyed hashes, so that a store tells nobody whose
//! they are.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::backend::Expected;
use super::kind::Kind;
use super::vault::{Read, Vault};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::keys::random;

/// Where a store keeps the key of its index.
const PLACE: (Kind, [u8; 16]) = (Kind::Index, [0; 16]);
/// How often another node may be the first to make one.
const ATTEMPTS: usize = 3;

/// A key that is made once for each store and never changes, so that no row ever moves.
pub(crate) struct Index {
    key: OnceLock<hmac::Key>,
    vault: Option<Arc<Vault>>,
}

impl Index {
    pub(crate) fn new(vault: Option<&Arc<Vault>>) -> Result<Self, Error> {
        let key = match vault {
            Some(_) => OnceLock::new(),
            None => hmac_key(&random()?).into(),
        };
        Ok(Self { key, vault: vault.cloned() })
    }

    /// The place of what is named by these parts; `None` before [`ready`](Self::ready).
    #[inline]
    pub(crate) fn known_place<const M: usize>(&self, parts: [&[u8]; M]) -> Option<[u8; 16]> {
        self.key.get().map(|key| place(key, parts))
    }

    /// The place of what is named by these parts.
    pub(crate) async fn place<const M: usize>(&self, parts: [&[u8]; M]) -> Result<[u8; 16], Error> {
        Ok(place(self.ready().await?, parts))
    }

    async fn ready(&self) -> Result<&hmac::Key, Error> {
        match (self.key.get(), &self.vault) {
            (Some(key), _) => Ok(key),
            (None, Some(vault)) => {
                let key = read_or_make(vault).await?;
                Ok(self.key.get_or_init(|| hmac_key(&key)))
            }
            (None, None) => Err(Error::new(Code::Internal, "an index without a key")),
        }
    }
}

async fn read_or_make(vault: &Vault) -> Result<Zeroizing<[u8; 32]>, Error> {
    for _ in 0..ATTEMPTS {
        let now = vault.clock().now();
        let [read] = vault.read([PLACE], now).await?;
        match read {
            Read::Row { plain, .. } => {
                let key = <[u8; 32]>::try_from(plain.as_slice()).map(Zeroizing::new);
                return key.map_err(|_| other_keys(vault));
            }
            // To make another would lose every row that is there.
            Read::Closed { .. } => return Err(other_keys(vault)),
            Read::Absent => {}
        }
        let (key, stamp) = (Zeroizing::new(random()?), (1, Timestamp::MAX));
        if vault.write(PLACE, &key[..], stamp, Expected::Absent, now).await? {
            return Ok(key);
        }
    }
    Err(Error::new(Code::StoreUnavailable, "the key of the index can be neither read nor made"))
}

fn other_keys(vault: &Vault) -> Error {
    let text = format!("the store ({}) was sealed with other keys", vault.name());
    Error::new(Code::ConfigKeys, text).with_help(
        "give `with_keys` the keys that this store was used with, the old ones by `with_old`",
    )
}

fn hmac_key(bytes: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

fn place<const M: usize>(key: &hmac::Key, parts: [&[u8]; M]) -> [u8; 16] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        context.update(part);
    }
    let tag = context.sign();
    std::array::from_fn(|i| tag.as_ref()[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_same_for_the_same_parts_alone() {
        let (index, other) = (Index::new(None).unwrap(), Index::new(None).unwrap());
        let place = |index: &Index, parts| index.known_place::<2>(parts).unwrap();
        assert_eq!(place(&index, [b"ab", b"c"]), place(&index, [b"ab", b"c"]));
        assert_ne!(place(&index, [b"ab", b"c"]), place(&index, [b"a", b"bc"]));
        assert_ne!(place(&index, [b"ab", b"c"]), place(&other, [b"ab", b"c"]), "it is keyed");
    }
}
