//! The demo and the other apps as a library, so that their tests run the very same apps.

pub mod demo;
pub mod own_login;
#[cfg(feature = "databases")]
pub mod three_nodes;
