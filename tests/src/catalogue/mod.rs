//! The catalogue of scopes, made out of discovery documents and of facts kept by hand.
//!
//! A discovery document describes one API: its methods, and for each the scopes that it accepts.
//! These are **alternatives**: any one of them suffices. So where every method that accepts
//! `drive.readonly` also accepts `drive`, a token with `drive` does whatever one with
//! `drive.readonly` does, and asking again would be a needless question. Whether the second also
//! *means* less than the first is not in the tables: names decide it, and the facts in
//! `tests/data/catalogue/google`.
//!
//! The modules stand in reading order.

mod failure;
mod name;
mod document;
mod facts;
mod coverage;
mod classify;
mod implications;
mod figures;
mod table;
mod change;
#[cfg(test)]
mod sample;

pub use change::Change;
pub use document::Discovery;
pub use facts::Facts;
pub use failure::Failure;
pub use figures::Figures;
pub use table::Catalogue;
