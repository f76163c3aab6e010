//! One authorization, from the redirect to the return.

mod resume;
mod scope_list;
mod intent;
mod record;
mod begin;
mod finish;
mod callback;

pub(crate) use begin::{Begin, Begun, forget_all};
pub(crate) use callback::Returned;
pub(crate) use intent::{Action, Intent};
pub(crate) use resume::Resume;
