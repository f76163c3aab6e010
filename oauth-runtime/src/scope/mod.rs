//! OAuth scopes as types and as sets: what a handler declares, what a token holds.
//!
//! Each scope of the catalogue is a type here, such as [`DriveFile`], for bounds like
//! `Token<impl Covers<scope::DriveFile>>` and for extractors like `Token<scope::DriveFile>`.

mod catalogue;
pub(crate) mod requirement;
pub(crate) mod checks;
mod name;
mod routed;
mod set;
mod shared;

pub use catalogue::*;
#[cfg(feature = "manifest")]
pub(crate) use catalogue::{conflicts, retired};
pub(crate) use name::short_name;
pub use name::{Scope, Sensitivity};
pub use requirement::{Covers, MayHold, Requirement};
pub(crate) use routed::Routed;
pub use set::ScopeSet;
pub(crate) use shared::SharedScopes;
