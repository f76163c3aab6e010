//! One authorization, from the redirect to the return.

mod scope_list;
mod intent;
mod record;
mod held;
mod visitor;
mod browser;
mod begin;
mod linking;
mod finish;
mod denial;
mod callback;

pub(crate) use begin::{Begin, Begun, KnownAccount, forget_all};
pub(crate) use denial::Returned;
pub(crate) use held::{HoldLink, MAX_FORM, find as find_held, may_be_held, take as take_held};
pub(crate) use intent::{Action, Intent};
pub(crate) use visitor::Visitor;
