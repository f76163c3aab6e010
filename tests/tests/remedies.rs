//! The remedy of an error reaches whoever reads it, by whatever prints it, and once.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use anyhow::Context as _;
use oauth_runtime::{ClientCredentials, Error, Key, Keys};
use oauth_tests::root;
use tracing::Level;

use crate::support::{Folder, Log};

/// An error with a cause of the system, one with a cause of our own, and one without any.
fn errors() -> Vec<(Error, &'static str)> {
    let folder = Folder::new();
    let path = folder.path("oauth.key");
    std::fs::write(&path, "c2hvcnQ=\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    vec![
        (ClientCredentials::from_file("no-such-file.json").unwrap_err(), "cannot be read"),
        (Keys::from_file(path).unwrap_err(), "is no good key"),
        (Key::from_env("OAUTH_TESTS_NOT_SET").unwrap_err(), "is not set"),
    ]
}

/// What `?` carries out of a function.
fn passed<E: From<Error>>(error: Error) -> Result<(), E> {
    Err(error)?;
    Ok(())
}

fn told(level: Level, tell: impl FnOnce()) -> String {
    let (log, kept) = Log::keep(level);
    tell();
    drop(kept);
    log.text()
}

/// A way to print an error, and what it is called.
type Printer = (&'static str, fn(Error) -> String);

/// By what an error is printed in most programs.
fn printed() -> Vec<Printer> {
    vec![
        ("Display", |error| format!("{error}")),
        ("a main that returns the error", |error| format!("{error:?}")),
        ("a main that returns a box", |error| {
            format!("{:?}", passed::<Box<dyn StdError + Send + Sync>>(error).unwrap_err())
        }),
        ("a box", |error| passed::<Box<dyn StdError>>(error).unwrap_err().to_string()),
        ("an io::Error", |error| format!("{}", io::Error::other(error))),
        ("anyhow", |error| format!("{}", passed::<anyhow::Error>(error).unwrap_err())),
        ("a main of anyhow", |error| format!("{:?}", passed::<anyhow::Error>(error).unwrap_err())),
        ("a line of anyhow", |error| format!("{:#}", passed::<anyhow::Error>(error).unwrap_err())),
        ("a main of anyhow with context", |error| {
            format!("{:?}", passed::<Error>(error).context("starting").unwrap_err())
        }),
        ("a line of anyhow with context", |error| {
            format!("{:#}", passed::<Error>(error).context("starting").unwrap_err())
        }),
        ("eyre", |error| format!("{}", passed::<eyre::Report>(error).unwrap_err())),
        ("a main of eyre", |error| format!("{:?}", passed::<eyre::Report>(error).unwrap_err())),
        ("a main of eyre with context", |error| {
            format!(
                "{:?}",
                eyre::WrapErr::wrap_err(passed::<Error>(error), "starting").unwrap_err()
            )
        }),
        ("tracing by Display", |error| {
            told(Level::INFO, || tracing::error!(%error, "it does not start"))
        }),
        ("tracing by Debug", |error| {
            told(Level::INFO, || tracing::error!(?error, "it does not start"))
        }),
        ("tracing by its chain", |error| {
            let error: &(dyn StdError + 'static) = &error;
            told(Level::INFO, || tracing::error!(error, "it does not start"))
        }),
    ]
}

#[test]
fn text_and_remedy_are_printed_once_by_everything_that_prints_errors() {
    for (way, print) in printed() {
        for (error, text) in errors() {
            let help = error.help().unwrap().to_owned();
            let shown = print(error);
            assert_eq!(shown.matches(&help).count(), 1, "{way}: {help}\n{shown}");
            assert_eq!(shown.matches(text).count(), 1, "{way}: {text}\n{shown}");
        }
    }
}

#[test]
fn a_main_of_anyhow_reads_well() {
    let (error, _) = errors().swap_remove(0);
    let cause = error.source().unwrap().to_string();
    let shown = format!("{:?}", anyhow::Error::from(error));
    // Where the environment asks for it, a backtrace follows.
    assert_eq!(
        shown.split("\n\nStack backtrace:").next().unwrap(),
        format!(
            "the credentials file no-such-file.json cannot be read (help: name the file that you \
             downloaded, relative to where the app is started)\n\nCaused by:\n    {cause}"
        )
    );
}

/// A log line of the library that has the help in a field of its own shows the text alone.
#[test]
fn no_log_line_of_the_library_says_a_remedy_twice() {
    let (mut folders, mut twice) = (vec![root().join("oauth-runtime/src")], Vec::new());
    while let Some(folder) = folders.pop() {
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (inner, files): (Vec<PathBuf>, Vec<_>) = paths.partition(|path| path.is_dir());
        folders.extend(inner);
        for path in files {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            for (at, _) in text.match_indices("error = %") {
                // A statement or an arm of a `match`.
                let rest = &text[at..];
                let line = rest.split(");").next().unwrap().split("),").next().unwrap();
                if line.contains(" help") && !line.starts_with("error = %error.text()") {
                    twice.push(format!("{}: {line}", path.display()));
                }
            }
        }
    }
    twice.retain(|line| !line.contains("self.text()"));
    assert!(twice.is_empty(), "write `error = %error.text()`: {}", twice.join("\n"));
}
