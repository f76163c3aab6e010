//! Where every operation waits until it is its turn.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use oauth_runtime::Timestamp;
use tokio::sync::oneshot;

/// Who works: a request, or the refresh of a node, which is a task of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Request(usize),
    Refresh,
}

/// At what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Read,
    Put,
    Lease,
    Release,
    /// At the token endpoint.
    Call,
    /// Until then. Nobody gives a permit for it: time does.
    Sleep(Timestamp),
}

/// One operation that waits. No two that wait are alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Op {
    pub node: usize,
    pub who: Who,
    pub what: What,
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Read => "read",
            What::Put => "put",
            What::Lease => "lease",
            What::Release => "release",
            What::Call => "call",
            What::Sleep(_) => "sleep",
        };
        match self.who {
            Who::Request(number) => write!(f, "request {number}: {what}"),
            Who::Refresh => write!(f, "node {}: {what}", self.node),
        }
    }
}

/// How an operation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    Go,
    /// Without an effect.
    Fail,
}

/// Clones are handles of the same board.
#[derive(Clone, Default)]
pub struct Board(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: Vec<(Op, Option<oneshot::Sender<Permit>>)>,
    /// Nothing waits: a schedule is being prepared or cleared away.
    open: bool,
    /// Grows with everything that happens.
    moves: usize,
}

impl State {
    fn remove(&mut self, op: Op) -> Option<oneshot::Sender<Permit>> {
        let place = self.waiting.iter().position(|(other, _)| *other == op)?;
        self.moves += 1;
        self.waiting.remove(place).1
    }
}

impl Board {
    /// Waits for a permit. Whoever is dropped meanwhile waits no longer.
    pub async fn pass(&self, op: Op) -> Permit {
        let (sender, permit) = oneshot::channel();
        let _waits = {
            let mut state = self.lock();
            state.moves += 1;
            if state.open {
                return Permit::Go;
            }
            state.waiting.push((op, Some(sender)));
            Waits { board: self.clone(), op }
        };
        permit.await.unwrap_or(Permit::Go)
    }

    /// Shows that somebody sleeps until `end`, for as long as what it returns lives.
    pub fn sleeps(&self, node: usize, end: Timestamp) -> impl Drop + use<> {
        let op = Op { node, who: Who::Refresh, what: What::Sleep(end) };
        let mut state = self.lock();
        state.moves += 1;
        state.waiting.push((op, None));
        Waits { board: self.clone(), op }
    }

    pub fn permit(&self, op: Op, permit: Permit) {
        if let Some(sender) = self.lock().remove(op) {
            // Whoever was dropped meanwhile needs none.
            sender.send(permit).ok();
        }
    }

    /// Lets everything pass from now on, or nothing without a permit.
    pub fn set_open(&self, open: bool) {
        let mut state = self.lock();
        state.open = open;
        state.moves += 1;
        let waiting = state.waiting.iter_mut().filter(|_| open);
        waiting.filter_map(|(_, sender)| sender.take()).for_each(|sender| {
            sender.send(Permit::Go).ok();
        });
    }

    /// All that waits, always in the same order.
    pub fn waiting(&self) -> Vec<Op> {
        let mut waiting: Vec<_> = self.lock().waiting.iter().map(|(op, _)| *op).collect();
        waiting.sort_unstable();
        waiting
    }

    pub fn waits(&self, node: usize, who: Who) -> bool {
        self.lock().waiting.iter().any(|(op, _)| (op.node, op.who) == (node, who))
    }

    pub fn moves(&self) -> usize {
        self.lock().moves
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.waiting().fmt(f)
    }
}

struct Waits {
    board: Board,
    op: Op,
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.board.lock().remove(self.op);
    }
}
