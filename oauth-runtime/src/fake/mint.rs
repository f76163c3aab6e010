//! Fresh names for codes, tokens, clients and files.

use aws_lc_rs::digest::{Context, SHA256};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

/// Makes values that cannot be guessed, from one random seed and a counter.
pub(crate) struct Mint {
    seed: [u8; 32],
    count: u64,
    canaries: bool,
}

impl Mint {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { seed, count: 0, canaries: false }
    }

    /// From now on every secret begins with `CANARY-`, so that a test can search for leaks.
    pub(crate) fn mark_secrets(&mut self, on: bool) {
        self.canaries = on;
    }

    /// A new secret that begins as Google's begin.
    pub(crate) fn secret(&mut self, prefix: &str) -> String {
        let canary = if self.canaries { "CANARY-" } else { "" };
        format!("{canary}{prefix}{}", self.name())
    }

    /// A new name of 43 letters.
    pub(crate) fn name(&mut self) -> String {
        self.count += 1;
        let mut context = Context::new(&SHA256);
        context.update(&self.seed);
        context.update(&self.count.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(context.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::Mint;

    #[test]
    fn no_two_secrets_are_equal_and_canaries_are_marked() {
        let mut mint = Mint::new([7; 32]);
        assert_ne!(mint.secret("ya29."), mint.secret("ya29."));
        mint.mark_secrets(true);
        assert!(mint.secret("1//").starts_with("CANARY-1//"));
        assert_ne!(mint.name(), Mint::new([8; 32]).name());
    }
}
