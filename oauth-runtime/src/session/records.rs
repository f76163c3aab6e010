//! Sessions and owners as a store keeps them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::owners::OwnerRow;
use super::returns::Returns;
use super::row::{AccountKey, Binding, Id, Secret, SessionRow};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::store::{Kind, Row, from_bytes, to_bytes};

/// See [`SessionRow`].
#[derive(Serialize, Deserialize)]
struct SessionRecord {
    account: AccountKey,
    lineage: Binding,
    epoch: u32,
    created: Timestamp,
    last_seen: u64,
    ids: Vec<(Vec<u8>, Timestamp)>,
    returns: Returns,
}

impl Row for SessionRow {
    const KIND: Kind = Kind::Session;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let Self { account, lineage, epoch, created, .. } = *self;
        let last_seen = self.last_seen.load(Ordering::Relaxed);
        let ids = self.ids.iter().map(|id| (id.secret.to_vec(), id.ends_at)).collect();
        let returns = self.returns.clone();
        to_bytes(&SessionRecord { account, lineage, epoch, created, last_seen, ids, returns })
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let SessionRecord { account, lineage, epoch, created, last_seen, ids, returns } =
            from_bytes(bytes)?;
        let id = |(secret, ends_at): (Vec<u8>, Timestamp)| {
            Some(Id { secret: Secret::try_from(secret.as_slice()).ok()?, ends_at })
        };
        let ids = ids.into_iter().map(id).collect::<Option<_>>()?;
        let last_seen = AtomicU64::new(last_seen);
        Some(Self { account, lineage, epoch, created, last_seen, ids, returns })
    }
}

impl Row for OwnerRow {
    const KIND: Kind = Kind::Owner;

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        from_bytes(bytes)
    }
}
