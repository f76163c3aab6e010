//! Regenerates `oauth-macros/src/scopes.txt`, the catalogue of scopes.
//!
//! The discovery documents come with the Python package google-api-python-client: unpacked, it
//! has them in `googleapiclient/discovery_cache/documents`. Name that directory:
//!
//! ```text
//! pip download --no-deps google-api-python-client
//! unzip google_api_python_client-*.whl
//! cargo run -p oauth-tests --bin catalogue -- googleapiclient/discovery_cache/documents
//! ```
//!
//! What the documents do not say is in `tests/data/catalogue/google`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use oauth_tests::catalogue::{Catalogue, Change, Discovery, Facts, Failure};

/// The catalogue, from the root of the workspace.
const FILE: &str = "oauth-macros/src/scopes.txt";

const USAGE: &str = "\
usage: cargo run -p oauth-tests --bin catalogue -- [--check] DOCUMENTS_DIR

  --check  write nothing, and fail if the file would change";

fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(done) => ExitCode::from(u8::from(!done)),
        Err(failure) => {
            let cause = failure.source().map(|source| format!(": {source}")).unwrap_or_default();
            eprintln!("{failure}{cause}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    documents: PathBuf,
    check: bool,
}

impl Arguments {
    fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut documents, mut check) = (None, false);
        for argument in arguments {
            match argument.as_str() {
                "--check" => check = true,
                "--help" | "-h" => return Err(USAGE.to_owned()),
                other if other.starts_with('-') || documents.is_some() => {
                    return Err(format!("unexpected argument {other:?}\n\n{USAGE}"));
                }
                directory => documents = Some(PathBuf::from(directory)),
            }
        }
        let documents = documents.ok_or_else(|| format!("no directory named\n\n{USAGE}"))?;
        Ok(Self { documents, check })
    }
}

/// False if the file is not what it should be and was to be left alone.
fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let facts = Facts::load(&here.join("data/catalogue/google"))?;
    let catalogue = Catalogue::new(&Discovery::load(&arguments.documents)?, &facts)?;
    let path = here.join("..").join(FILE);
    let present =
        fs::read_to_string(&path).map_err(|error| Failure::Unreadable(path.clone(), error))?;
    let new = catalogue.to_string();
    let change = Change::between(&present, &new);
    print!("{}", catalogue.figures);
    catalogue.idle.iter().for_each(|fact| println!("note: {fact}"));
    print!("{change}");
    if change.is_empty() || arguments.check {
        return Ok(change.is_empty());
    }
    fs::write(&path, new).map_err(|error| Failure::Unwritable(path, error))?;
    println!("written to {FILE}");
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Arguments, String> {
        Arguments::read(arguments.iter().map(ToString::to_string))
    }

    #[test]
    fn one_directory_and_perhaps_a_check_are_understood() {
        let documents = PathBuf::from("documents");
        for (given, check) in [
            (&["documents"][..], false),
            (&["--check", "documents"], true),
            (&["documents", "--check"], true),
        ] {
            assert_eq!(read(given), Ok(Arguments { documents: documents.clone(), check }));
        }
    }

    #[test]
    fn anything_else_is_answered_with_the_usage() {
        for (given, begin) in [
            (&[][..], "no directory"),
            (&["--check"], "no directory"),
            (&["one", "two"], "unexpected argument \"two\""),
            (&["--chek", "one"], "unexpected argument \"--chek\""),
            (&["--help"], "usage:"),
        ] {
            let text = read(given).unwrap_err();
            assert!(text.starts_with(begin) && text.contains("DOCUMENTS_DIR"), "{text}");
        }
    }
}
