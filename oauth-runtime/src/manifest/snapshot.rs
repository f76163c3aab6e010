//! The manifest in a file of the repository, so that a pull request shows every scope it adds.

use std::env::var_os;
use std::path::Path;

use super::entry::Manifest;
use crate::error::{Code, Error};
use crate::shown;

/// The variable that lets the file be written.
const VARIABLE: &str = "OAUTH_MANIFEST";

impl Manifest {
    /// Compares the [Markdown](Self::to_markdown) with a file that is checked in.
    ///
    /// For a test of the app: whoever adds a scope has to change the file too, and a reviewer
    /// sees it. With `OAUTH_MANIFEST=overwrite` in the environment the file is written.
    ///
    /// ```no_run
    /// # fn oauth() -> oauth_runtime::OAuth { unimplemented!() }
    /// #[test]
    /// fn scopes_are_reviewed() -> Result<(), oauth_runtime::Error> {
    ///     oauth().manifest().check_snapshot("oauth-scopes.md")
    /// }
    /// ```
    ///
    /// # Errors
    /// `manifest_policy` if the file is missing or says something else: the text lists the lines
    /// that differ. Also if it cannot be read or written.
    pub fn check_snapshot(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let overwrites = var_os(VARIABLE).is_some_and(|value| value == "overwrite");
        self.compare(path.as_ref(), overwrites)
    }

    pub(super) fn compare(&self, path: &Path, overwrites: bool) -> Result<(), Error> {
        let (text, name) = (self.to_markdown(), shown::path(path));
        if overwrites && !shown::is_fit_for_a_file(path) {
            return Err(Error::new(Code::ManifestPolicy, format!("no file is made at {name}"))
                .with_help("give the path of a file, such as \"oauth-scopes.md\""));
        }
        if overwrites {
            return std::fs::write(path, text).map_err(|error| {
                Error::new(Code::ManifestPolicy, format!("cannot write {name}")).with_source(error)
            });
        }
        let Ok(kept) = std::fs::read_to_string(path) else {
            return Err(outdated(format!("there is no file {name}, or it cannot be read")));
        };
        // A checkout may have changed the ends of lines.
        let kept: Vec<_> = kept.lines().collect();
        let now: Vec<_> = text.lines().collect();
        if kept == now {
            return Ok(());
        }
        let gone = kept.iter().filter(|line| !now.contains(line)).map(|line| format!("- {line}"));
        let new = now.iter().filter(|line| !kept.contains(line)).map(|line| format!("+ {line}"));
        let mut lines: Vec<_> = gone.chain(new).collect();
        if lines.is_empty() {
            lines.push("the lines are the same, in another order or another number".to_owned());
        }
        Err(outdated(format!("{name} is not what the app asks for:\n{}", lines.join("\n"))))
    }
}

fn outdated(text: String) -> Error {
    Error::new(Code::ManifestPolicy, text)
        .with_help("if that is meant, run the test once with OAUTH_MANIFEST=overwrite")
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{notes, of};
    use crate::keys::random;

    #[test]
    fn a_file_is_compared_and_written_when_asked_for() {
        let name = format!("oauth-manifest-{:x}", u64::from_le_bytes(random().unwrap()));
        let path = std::env::temp_dir().join(name);
        let manifest = of(vec![notes()], &[]);
        let missing = manifest.compare(&path, false).unwrap_err();
        assert!(format!("{missing:?}").contains("OAUTH_MANIFEST=overwrite"), "{missing:?}");
        manifest.compare(&path, true).unwrap();
        manifest.compare(&path, false).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace('\n', "\r\n")).unwrap();
        manifest.compare(&path, false).unwrap();
        std::fs::write(&path, text.lines().rev().collect::<Vec<_>>().join("\n")).unwrap();
        let error = format!("{:?}", manifest.compare(&path, false).unwrap_err());
        assert!(error.contains("in another order"), "{error}");
        std::fs::write(&path, text.replace("drive.file", "drive")).unwrap();
        let error = format!("{:?}", manifest.compare(&path, false).unwrap_err());
        std::fs::remove_file(&path).unwrap();
        assert!(error.contains("- | `https://www.googleapis.com/auth/drive` |"), "{error}");
        assert!(error.contains("+ | `https://www.googleapis.com/auth/drive.file` |"), "{error}");
    }
}
