//! Who sent a form, and who asks for it.

use aws_lc_rs::digest;

use crate::store::UserKey;

/// How many one sender has at the same time; a third takes the place of the oldest.
const SLOTS: [u8; 2] = [0, 1];

/// The number of a browser in which no user is signed in.
pub(crate) type BrowserNumber = [u8; 16];

/// Who sent a form.
#[derive(Clone, Copy)]
pub(crate) enum Sender {
    User(UserKey),
    Browser(BrowserNumber),
}

impl Sender {
    pub(crate) fn user(&self) -> Option<&UserKey> {
        match self {
            Self::User(user) => Some(user),
            Self::Browser(_) => None,
        }
    }

    pub(super) fn places(self) -> [[u8; 16]; SLOTS.len()] {
        let (Self::User(of) | Self::Browser(of)) = self;
        SLOTS.map(|slot| {
            let hash = digest::digest(&digest::SHA256, &[of.as_slice(), &[slot]].concat());
            std::array::from_fn(|i| hash.as_ref()[i])
        })
    }
}

/// Who asks for a form.
#[derive(Clone, Copy)]
pub(crate) struct Viewer {
    /// Who is signed in.
    pub(crate) user: Option<UserKey>,
    /// What the browser was called while no user was.
    pub(crate) browser: Option<BrowserNumber>,
}

impl Viewer {
    pub(super) fn places(self) -> impl Iterator<Item = [u8; 16]> {
        let senders = [self.user.map(Sender::User), self.browser.map(Sender::Browser)];
        senders.into_iter().flatten().flat_map(Sender::places)
    }
}
