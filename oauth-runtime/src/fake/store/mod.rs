//! What every [`Store`] has to do, as checks that can be run on any of them.

mod bench;
mod leases;
mod many;
mod rows;

use std::sync::Arc;

use bench::Bench;

use crate::clock::Timestamp;
use crate::store::Store;

/// Runs every check of the contract on a store, in which other rows may lie; returns their names.
///
/// For whoever writes a [`Store`]. It takes a second or so, leaves rows that end within an hour of
/// `now`, and needs a store whose clock is not far from it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use oauth_runtime::fake::check_store;
/// use oauth_runtime::{Clock, MemoryStore, SystemClock};
/// use std::sync::Arc;
/// let checks = check_store(Arc::new(MemoryStore::new()), SystemClock.now()).await.unwrap();
/// assert!(checks.len() >= 40);
/// # });
/// ```
///
/// # Errors
/// Says which checks failed, and how.
pub async fn check_store(
    store: Arc<dyn Store>,
    now: Timestamp,
) -> Result<Vec<&'static str>, String> {
    let checks: Vec<_> = rows::CHECKS.iter().chain(many::CHECKS).chain(leases::CHECKS).collect();
    let mut failures = Vec::new();
    for (name, check) in &checks {
        if let Err(failure) = check(Bench::new(store.clone(), now)?).await {
            failures.push(format!("{name}: {failure}"));
        }
    }
    match failures.as_slice() {
        [] => Ok(checks.iter().map(|(name, _)| *name).collect()),
        failures => Err(format!("the store ({}) fails:\n{}", store.name(), failures.join("\n"))),
    }
}
