//! Reading a file that holds a secret, with a word to whoever leaves it open.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::git;
use crate::error::{Code, Error};
use crate::private_file::others_can_read;

/// More than any credentials file has.
const MAX_SIZE: u64 = 64 * 1024;

/// Who may read a secret file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    OwnerOnly,
    Anyone,
}

/// The text of a secret file. The mode is that of the file as it was opened, so that no other
/// can take its place in between.
pub(super) fn read(path: &Path, readers: Readers) -> Result<Zeroizing<String>, Error> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let open = others_can_read(&file).map_err(|error| unreadable(path, error))?;
    if readers == Readers::OwnerOnly && open {
        return Err(readable_by_others(path));
    }
    // With room for all of it, no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(8 * 1024));
    let length = file.take(MAX_SIZE + 1).read_to_string(&mut text);
    if length.map_err(|error| unreadable(path, error))? as u64 > MAX_SIZE {
        let text = format!("the credentials file {} is far too long to be one", path.display());
        return Err(Error::new(Code::ConfigCredentials, text));
    }
    if let Some(root) = git::exposing_work_tree(path) {
        let (file, root) = (path.display(), root.display());
        tracing::warn!(%file, %root, "a secret file lies in a git work tree that does not ignore it");
    }
    Ok(text)
}

fn readable_by_others(path: &Path) -> Error {
    let path = path.display();
    let text = format!("others can read the credentials file {path}");
    let help = format!(
        "run `chmod 600 {path}`, or read it with `from_shared_file` if its mode is not yours to \
         set, as that of a mounted secret"
    );
    Error::new(Code::ConfigCredentials, text).with_help(help)
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let text = format!("the credentials file {} cannot be read", path.display());
    Error::new(Code::ConfigCredentials, text)
        .with_help("name the file that you downloaded, relative to where the app is started")
        .with_source(error)
}
