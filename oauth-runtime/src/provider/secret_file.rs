//! Reading a file that holds a secret, with a word to whoever leaves it open.

use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Code, Error};

/// The text of a secret file.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let text = format!("the credentials file {} cannot be read", path.display());
        Error::new(Code::ConfigCredentials, text)
            .with_help("name the file that you downloaded, relative to where the app is started")
            .with_source(error)
    })?;
    let text = Zeroizing::new(text);
    if is_tracked_by_mistake(path) {
        tracing::warn!(
            file = %path.display(),
            "this secret file lies in a git work tree whose .gitignore does not name it"
        );
    }
    Ok(text)
}

#[cfg(unix)]
pub(super) fn refuse_readable_by_others(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map_or(0, |data| data.permissions().mode());
    if mode.trailing_zeros() >= 6 {
        return Ok(());
    }
    let text = format!("others can read the credentials file {}", path.display());
    let help = format!(
        "run `chmod 600 {}`, or read it with `from_shared_file` if that is meant",
        path.display()
    );
    Err(Error::new(Code::ConfigCredentials, text).with_help(help))
}

#[cfg(not(unix))]
pub(super) fn refuse_readable_by_others(_: &Path) -> Result<(), Error> {
    Ok(())
}

/// Whether the file lies in a git work tree that does not ignore it, as far as plain lines and
/// a `*` at one end tell.
fn is_tracked_by_mistake(path: &Path) -> bool {
    let Ok(path) = std::fs::canonicalize(path) else { return false };
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut ignored = false;
    for folder in path.ancestors().skip(1) {
        let lines = std::fs::read_to_string(folder.join(".gitignore")).unwrap_or_default();
        ignored |= lines.lines().any(|line| matches(line.trim(), name));
        if folder.join(".git").exists() {
            return !ignored;
        }
    }
    false
}

fn matches(line: &str, name: &str) -> bool {
    let pattern = line.rsplit('/').next().unwrap_or_default();
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn plain_lines_and_one_star_are_understood() {
        for line in ["client_secret.json", "/client_secret.json", "client_secret*.json", "*.json"] {
            assert!(matches(line, "client_secret.json"), "{line}");
        }
        for line in ["", "# *.json", "secret.json", "*.toml"] {
            assert!(!matches(line, "client_secret.json"), "{line}");
        }
    }
}
