//! An embedded Google: an authorization server with pages, a small Drive and a small Calendar,
//! for developing and testing offline.
//!
//! It listens on loopback only, refuses every `Host` that is not this machine, and asks nobody
//! for a password. What it imitates is what apps depend on: which errors come back and which
//! stay on its own pages, scopes that a person may untick, names that change on the way, refresh
//! tokens that come once, and refusals in the shapes of Google's APIs.

mod fields;
mod scopes;
mod mint;
mod account;
mod clients;
mod grants;
mod pkce;
mod codes;
mod tokens;
mod keys;
mod quirk;
mod fake_drive;
mod fault;
mod record;
mod drive;
mod multipart;
mod civil;
mod calendar;
mod resumable;
mod world;
mod kept;
mod id_token;
mod token_answer;
mod service_accounts;
mod security_events;
mod token_endpoint;
mod auth_request;
mod authorize;
mod builder;
mod api;
mod answers;
mod pages;
mod line;
mod rim;
mod drive_wire;
mod resumable_routes;
mod drive_routes;
mod routes;
mod google;
mod own_paths;
mod preview;
mod sign_in;
mod testing;
mod store;
#[cfg(test)]
mod tests;

pub use account::FakeAccount;
pub use builder::FakeGoogleBuilder;
pub use drive::DriveFile;
pub use fake_drive::FakeDrive;
pub use fault::{Endpoint, Fault, Gate};
pub use google::FakeGoogle;
pub use own_paths::own_paths;
pub use quirk::Quirk;
pub use record::RecordedRequest;
pub use security_events::FakeSecurityEvent;
pub use sign_in::{Crowd, SignIn};
pub use store::check_store;
pub use testing::{challenged_scopes, navigate};
pub(crate) use world::ISSUER;
