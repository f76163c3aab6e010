//! Proof Key for Code Exchange (RFC 7636), always with S256.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::Secret;

/// The code verifier (RFC 7636 §4.1).
pub(crate) struct CodeVerifier(Secret);

impl CodeVerifier {
    /// 32 random bytes, written as 43 characters.
    pub(crate) fn new(bytes: &[u8; 32]) -> Self {
        Self(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The code challenge by the method S256 (RFC 7636 §4.2).
    pub(crate) fn challenge(&self) -> String {
        let hash = digest::digest(&digest::SHA256, self.expose().as_bytes());
        URL_SAFE_NO_PAD.encode(hash)
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_the_hash_of_the_verifier() {
        let verifier = CodeVerifier(Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_verifier_has_43_unreserved_characters() {
        let verifier = CodeVerifier::new(&[0xfb; 32]);
        assert_eq!(verifier.expose().len(), 43);
        assert!(verifier.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    }
}
