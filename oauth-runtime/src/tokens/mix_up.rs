//! A refresh that the provider answers with the tokens of another account.

use std::sync::Arc;

use tracing::error;

use super::Accounts;
use super::circuit::Heard;
use super::flights::Row;
use super::refresh::{Failure, holds};
use crate::error::Error;
use crate::protocol::TokenResponse;
use crate::session::AccountKey;

impl Accounts {
    /// Whether what came is this account's.
    pub(super) fn check_identity(&self, response: &TokenResponse, row: &Row) -> Result<(), Error> {
        let client = self.providers.vouching(row.value.identity.issuer())?;
        client.check_refreshed_identity(response, &row.value.identity)
    }

    /// The provider answered with tokens of another account: nothing of the answer is kept, the
    /// access ends, and what could still be used goes to the outbox.
    pub(super) async fn mixed_up(
        self: &Arc<Self>,
        key: &AccountKey,
        row: &Row,
        response: &TokenResponse,
        error: Error,
    ) -> Failure {
        error!(code = error.code(), error = %error.text(), "a refresh answered for another account");
        let issuer = row.value.id().issuer();
        let came = response.refresh_token.as_ref().unwrap_or(&response.access_token);
        let sent = row.value.tokens.as_ref().and_then(|tokens| tokens.refresh.as_ref());
        let mut tickets = Vec::new();
        for token in [Some(came), sent].into_iter().flatten() {
            match self.write_down(key, issuer, token.clone()).await {
                Ok(ticket) => tickets.extend(ticket),
                Err(error) => {
                    error!(code = error.code(), "a token of a mix-up will not be revoked");
                }
            }
        }
        let now = self.clock().now();
        let ended = self.change(key, |row| {
            let row = row.filter(|row| sent.is_some_and(|token| holds(row, token)));
            Ok::<_, Error>(row.map(|row| row.ended(now)))
        });
        if let Err(error) = ended.await {
            return error.into();
        }
        for ticket in tickets {
            let accounts = self.clone();
            self.flights.tasks.spawn(async move { accounts.revoke_now_or_later(ticket).await });
        }
        Failure { error, pause: None, heard: Heard::Answer }
    }
}
