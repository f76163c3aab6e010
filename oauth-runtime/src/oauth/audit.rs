//! The part of the configuration that says who is told what happened.

use super::builder::OAuthBuilder;
use super::handle::OAuth;
use crate::protocol::AccountId;
use crate::telemetry::{Act, Action, Audit, AuditEvent, AuditKind};
use crate::tokens::ProviderId;

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
