//! What to say where the file does not do what it should.

use std::path::Path;

use crate::error::Error;
use crate::private_file::{self, others_can_read};
use crate::shown::{self, Pasted};

/// What an operator has to do, by the result codes of `SQLite`.
fn help(error: &sqlx::Error) -> Option<&'static str> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(match code & 0xff {
        8 => "the file, its folder or its disk cannot be written: give the app the right to",
        11 | 26 => {
            "the file is damaged, or no database: bring back a copy, or move it away, and people \
             sign in anew"
        }
        13 => "the disk is full: make room; nothing that was there is lost",
        _ => return None,
    })
}

pub(super) fn unusable(name: &str, error: sqlx::Error) -> Error {
    let rights = "the app needs the right to read and write the file and its folder";
    let help = help(&error).unwrap_or(rights);
    Error::store_unusable(format!("the store ({name}) cannot be used"), help).with_source(error)
}

/// What fails while the app runs.
pub(super) fn failed(name: &str, error: sqlx::Error) -> Error {
    let help = help(&error).unwrap_or("the next try may succeed");
    Error::store(name, error).with_help(help)
}

/// A file that is made here is its owner's; one that others can read is refused.
pub(super) fn make_private(path: &Path, name: &str) -> Result<(), Error> {
    if !shown::is_fit_for_a_file(path) {
        let what = Pasted::in_path(path).map_or("no path", Pasted::noun);
        let text = format!("this is {what}: no store ({name}) is made there");
        return Err(Error::store_unusable(text, "give the path of a file, such as \"tokens.db\""));
    }
    let mut options = private_file::options();
    let file = options.read(true).write(true).create(true).truncate(false).open(path);
    match file.and_then(|file| others_can_read(&file)) {
        Ok(false) => Ok(()),
        Ok(true) => {
            let text = format!("others can read the store ({name})");
            Err(Error::store_unusable(text, shown::chmod(path)))
        }
        Err(error) => Err(unusable(name, sqlx::Error::Io(error))),
    }
}
