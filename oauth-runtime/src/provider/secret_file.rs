//! Reading a file that holds a secret, with a word to whoever leaves it open.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::git;
use crate::error::{Code, Error};
use crate::private_file::others_can_read;
use crate::shown::{self, Pasted};

/// More than any credentials file has.
const MAX_SIZE: u64 = 64 * 1024;
const ROOM: usize = 64 * 1024 + 1;

const NO_PATH: &str = "give the path of the JSON file that you downloaded";

/// Who may read a secret file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    OwnerOnly,
    Anyone,
}

/// The text of a secret file. The mode is that of the file as it was opened, so that no other
/// can take its place in between.
///
/// `text_help` says where the text of such a file is taken, if that was given in place of a path.
pub(super) fn read(
    path: &Path,
    readers: Readers,
    text_help: &'static str,
) -> Result<Zeroizing<String>, Error> {
    if let Some(pasted) = Pasted::in_path(path) {
        let text = format!("this is {}, not the path of a credentials file", pasted.noun());
        let help = if pasted == Pasted::Json { text_help } else { NO_PATH };
        return Err(Error::new(Code::ConfigCredentials, text).with_help(help));
    }
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let open = others_can_read(&file).map_err(|error| unreadable(path, error))?;
    if readers == Readers::OwnerOnly && open {
        return Err(readable_by_others(path));
    }
    // With room for all of it, no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    let length = file.take(MAX_SIZE + 1).read_to_string(&mut text);
    if length.map_err(|error| unreadable(path, error))? as u64 > MAX_SIZE {
        let text = format!("the credentials file {} is far too long to be one", shown::path(path));
        return Err(Error::new(Code::ConfigCredentials, text).with_help(NO_PATH));
    }
    if let Some(root) = git::exposing_work_tree(path) {
        let (file, root) = (shown::path(path), shown::path(&root));
        tracing::warn!(%file, %root, "a secret file lies in a git work tree that does not ignore it");
    }
    Ok(text)
}

fn readable_by_others(path: &Path) -> Error {
    let text = format!("others can read the credentials file {}", shown::path(path));
    let help = format!(
        "{}, or read it with `from_shared_file` if its mode is not yours to set, as that of a \
         mounted secret",
        shown::chmod(path)
    );
    Error::new(Code::ConfigCredentials, text).with_help(help)
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let text = format!("the credentials file {} cannot be read", shown::path(path));
    Error::new(Code::ConfigCredentials, text)
        .with_help("name the file that you downloaded, relative to where the app is started")
        .with_source(error)
}
