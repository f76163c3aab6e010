//! The part of the configuration that says who is told what happened.

use std::sync::Arc;

use super::builder::OAuthBuilder;
use super::handle::OAuth;
use crate::error::{Code, Error};
use crate::protocol::AccountId;
use crate::store::Vault;
use crate::telemetry::{Act, Action, Audit, AuditEvent, AuditKind};
use crate::tokens::{Accounts, EventRows, ProviderId};

impl OAuthBuilder {
    /// Tells the app of everything that happens to somebody's access: authorized, declined,
    /// refreshed, lost, disconnected, unlinked, signed out. For a record that the app has to
    /// keep, or a person wants to see.
    ///
    /// The hook is called after the fact, on the task that did it: it must not block. Send the
    /// event to a task of your own where writing it takes time. What one node did, that node
    /// tells.
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    /// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .with_audit(move |event| drop(sender.send(event.clone())))
    ///     .build()?;
    /// # let _ = async move {
    /// while let Some(event) = events.recv().await {
    ///     println!("{} {}: {}", event.at(), event.account(), event.kind().as_str());
    /// }
    /// # };
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_audit(mut self, hook: impl Fn(&AuditEvent) + Send + Sync + 'static) -> Self {
        self.audit = Audit::new(hook);
        self
    }
}

impl OAuthBuilder {
    /// Receives Google's security events (Cross-Account Protection, RISC): what happens to an
    /// account at Google by itself, such as a theft, ends sessions and tokens here at once, and
    /// is told to [`with_audit`](Self::with_audit).
    ///
    /// They come to the route `security-events` once [`OAuth::register_security_events`] has
    /// said where. The store then also keeps by which names an event may call each refresh
    /// token, in two more rows an account.
    ///
    /// | event | here |
    /// |---|---|
    /// | `sessions-revoked`, `account-disabled` | every session of the account ends |
    /// | `tokens-revoked` | tokens are deleted, and sessions end; whoever gave all back here just before stays signed in |
    /// | `account-purged` | tokens are deleted, and sessions end |
    /// | `token-revoked` | the tokens that it names are deleted |
    /// | `account-enabled`, `account-credential-change-required` | the app is told |
    ///
    /// An app with a [login of its own](Self::with_login) ends its own sessions, as it is told.
    ///
    /// ```
    /// # use oauth_runtime::{ClientCredentials, OAuth};
    /// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
    ///     .with_redirect_uri("http://localhost:8080/oauth/callback")
    ///     .with_security_events()
    ///     .with_audit(|event| println!("{}: {}", event.account(), event.kind().as_str()))
    ///     .build()?;
    /// # Ok::<(), oauth_runtime::Error>(())
    /// ```
    pub fn with_security_events(mut self) -> Self {
        self.security_events = true;
        self
    }
}

/// The accounts of an app that may want events, if somebody sends them.
pub(super) fn receiving(
    wanted: bool,
    accounts: Accounts,
    vault: Option<&Arc<Vault>>,
) -> Result<Accounts, Error> {
    if wanted && accounts.providers.google().is_none() {
        let text = "no provider of the app sends security events";
        return Err(Error::new(Code::ConfigOption, text)
            .with_help("Google does: leave `with_security_events` out where it is not there"));
    }
    Ok(if wanted { accounts.with_events(EventRows::new(vault)) } else { accounts })
}

impl OAuth {
    /// Tells whoever wants to know; nothing is made for nobody.
    pub(crate) fn tell(&self, kind: AuditKind, account: &AccountId) {
        let now = || self.0.clock.now();
        self.0.accounts.audit.tell(|| AuditEvent::new(kind, account, now()));
    }

    /// Begins something that is measured, at this provider.
    pub(crate) fn begin(&self, action: Action, provider: ProviderId) -> Act {
        Act::begin(action, self.provider(provider).key(), self.0.clock.now())
    }

    pub(crate) fn end(&self, act: Act, outcome: &'static str) {
        act.end(outcome, self.0.clock.now());
    }
}
