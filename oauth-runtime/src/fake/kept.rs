//! What a fake Google still knows when it is started again.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::account::Accounts;
use super::clients::Clients;
use super::drive::Drive;
use super::grants::Grants;
use super::tokens::Tokens;
use super::world::World;
use crate::error::{Code, Error};
use crate::private_file;
use crate::shown;

/// The part of a world that lasts. Pending codes do not, nor do the keys of ID tokens: to an app
/// that is as if they had been rotated.
#[derive(Serialize)]
struct Kept<'a> {
    accounts: &'a Accounts,
    clients: &'a Clients,
    grants: &'a Grants,
    tokens: &'a Tokens,
    drive: &'a Drive,
}

/// The same as it is read.
#[derive(Deserialize)]
struct Found {
    accounts: Accounts,
    clients: Clients,
    grants: Grants,
    tokens: Tokens,
    drive: Drive,
}

/// The file that a world is kept in, and what was last written there.
pub(crate) struct Memory {
    path: PathBuf,
    written: String,
}

impl Memory {
    /// Takes a world back to what the file says, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read, or is none of ours.
    pub(super) fn open(path: PathBuf, world: &mut World) -> Result<Self, Error> {
        if !shown::is_fit_for_a_file(&path) {
            let text = format!("no file of the fake Google is made at {}", shown::path(&path));
            return Err(Error::new(Code::ConfigOption, text)
                .with_help("give the path of a file, such as \"google.json\""));
        }
        let written = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unusable(&path).with_source(error)),
        };
        if !written.is_empty() {
            let found = serde_json::from_str(&written);
            let found: Found = found.map_err(|error| unusable(&path).with_source(error))?;
            let Found { accounts, clients, grants, tokens, drive } = found;
            (world.accounts, world.clients, world.grants) = (accounts, clients, grants);
            (world.tokens, world.drive) = (tokens, drive);
        }
        Ok(Self { path, written })
    }

    /// Writes the world if it has changed; a file is never half written.
    pub(super) fn keep(&mut self, world: &World) {
        let World { accounts, clients, grants, tokens, drive, .. } = world;
        let kept = serde_json::to_string(&Kept { accounts, clients, grants, tokens, drive });
        match kept {
            Ok(text) if text == self.written => {}
            Ok(text) => match self.write(&text) {
                Ok(()) => self.written = text,
                Err(error) => tracing::warn!(%error, "the fake Google could not be kept"),
            },
            Err(error) => tracing::warn!(%error, "the fake Google could not be kept"),
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file =
            private_file::options().write(true).create(true).truncate(true).open(&new)?;
        file.write_all(text.as_bytes())?;
        fs::rename(new, &self.path)
    }
}

fn unusable(path: &Path) -> Error {
    let text = format!("the file of the fake Google, {}, cannot be read", shown::path(path));
    Error::new(Code::ConfigOption, text).with_help("delete it: the fake then begins anew")
}
