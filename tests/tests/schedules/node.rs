//! What a node stands on: a store and a clock that tell the board what they are asked for.

use std::time::Duration;

use oauth_runtime::{
    Clock, Error, Expected, ManualClock, MemoryStore, RowKey, Sleep, Store, StoreFuture, StoredRow,
    Timestamp,
};

use super::board::{Board, Op, Permit, What, Who};
use super::endpoint::Endpoint;

tokio::task_local! {
    /// The request that a task is, so that its own operations are told from a refresh.
    pub static REQUEST: usize;
}

/// How long a store may take: a wait of this length watches over one and is nobody's sleep.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone, Debug)]
pub struct NodeClock {
    pub node: usize,
    pub board: Board,
    pub time: ManualClock,
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let sleep = self.time.sleep(duration);
        if duration >= PATIENCE {
            return sleep;
        }
        let sleeps = self.board.sleeps(self.node, self.now() + duration);
        Box::pin(async move {
            sleep.await;
            drop(sleeps);
        })
    }
}

/// One store for all nodes, as one of them sees it.
#[derive(Clone, Debug)]
pub struct NodeStore {
    pub node: usize,
    pub board: Board,
    pub endpoint: Endpoint,
    pub rows: MemoryStore,
}

impl NodeStore {
    async fn pass(&self, what: What) -> Result<Who, Error> {
        let who = REQUEST.try_with(|number| Who::Request(*number)).unwrap_or(Who::Refresh);
        match self.board.pass(Op { node: self.node, who, what }).await {
            Permit::Go => Ok(who),
            Permit::Fail => Err(Error::store("gated", "it is down")),
        }
    }
}

impl Store for NodeStore {
    fn name(&self) -> &'static str {
        "gated"
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [RowKey],
        now: Timestamp,
    ) -> StoreFuture<'a, Vec<Option<StoredRow>>> {
        Box::pin(async move {
            if self.pass(What::Read).await? == Who::Refresh {
                self.endpoint.read(self.node);
            }
            self.rows.get_many(keys, now).await
        })
    }

    fn put<'a>(
        &'a self,
        key: RowKey,
        row: &'a StoredRow,
        expected: Expected,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let who = self.pass(What::Put).await?;
            let written = self.rows.put(key, row, expected, now).await?;
            if written && who == Who::Refresh {
                self.endpoint.stored(self.node);
            }
            Ok(written)
        })
    }

    fn delete(&self, key: RowKey, now: Timestamp) -> StoreFuture<'_, bool> {
        self.rows.delete(key, now)
    }

    fn lease(
        &self,
        key: RowKey,
        holder: u64,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            self.pass(What::Lease).await?;
            let given = self.rows.lease(key, holder, ends_at, now).await?;
            if given {
                self.endpoint.leased(self.node);
            }
            Ok(given)
        })
    }

    fn release(&self, key: RowKey, holder: u64) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.pass(What::Release).await?;
            self.endpoint.released(self.node);
            self.rows.release(key, holder).await
        })
    }

    fn scan(
        &self,
        kind: u8,
        after: Option<RowKey>,
        limit: u32,
        now: Timestamp,
    ) -> StoreFuture<'_, Vec<(RowKey, StoredRow)>> {
        self.rows.scan(kind, after, limit, now)
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<'_, u64> {
        self.rows.sweep(now)
    }
}
