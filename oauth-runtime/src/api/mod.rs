//! Calling the provider's APIs with a token.

mod refusal;
mod client;

pub use client::ApiClient;
