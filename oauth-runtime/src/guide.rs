//! The guide: how to build an app with this library, a chapter a subject.
//!
//! Read the first three in their order; the others when you need them.
//!
//! 1. [`declare`]: say on a handler what it needs, and what the compiler makes of it.
//! 2. [`ask`]: when a person is asked, how, and when not again.
//! 3. [`resume`]: what becomes of the request that was interrupted.
//! 4. [`call`]: calling APIs, and what becomes of each way they say no.
//! 5. [`mod@test`]: the app against a fake Google, without a network and without waiting.
//! 6. [`deploy`]: addresses, proxies, keys, stores, several nodes.
//! 7. [`operate`]: what is wrong at a glance, logs, metrics, an audit trail.
//! 8. [`own_login`]: accounts that belong to users the app has already.
//! 9. [`providers`]: Microsoft, GitHub and others, alone and beside Google.
//! 10. [`review`]: all that the app asks for in one place, and a router and tests that hold it to
//!     that.
//! 11. [`security`]: every attack, its defence, and the test that shows it.
//! 12. [`migrate`]: from OAuth by hand, with `oauth2`, `tower-sessions` or `axum-login`.
//! 13. [`defaults`]: every default and limit, why it is so, and how to change it.
//! 14. [`error_codes`]: every code of an [`Error`](crate::Error), and what to do about it.
//!
//! There is no code in these modules.

#[doc = include_str!("docs/declare.md")]
pub mod declare {}

#[doc = include_str!("docs/ask.md")]
pub mod ask {}

#[doc = include_str!("docs/resume.md")]
pub mod resume {}

#[doc = include_str!("docs/call.md")]
pub mod call {}

#[doc = include_str!("docs/test.md")]
pub mod test {}

#[doc = include_str!("docs/deploy.md")]
pub mod deploy {}

#[doc = include_str!("docs/operate.md")]
pub mod operate {}

#[doc = include_str!("docs/own_login.md")]
pub mod own_login {}

#[doc = include_str!("docs/providers.md")]
pub mod providers {}

#[doc = include_str!("docs/review.md")]
pub mod review {}

#[doc = include_str!("docs/security.md")]
pub mod security {}

#[doc = include_str!("docs/migrate.md")]
pub mod migrate {}

#[doc = include_str!("docs/defaults.md")]
pub mod defaults {}

#[doc = include_str!("docs/error_codes.md")]
pub mod error_codes {}
