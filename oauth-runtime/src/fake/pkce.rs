//! The code challenge (RFC 7636).

use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

/// What the client committed itself to when it asked for the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    S256(String),
    Plain(String),
}

impl Challenge {
    /// Reads the two parameters of the authorization request (RFC 7636 §4.3).
    pub(crate) fn parse(challenge: &str, method: Option<&str>) -> Result<Self, &'static str> {
        if !is_well_formed(challenge) {
            return Err("code_challenge must be 43 to 128 unreserved characters");
        }
        match method.unwrap_or("plain") {
            "S256" => Ok(Self::S256(challenge.to_owned())),
            "plain" => Ok(Self::Plain(challenge.to_owned())),
            _ => Err("code_challenge_method must be S256 or plain"),
        }
    }

    /// Whether `verifier` is the secret behind the challenge (RFC 7636 §4.6).
    pub(crate) fn admits(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(challenge) => challenge == verifier,
            Self::S256(challenge) => {
                *challenge == BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
            }
        }
    }
}

fn is_well_formed(value: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&value.len()) && value.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn s256_admits_only_its_verifier() {
        let challenge = Challenge::parse(CHALLENGE, Some("S256")).unwrap();
        assert!(challenge.admits(VERIFIER));
        assert!(!challenge.admits(CHALLENGE));
    }

    #[test]
    fn without_a_method_the_challenge_is_plain() {
        let challenge = Challenge::parse(VERIFIER, None).unwrap();
        assert!(challenge.admits(VERIFIER));
        assert!(!challenge.admits("x"));
    }

    #[test]
    fn malformed_challenges_are_refused() {
        for (challenge, method) in
            [("short", "S256"), (CHALLENGE, "S512"), (&"=".repeat(43), "S256")]
        {
            assert!(Challenge::parse(challenge, Some(method)).is_err(), "{challenge} {method}");
        }
    }
}
