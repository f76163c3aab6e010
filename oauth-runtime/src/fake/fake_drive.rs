//! The files of a running fake, past all scopes.

use super::drive::{DriveFile, NewFile, View};
use super::google::FakeGoogle;
use crate::clock::Clock;

/// The files of a [`FakeGoogle`], past all scopes.
///
/// ```
/// use oauth_runtime::fake::FakeGoogle;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), oauth_runtime::Error> {
/// let google = FakeGoogle::start().await?;
/// let file = google.drive().add("ada@example.com", "notes.txt", "an engine");
/// google.drive().remove(&file.id);
/// assert!(google.drive().files_of("ada@example.com").is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct FakeDrive(pub(super) FakeGoogle);

impl FakeDrive {
    /// The files of an account, the oldest first.
    pub fn files_of(&self, email: &str) -> Vec<DriveFile> {
        let world = self.0.world();
        let owner = world.accounts.find(email).map_or("", |account| account.subject());
        let view = View { owner, only_by: None };
        world.drive.visible(&view).cloned().collect()
    }

    /// Puts a text there as the owner's own file, so that `drive.file` does not see it.
    pub fn add(&self, email: &str, name: &str, content: &str) -> DriveFile {
        let (now, mut world) = (self.0.clock().now(), self.0.world());
        let world = &mut *world;
        let owner = world.accounts.ensure(email).subject().to_owned();
        let (name, content) = (name.to_owned(), content.as_bytes().to_vec());
        let new = NewFile { name, mime_type: "text/plain".to_owned(), content, made_by: None };
        world.drive.add(&mut world.mint, now, &owner, new)
    }

    /// Removes the file with this id.
    pub fn remove(&self, id: &str) {
        self.0.world().drive.remove(id);
    }
}
