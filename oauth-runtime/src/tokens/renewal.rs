//! An answer to a refresh, until it is written.

use super::AccountRow;
use super::flights::Row;
use super::merge::{merge_late, merge_overtaken, merge_refresh};
use crate::clock::Timestamp;
use crate::protocol::TokenResponse;

/// What the provider answered to a refresh.
pub(super) struct Renewal {
    /// The row of which the tokens were renewed.
    pub(super) before: Row,
    pub(super) response: TokenResponse,
    pub(super) jitter: u8,
    pub(super) asked_at: Timestamp,
}

impl Renewal {
    /// The row with it; `None` where the row has moved on, so that nothing is left to write.
    pub(super) fn apply(&self, row: &AccountRow) -> Option<AccountRow> {
        let Self { before, response, jitter, asked_at } = self;
        let before = &before.value;
        match (&row.tokens, &before.tokens) {
            // An API may have refused the access token meanwhile, which then ended early.
            (Some(held), Some(tokens)) if held.is_same_but_for_its_end(tokens) => {
                Some(merge_refresh(row, response, *jitter, *asked_at))
            }
            // Another authorization overtook this answer: what it brought stands.
            (Some(held), Some(tokens)) if held.has_same_refresh_token(tokens) => {
                merge_overtaken(row, response)
            }
            (None, _) => merge_late(row, before, response, *jitter, *asked_at),
            _ => None,
        }
    }
}
