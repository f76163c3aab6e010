//! German.

mod after_begin;
mod labels;
mod words;

pub(super) use after_begin::AFTER_BEGIN;
pub(super) use labels::{LABELS, LINKS};
pub(super) use words::WORDS;
