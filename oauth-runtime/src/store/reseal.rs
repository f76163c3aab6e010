//! Sealing everything anew with the newest key, so that an older one can be given up.

use super::backend::{Expected, RowKey, StoredRow};
use super::kind::Kind;
use super::vault::{Read, Vault};
use crate::error::Error;

/// Rows that are read at once.
const PAGE: u32 = 200;

impl Vault {
    /// Seals every row with the newest key that another one sealed; says how many were.
    ///
    /// Somebody who writes a row meanwhile seals it with the newest key anyway.
    pub(crate) async fn reseal(&self) -> Result<u64, Error> {
        let mut count = 0;
        for kind in Kind::ALL {
            let mut after = None;
            loop {
                let rows = self.page(kind, after, PAGE).await?;
                let Some((last, _)) = rows.last() else { break };
                after = Some(*last);
                for (key, row) in rows {
                    count += u64::from(self.reseal_row(kind, key, row).await?);
                }
            }
        }
        Ok(count)
    }

    async fn reseal_row(&self, kind: Kind, key: RowKey, row: StoredRow) -> Result<bool, Error> {
        let id: [u8; 16] = std::array::from_fn(|i| key.as_bytes()[i + 1]);
        if self.is_of_newest(kind, &row) {
            return Ok(false);
        }
        let Read::Row { plain, version, ends_at } = self.open(kind, id, row) else {
            return Ok(false);
        };
        let (stamp, expected) = ((version + 1, ends_at), Expected::Version(version));
        self.write((kind, id), &plain, stamp, expected, self.clock().now()).await
    }
}
