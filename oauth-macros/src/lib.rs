//! The macros of `oauth-runtime`; use them through that crate.
