//! The handle that an app holds, and the one place where its configuration is checked.

mod admission;
mod builder;
mod storage;
mod caller;
mod claim;
mod handle;
mod held_form;
mod login_page;
mod people;
mod urls;

pub use admission::Admission;
pub use builder::OAuthBuilder;
pub(crate) use caller::{Caller, Login, SignedIn};
pub(crate) use claim::{Claim, Claimed, Ending, OtherAccount};
pub use handle::OAuth;
pub(crate) use held_form::HeldForm;
