//! What can keep a catalogue from being made.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

/// Why there is no catalogue; each text says what was expected.
#[derive(Debug)]
pub enum Failure {
    /// A directory or file cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// The catalogue cannot be written.
    Unwritable(PathBuf, std::io::Error),
    /// A `.json` file is not JSON, or not of the shape of a discovery document.
    Malformed(PathBuf, serde_json::Error),
    /// The directory holds no discovery document: most likely the wrong one.
    NoDocuments(PathBuf),
    /// A line of a file of facts, by its number.
    Fact(PathBuf, usize, String),
    /// Facts or names that contradict each other.
    Contradiction(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, _) => write!(f, "cannot read {}", path.display()),
            Self::Unwritable(path, _) => write!(f, "cannot write {}", path.display()),
            Self::Malformed(path, _) => {
                write!(f, "{} is not a discovery document", path.display())
            }
            Self::NoDocuments(path) => write!(
                f,
                "no discovery document in {}: expected the directory whose files are named like drive.v3.json",
                path.display()
            ),
            Self::Fact(path, line, what) => write!(f, "{}:{line}: {what}", path.display()),
            Self::Contradiction(what) => f.write_str(what),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable(_, source) | Self::Unwritable(_, source) => Some(source),
            Self::Malformed(_, source) => Some(source),
            _ => None,
        }
    }
}
