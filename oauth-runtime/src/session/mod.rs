//! Who is signed in: the cookies and the session rows behind them, or the app's own users.

pub(crate) mod cookie;
mod sealed_cookie;
mod returns;
mod row;
mod sessions;
mod disconnects;
mod owner;
mod owners;
mod records;

pub(crate) use cookie::{CookieNames, SetCookie};
pub(crate) use disconnects::{DisconnectCount, Disconnects};
pub use owner::Owner;
#[cfg(any(test, oauth_fuzz))]
pub(crate) use owners::OwnerRow;
pub(crate) use owners::{OwnerKey, Owners};
#[cfg(any(test, oauth_fuzz))]
pub(crate) use row::SessionRow;
pub(crate) use row::{AccountKey, Binding, Named, Number, Session};
pub(crate) use sealed_cookie::{decode, encode, open, seal};
pub(crate) use sessions::{Lifetimes, Sessions};
