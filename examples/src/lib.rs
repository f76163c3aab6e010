//! The demo and the app with a login of its own as a library, so that their tests run the very
//! same apps.

pub mod demo;
pub mod own_login;
