//! What comes with the libraries, read off the lock file and the manifests.

use std::process::Command;

use oauth_tests::root;
use serde_json::Value;

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

/// J22: the licences that `.cargo/deny.toml` allows, and none that it allows in vain.
#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let packages = packages();
    assert!(packages.len() > 100);
    let list = read(".cargo/deny.toml");
    let allowed: Vec<_> = allowed(&list).map(|name| spdx::Licensee::parse(name).unwrap()).collect();
    let mut met = vec![false; allowed.len()];
    let mut is_allowed = |terms: &str| {
        // Cargo takes a slash for "or".
        spdx::Expression::parse_mode(terms, spdx::ParseMode::LAX).is_ok_and(|terms| {
            terms.evaluate(|wanted| {
                let place = allowed.iter().position(|one| one.satisfies(wanted));
                place.inspect(|place| met[*place] = true).is_some()
            })
        })
    };
    let violations: Vec<_> = packages
        .iter()
        .filter(|package| !is_allowed(package["license"].as_str().unwrap_or_default()))
        .map(|package| format!("{} is under {}", package["name"], package["license"]))
        .collect();
    demand("Do without it, or allow its licence in .cargo/deny.toml.", &violations);
    let unmet = allowed.iter().zip(&met).filter(|(_, met)| !**met);
    let unmet: Vec<_> = unmet.map(|(licence, _)| licence.to_string()).collect();
    demand("Nothing is under it: take it out of .cargo/deny.toml.", &unmet);
}

/// All that the lock file names, as cargo describes it.
fn packages() -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--locked", "--all-features"]);
    let output = cargo.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    match metadata["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("{other}"),
    }
}

/// The names between `allow = [` and its end.
fn allowed(list: &str) -> impl Iterator<Item = &str> {
    let list = list.split("allow = [").nth(1).unwrap().split(']').next().unwrap();
    list.split('"').skip(1).step_by(2)
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
