//! English.

mod labels;
mod words;

pub(super) use labels::{LABELS, LINKS};
pub(super) use words::{AFTER_BEGIN, WORDS};
