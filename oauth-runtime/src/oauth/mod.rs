//! The handle that an app holds, and the one place where its configuration is checked.

mod admission;
mod builder;
mod audit;
mod storage;
mod caller;
mod ending;
mod claim;
mod diagnosis;
mod diagnose;
mod handle;
mod held_form;
mod listed;
mod judging;
mod login_page;
mod people;
mod resume;
mod return_path;
mod room;
mod route;
mod sender;
mod trusted_origins;
mod urls;
mod who;

pub use admission::Admission;
pub use builder::OAuthBuilder;
pub(crate) use claim::{Claim, Claimed};
pub use diagnosis::{Check, Diagnosis, Severity};
pub(crate) use ending::{Ending, OtherAccount};
pub use handle::OAuth;
pub(crate) use held_form::{HeldForm, Unkept};
pub(crate) use resume::{KeptResume, Popup, Resume};
#[cfg(any(test, oauth_fuzz))]
pub(crate) use return_path::ReturnPath;
pub(crate) use route::Route;
pub(crate) use sender::{BrowserNumber, Sender, Viewer};
pub(crate) use urls::Urls;
pub(crate) use who::{Caller, Login, SignedIn};
