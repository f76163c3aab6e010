//! The demo and the other apps as a library, so that their tests run the very same apps.

pub mod demo;
pub mod own_login;
mod serve;
#[cfg(feature = "databases")]
pub mod three_nodes;

pub use serve::serve;
