//! Sealing and opening, with keys that are derived for one purpose.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, hkdf};
use zeroize::Zeroizing;

use super::{KEY_LEN, Key, Keys, broken};
use crate::error::Error;

pub(super) const KEY_ID_LEN: usize = 4;
pub(super) const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;
/// First byte of every sealed blob; another layout gets another number.
const LAYOUT: u8 = 1;

/// Seals and opens for one purpose, with a key of its own for each key of the ring.
pub(crate) struct Sealer {
    ring: Vec<([u8; KEY_ID_LEN], RandomizedNonceKey)>,
}

impl Sealer {
    pub(crate) fn new(keys: &Keys, purpose: &str) -> Result<Self, Error> {
        let ring = keys.ring.iter().map(|key| derive(key, purpose)).collect::<Result<_, _>>()?;
        Ok(Self { ring })
    }

    /// Layout, key id, nonce, ciphertext and tag. `aad` names all that the blob is bound to.
    pub(crate) fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
        let (id, key) = self.ring.first().ok_or_else(|| broken("the key ring is empty"))?;
        // With room for the tag, what is sealed is not moved.
        let mut cipher = Zeroizing::new(Vec::with_capacity(plain.len() + TAG_LEN));
        cipher.extend_from_slice(plain);
        let nonce = key
            .seal_in_place_append_tag(Aad::from(aad), &mut *cipher)
            .map_err(|_| broken("sealing failed"))?;
        Ok([&[LAYOUT], &id[..], nonce.as_ref(), &cipher].concat())
    }

    /// Whether the newest key of the ring sealed it.
    pub(crate) fn is_of_newest(&self, sealed: &[u8]) -> bool {
        let newest = self.ring.first().map(|(id, _)| &id[..]);
        newest.is_some_and(|id| sealed.get(1..=KEY_ID_LEN) == Some(id))
    }

    /// `None` says nothing about why, so that nobody can learn from it.
    pub(crate) fn open(&self, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (&LAYOUT, rest) = sealed.split_first()? else { return None };
        let (id, rest) = rest.split_first_chunk::<KEY_ID_LEN>()?;
        let (nonce, cipher) = rest.split_first_chunk::<NONCE_LEN>()?;
        if cipher.len() < TAG_LEN {
            return None;
        }
        let (_, key) = self.ring.iter().find(|(known, _)| known == id)?;
        let mut plain = Zeroizing::new(cipher.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = key.open_in_place(nonce, Aad::from(aad), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

fn derive(key: &Key, purpose: &str) -> Result<([u8; KEY_ID_LEN], RandomizedNonceKey), Error> {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"oauth-runtime");
    let prk = salt.extract(&key.0[..]);
    let mut derived = Zeroizing::new([0; KEY_LEN]);
    prk.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut derived[..]))
        .map_err(|_| broken("deriving a key failed"))?;
    let hash = digest::digest(&digest::SHA256, &derived[..]);
    let mut id = [0; KEY_ID_LEN];
    id.copy_from_slice(&hash.as_ref()[..KEY_ID_LEN]);
    let sealing = RandomizedNonceKey::new(&AES_256_GCM_SIV, &derived[..]);
    Ok((id, sealing.map_err(|_| broken("deriving a key failed"))?))
}
