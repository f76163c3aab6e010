//! Who is signed in: the cookies and the session rows behind them.

pub(crate) mod cookie;
mod sealed_cookie;
mod sessions;

pub(crate) use cookie::{CookieNames, SetCookie};
pub(crate) use sealed_cookie::{decode, encode, open, seal};
pub(crate) use sessions::{AccountKey, Lifetimes, Lineage, Session, SessionRow, Sessions};
