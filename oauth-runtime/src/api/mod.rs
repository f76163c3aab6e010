//! Calling the provider's APIs with a token.

mod client;

pub use client::ApiClient;
