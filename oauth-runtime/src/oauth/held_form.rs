//! Forms that wait until their sender has granted what they need.
//!
//! A form lies at a key that is made of its sender: a user, or the browser of a caller who is not
//! signed in. So none has more than two, with no list to keep. A form of a browser is that of the
//! user who was signed in there when its page was loaded, as far as that is known; otherwise it
//! becomes that of the user who signs in there next, and from then on it is that user's alone.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::resume::KeptResume;
use super::sender::{BrowserNumber, Sender, Viewer};
use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::keys::random;
use crate::store::{
    Caps, Entry, Expected, Found, Full, Kind, Row, Shares, Table, Unwritten, UserKey, Vault,
    from_bytes, to_bytes,
};

/// How long a form is kept.
const LIFETIME: Duration = Duration::from_secs(600);
/// How often a place is looked for, where other requests of the sender take it.
const ATTEMPTS: usize = 4;

/// What was sent, where to, and the number that a link names it by.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct HeldForm {
    pub(crate) number: [u8; 16],
    /// The page that it was sent to.
    pub(crate) target: KeptResume,
    /// The body, `application/x-www-form-urlencoded` and UTF-8.
    pub(crate) body: Box<str>,
    /// Whether its handler ran already, and was refused half-way.
    pub(crate) begun: bool,
    /// The user whose it is; `None` while it is of a browser of which no user is known.
    user: Option<UserKey>,
    /// The node that counts it, and whether in the share of those who are not signed in.
    counted: (u64, bool),
}

impl HeldForm {
    pub(crate) fn new(number: [u8; 16], target: KeptResume, body: String, begun: bool) -> Self {
        Self { number, target, body: body.into(), begun, ..Self::default() }
    }

    /// The same on a page of this user, if it was a user's.
    pub(crate) fn of_user(self, user: Option<UserKey>) -> Self {
        Self { user, ..self }
    }
}

impl Row for HeldForm {
    const KIND: Kind = Kind::Form;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        from_bytes(bytes)
    }
}

/// Why a form is not kept.
pub(crate) enum Unkept {
    /// The link was used before.
    Used,
    /// There are too many already.
    Full,
    Failed(Error),
}

impl From<Full> for Unkept {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl From<Error> for Unkept {
    fn from(error: Error) -> Self {
        match error.kind() {
            Code::TooManyPending => Self::Full,
            _ => Self::Failed(error),
        }
    }
}

/// A form, and where it is.
type Kept = ([u8; 16], Arc<Entry<HeldForm>>);

/// All forms that are kept.
pub(crate) struct HeldForms {
    table: Table<16, HeldForm>,
    shares: Shares,
    /// What this node is called in the forms that it counts.
    node: u64,
}

impl HeldForms {
    pub(super) fn new(vault: Option<&Arc<Vault>>, caps: Caps) -> Result<Self, Error> {
        let (table, shares) = (Table::of_few(vault), Shares::new("kept_forms", caps));
        Ok(Self { table, shares, node: u64::from_le_bytes(random()?) })
    }

    /// Keeps a form.
    ///
    /// # Errors
    /// If there is no room for it, or a store cannot be asked.
    pub(crate) async fn keep(
        &self,
        sender: Sender,
        form: &HeldForm,
        now: Timestamp,
    ) -> Result<(), Unkept> {
        let user = sender.user().copied();
        let counted = (self.node, user.is_none());
        let form = HeldForm { user: user.or(form.user), counted, ..form.clone() };
        for _ in 0..ATTEMPTS {
            if self.keep_once(sender, form.clone(), now).await? {
                return Ok(());
            }
        }
        Err(Unkept::Failed(Unwritten::Changed.into()))
    }

    /// Whether it is kept; another request of the same sender may be faster.
    async fn keep_once(
        &self,
        sender: Sender,
        form: HeldForm,
        now: Timestamp,
    ) -> Result<bool, Unkept> {
        let (key, before) = self.place(sender, now).await?;
        let ends_at = now + LIFETIME;
        self.shares.admit(sender.user(), ends_at, now)?;
        match self.table.put(key, form, before.expected, ends_at, now).await {
            Ok(_) => {
                before.entry.iter().for_each(|form| self.release(form));
                Ok(true)
            }
            Err(Unwritten::Changed) => {
                self.shares.release(sender.user(), ends_at);
                Ok(false)
            }
            Err(Unwritten::Failed(error)) => Err(error.into()),
        }
    }

    /// A free place of this sender, or that of the older form.
    async fn place(
        &self,
        sender: Sender,
        now: Timestamp,
    ) -> Result<([u8; 16], Found<HeldForm>), Error> {
        let mut oldest: Option<(Timestamp, [u8; 16], Found<HeldForm>)> = None;
        for key in sender.places() {
            let found = self.table.get_anew(&key, now).await?;
            let Some(ends_at) = found.entry.as_ref().map(|form| form.ends_at) else {
                return Ok((key, found));
            };
            if oldest.as_ref().is_none_or(|(other, ..)| ends_at < *other) {
                oldest = Some((ends_at, key, found));
            }
        }
        let lost = || Error::new(Code::Internal, "there is no place for a form");
        oldest.map(|(_, key, found)| (key, found)).ok_or_else(lost)
    }

    /// Whether the form with this number was sent by this browser, whose it may be.
    pub(crate) async fn is_kept(
        &self,
        viewer: Viewer,
        number: &[u8; 16],
        now: Timestamp,
    ) -> Result<bool, Error> {
        Ok(self.at_places(viewer, number, now).await?.is_some())
    }

    /// The form with this number, if it is this viewer's.
    pub(crate) async fn find(
        &self,
        viewer: Viewer,
        number: &[u8; 16],
        now: Timestamp,
    ) -> Result<Option<Kept>, Error> {
        let found = self.at_places(viewer, number, now).await?;
        Ok(found.filter(|(_, form)| form.value.user == viewer.user))
    }

    async fn at_places(
        &self,
        viewer: Viewer,
        number: &[u8; 16],
        now: Timestamp,
    ) -> Result<Option<Kept>, Error> {
        for key in viewer.places() {
            let form = self.table.get_anew(&key, now).await?.entry;
            if let Some(form) = form.filter(|form| form.value.number == *number) {
                return Ok(Some((key, form)));
            }
        }
        Ok(None)
    }

    /// The target of that form, once: it is not sent a second time.
    pub(crate) async fn take(
        &self,
        viewer: Viewer,
        number: &[u8; 16],
        now: Timestamp,
    ) -> Result<Option<KeptResume>, Error> {
        let Some((key, form)) = self.find(viewer, number, now).await? else { return Ok(None) };
        let expected = Expected::Version(form.version);
        match self.table.put(key, HeldForm::default(), expected, now, now).await {
            Ok(_) => {
                self.release(&form);
                Ok(Some(form.value.target.clone()))
            }
            Err(Unwritten::Changed) => Ok(None),
            Err(Unwritten::Failed(error)) => Err(error),
        }
    }

    /// The forms of a browser in which a user has signed in are this user's from now on, and no
    /// later user's of the same browser.
    ///
    /// # Errors
    /// If a store cannot be asked: then they open for no user at all.
    pub(crate) async fn adopt(
        &self,
        browser: BrowserNumber,
        user: UserKey,
        now: Timestamp,
    ) -> Result<(), Error> {
        for key in Sender::Browser(browser).places() {
            let found = self.table.get_anew(&key, now).await?;
            let Some(form) = found.entry.filter(|form| form.value.user.is_none()) else { continue };
            let (adopted, ends_at) =
                (HeldForm { user: Some(user), ..form.value.clone() }, form.ends_at);
            match self.table.put(key, adopted, found.expected, ends_at, now).await {
                // Another request took it meanwhile, or put another one there.
                Ok(_) | Err(Unwritten::Changed) => {}
                Err(Unwritten::Failed(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// A form is gone before its end, and no longer counted if this node counted it.
    fn release(&self, form: &Entry<HeldForm>) {
        let (node, by_stranger) = form.value.counted;
        if node == self.node {
            let user = form.value.user.as_ref().filter(|_| !by_stranger);
            self.shares.release(user, form.ends_at);
        }
    }
}
