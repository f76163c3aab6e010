//! Where rows live.

mod entries;

pub(crate) use entries::{Conflict, Entries, Entry, Expected};
