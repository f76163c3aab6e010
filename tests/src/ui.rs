//! The compiler that the texts of the UI tests hold for.

use std::io::Write;
use std::process::Command;

/// How the line of a skipped suite begins; `cargo verify` counts these lines.
pub const SKIPPED: &str = "skipped: ";

/// The version that the expected texts were made with.
const WANTED: &str = include_str!("../tests/ui/RUSTC");

/// Whether the UI texts hold for the compiler in use. Where they do not, the line that counts as
/// a skip is printed, and the test has nothing more to do.
pub fn ui_compiler_matches() -> bool {
    let found = compiler();
    let matches = is_wanted(&found);
    if !matches {
        let line =
            format!("\n{SKIPPED}ui: the texts hold for rustc {}, this is {found}", WANTED.trim());
        // Not `println!`, which the test runner keeps to itself when the test passes. The line
        // begins anew because the runner may have left the test's name standing on its own.
        drop(writeln!(std::io::stdout().lock(), "{line}"));
    }
    matches
}

/// The version line of the compiler that cargo uses.
fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).arg("--version").output();
    match output {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(error) => format!("unknown ({} does not start: {error})", rustc.display()),
    }
}

/// `rustc 1.95.0 (59807616e 2026-04-14)`: a nightly of the same number has another text.
fn is_wanted(version: &str) -> bool {
    version.strip_prefix("rustc ").and_then(|rest| rest.split(' ').next()) == Some(WANTED.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_version_holds() {
        let wanted = WANTED.trim();
        assert!(is_wanted(&format!("rustc {wanted} (59807616e 2026-04-14)")));
        assert!(is_wanted(&format!("rustc {wanted}")));
        assert!(!is_wanted(&format!("rustc {wanted}-nightly (59807616e 2026-04-14)")));
        assert!(!is_wanted("rustc 1.0.0"));
        assert!(!is_wanted("unknown"));
    }

    #[test]
    fn the_compiler_in_use_tells_its_version() {
        assert!(compiler().starts_with("rustc "));
    }
}
