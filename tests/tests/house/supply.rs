//! What comes with the libraries, read off the lock file and the manifests.

use super::{demand, read};

/// Libraries that bring a cryptography of their own, or do RSA with a private key in the open
/// (a timing attack on which nobody has mended).
const BANNED: [&str; 6] = ["openssl", "openssl-sys", "native-tls", "rsa", "boring", "mbedtls"];

/// J22: rustls alone, on one cryptography.
#[test]
fn nothing_brings_another_cryptography() {
    let lock = read("Cargo.lock");
    let names = lock.lines().filter_map(|line| line.strip_prefix("name = "));
    let banned = names.filter(|name| BANNED.contains(&name.trim_matches('"')));
    let violations: Vec<_> = banned.map(str::to_owned).collect();
    demand("Find what brings it (`cargo tree -i`), and do without.", &violations);
}

/// J22: no fork, no branch, no folder of somebody's.
#[test]
fn every_dependency_comes_from_the_registry() {
    let lock = read("Cargo.lock");
    let sources: Vec<_> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    assert!(sources.len() > 100);
    let others = sources.iter().filter(|source| !source.contains("\"registry+"));
    let violations: Vec<_> = others.map(|source| (*source).to_owned()).collect();
    demand("Take a released version.", &violations);
}

/// J23: nobody gets it who does not name it.
#[test]
fn the_fake_is_behind_a_feature() {
    let manifest = read("oauth-runtime/Cargo.toml");
    let features = manifest.split("[features]").nth(1).unwrap();
    let features = features.split("\n[").next().unwrap();
    let with_it = features.lines().filter(|line| line.contains("fake"));
    let violations: Vec<_> =
        with_it.filter(|line| !line.starts_with("fake = ")).map(str::to_owned).collect();
    demand("No feature turns the fake on but its own.", &violations);
    let library = read("oauth-runtime/src/lib.rs");
    assert!(library.contains("#[cfg(feature = \"fake\")]\npub mod fake;"));
}

/// J15: a secret is compared by `Secret::is` alone, which takes the same time wherever two differ.
#[test]
fn no_secret_is_compared_in_a_hurry() {
    let secret = read("oauth-runtime/src/secret.rs");
    let code = secret.split("#[cfg(test)]").next().unwrap();
    assert!(code.contains("verify_slices_are_equal"));
    for derived in ["PartialEq", "Eq,", "Hash", "Serialize", "Debug,"] {
        let found = code.lines().any(|line| line.contains("derive(") && line.contains(derived));
        assert!(!found, "`Secret` derives {derived}");
    }
    let state = read("oauth-runtime/src/protocol/authorization_response.rs");
    assert!(state.contains("verify_slices_are_equal"), "the state is compared in a hurry");
}
