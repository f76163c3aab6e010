//! The pages that people see when something other than the handler answers.

mod appearance;
mod brand;
mod form;
mod kind;
mod language;
mod notice;
mod own;
mod page;
mod connection;
mod texts;

pub(crate) use appearance::Appearance;
pub use brand::Brand;
pub use connection::{AskedScope, Connection};
pub use form::{Field, KeptForm};
pub use kind::{LinkKind, PageKind};
pub use language::Language;
pub(crate) use notice::{Accounts, Notice};
pub use own::{PageHtml, Pages};
pub use page::{Link, Page};
