//! Crates outside of the workspace, as an app is.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use oauth_tests::root;

/// A program that ends with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Cargo as a newcomer calls it, but for what is compiled already: the target folder is shared.
pub fn cargo(folder: &Path, arguments: &str) -> Command {
    let checkout = fs::canonicalize(root()).unwrap();
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    for argument in arguments.split(' ') {
        command.arg(argument.replace("../oauth", checkout.to_str().unwrap()));
    }
    for (name, _) in env::vars_os() {
        // What the outer cargo says about the tests' own package does not hold here.
        if name.to_string_lossy().starts_with("CARGO_PKG") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    command.env("CARGO_TARGET_DIR", checkout.join(target));
    command.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    command.current_dir(folder).stdin(Stdio::null());
    command
}
