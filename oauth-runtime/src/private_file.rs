//! Files that only their owner may read.

use std::fs::{File, OpenOptions};
use std::io;

/// How such a file is made: mode 0600.
#[cfg(unix)]
pub(crate) fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
pub(crate) fn options() -> OpenOptions {
    OpenOptions::new()
}

/// Whether the group or others have any right to it. Asked of the open file, so that no other
/// can take its place in between.
#[cfg(unix)]
pub(crate) fn others_can_read(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
pub(crate) fn others_can_read(_: &File) -> io::Result<bool> {
    Ok(false)
}
