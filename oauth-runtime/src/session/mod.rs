//! Who is signed in: the cookies and the session rows behind them, or the app's own users.

pub(crate) mod cookie;
mod sealed_cookie;
mod returns;
mod sessions;
mod owner;
mod owners;

pub(crate) use cookie::{CookieNames, SetCookie};
pub use owner::Owner;
pub(crate) use owners::{LinkConflict, OwnerKey, Owners};
pub(crate) use sealed_cookie::{decode, encode, open, seal};
pub(crate) use sessions::{AccountKey, Binding, Lifetimes, Session, Sessions};
