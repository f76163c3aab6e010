//! The last step of a flow that links an account to a user who is there already.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::error::{Code, Error};
use crate::oauth::{Login, OAuth, SignedIn};
use crate::session::{AccountKey, OwnerKey};
use crate::store::Entry;
use crate::tokens::{AccountRow, Authorized, ProviderId, Unsaved};

/// The account as it is now, and how its user is known from here on.
pub(super) struct Kept {
    pub(super) account: Arc<Entry<AccountRow>>,
    pub(super) login: Login,
    /// The cookie of the session, where it is one of ours.
    pub(super) session: Option<String>,
}

/// An account that is to belong to a user: of an app with its own login, or one who signed in with
/// an account at another provider.
pub(super) struct Link {
    pub(super) login: Login,
    pub(super) owner: OwnerKey,
    pub(super) key: AccountKey,
    pub(super) provider: ProviderId,
}

impl Link {
    /// As [`write`](Self::write). A link that changed meanwhile may be one that was taken away:
    /// that is said, and is no mistake.
    pub(super) async fn keep(
        self,
        oauth: &OAuth,
        signed_in: Option<&SignedIn>,
        authorized: &Authorized,
        asked_at: Timestamp,
    ) -> Result<Kept, Unsaved> {
        let (owner, key, now) = (self.owner, self.key, oauth.0.clock.now());
        let written = self.write(oauth, signed_in, authorized, asked_at).await;
        match written {
            Err(Unsaved::Failed(error)) if error.kind() == Code::CallbackInvalid => {
                let row = oauth.0.accounts.table.get_anew(&key, now).await?.entry;
                if row.is_some_and(|row| authorized.is_over(&row.value)) {
                    return Err(Unsaved::Disconnected);
                }
                let unlinked = oauth.0.owners.unlinked(&owner, now).await?;
                let was_taken = unlinked > authorized.begun_after;
                Err(if was_taken { Unsaved::Unlinked } else { error.into() })
            }
            other => other,
        }
    }

    /// The account becomes the owner's with the same write that brings its tokens; then the
    /// owner's own row points to it. What was there before is forgotten.
    async fn write(
        self,
        oauth: &OAuth,
        signed_in: Option<&SignedIn>,
        authorized: &Authorized,
        asked_at: Timestamp,
    ) -> Result<Kept, Unsaved> {
        let Self { login, owner, key, provider } = self;
        let (accounts, owners, now) = (&oauth.0.accounts, &oauth.0.owners, oauth.0.clock.now());
        let name = oauth.provider(provider).key();
        let replacing = match signed_in {
            Some(who) => Some(who.key),
            None => oauth.lost_link(&owner, provider, now).await?,
        };
        let link = (key, authorized.begun_after);
        owners.check_link(owner, name, link, replacing, now).await?;
        let (_, account) = accounts.save(authorized, Some(owner), asked_at).await?;
        match owners.link(owner, name, link, replacing, now).await {
            Ok(Some(left)) => accounts.forget(&left, &owner).await.map(drop)?,
            Ok(None) => {}
            Err(error) => {
                // Another tab was faster: what this one brought is no user's. A store that fails
                // says nothing of the sort, and the next try may find all in order.
                if error.kind() == Code::CallbackInvalid {
                    accounts.forget(&key, &owner).await?;
                }
                return Err(error.into());
            }
        }
        Ok(Kept { account, login, session: None })
    }
}

pub(super) fn nobody_to_link_to() -> Error {
    let text = "an account was to be linked, and no user is signed in to link it to";
    Error::new(Code::CallbackInvalid, text)
}
