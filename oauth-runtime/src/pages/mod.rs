//! The pages that people see when something other than the handler answers.

mod page;
mod texts;

pub(crate) use page::{CONTENT_SECURITY_POLICY, Page};
