//! Calling the provider's APIs with a token.

mod challenge;
mod said;
mod refusal;
mod retry;
mod response;
mod request;
mod client;
mod pages;
mod resumable;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod service_account;
mod security_events;

pub use client::ApiClient;
pub use pages::ApiPages;
pub use request::ApiRequest;
pub use response::ApiResponse;
pub use resumable::ResumableUpload;
pub use service_account::ServiceAccount;
