//! The rules of the house, read off the sources as text. Each message says what to do.

mod claims;
mod docs;
mod names;
mod order;
mod size;
mod source;
mod supply;
mod text;
mod tree;
mod words;

use oauth_tests::root;

/// The order in which the runtime is read: a module may import only those before it.
const READING_ORDER: &[&str] = &[
    "secret",
    "clock",
    "error",
    "shown",
    "private_file",
    "keys",
    "scope",
    "provider",
    "protocol",
    "telemetry",
    "http",
    "jwks",
    "discover",
    "store",
    "session",
    "manifest",
    "pages",
    "tokens",
    "oauth",
    "flow",
    "web",
    "api",
    "routing",
    "utoipa",
    "fake",
    "guide",
    "fuzz",
];

fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// Fails with every violation and with what is to be done about them.
#[track_caller]
fn demand(remedy: &str, violations: &[String]) {
    assert!(violations.is_empty(), "\n  {}\n{remedy}\n", violations.join("\n  "));
}
