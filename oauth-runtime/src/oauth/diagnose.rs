//! Looks at everything that an app depends on.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{HeaderMap, header};

use super::diagnosis::{Check, Diagnosis, Severity};
use super::handle::OAuth;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::tokens::{ProviderClient, ProviderId};

/// ID tokens are refused beyond a minute.
const WRONG_CLOCK: Duration = Duration::from_secs(60);
const ODD_CLOCK: Duration = Duration::from_secs(20);
/// So many authorizations say something about all of them.
const SOME: u64 = 5;

impl OAuth {
    /// Looks at everything that the app depends on: its addresses, its routes, its store, its
    /// keys, its clock, and whether each provider answers. Nobody's token is used, and nothing
    /// is changed but for one row of the store that ends in a minute.
    ///
    /// Behind a command of the app's own it tells an operator at a glance what is wrong; in
    /// development the page `/oauth/doctor` shows the same. Each check has a stable
    /// [code](Check::code): see [`operate`](crate::guide::operate#is-it-set-up-right).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oauth_runtime::Error> {
    /// # let fake = oauth_runtime::fake::FakeGoogle::start().await?;
    /// let oauth = fake.builder_for("http://localhost:8080/oauth/callback")?.build()?;
    /// # let _: axum::Router = oauth.routes().with_state(());
    /// let diagnosis = oauth.diagnose().await;
    /// print!("{diagnosis}");
    /// assert!(diagnosis.worst() < oauth_runtime::Severity::Failure);
    /// # Ok(()) }
    /// ```
    pub async fn diagnose(&self) -> Diagnosis {
        let mut checks = vec![self.check_address(), self.check_cookies(), self.check_routes()];
        checks.push(self.check_store().await);
        for id in self.0.accounts.providers.ids() {
            self.check_provider(id, &mut checks).await;
        }
        checks.push(self.check_refresh_tokens());
        #[cfg(feature = "manifest")]
        checks.push(self.check_scopes());
        Diagnosis { checks }
    }

    /// The same, and what the headers of a request say of the way to the app: the name by which
    /// it was opened, and the proxies before it.
    pub async fn diagnose_request(&self, headers: &HeaderMap) -> Diagnosis {
        let mut diagnosis = self.diagnose().await;
        diagnosis.checks.push(self.check_host(headers));
        diagnosis
    }

    fn check_address(&self) -> Check {
        let uris = self.0.accounts.providers.ids().map(|id| self.0.urls.redirect_uri(id.index()));
        let text = format!(
            "people reach the app at {} and come back to {}",
            self.0.urls.origin_text(),
            uris.collect::<Vec<_>>().join(" and ")
        );
        if self.0.urls.is_loopback() {
            return Check::new("redirect_uri", Severity::Note, text)
                .with_help("on loopback, nobody but you can sign in");
        }
        Check::new("redirect_uri", Severity::Good, text)
    }

    fn check_cookies(&self) -> Check {
        if self.0.urls.is_https() {
            let text = "cookies are `Secure`, and bound to this host by `__Host-`";
            return Check::new("cookies", Severity::Good, text);
        }
        Check::new("cookies", Severity::Note, "cookies travel over plain http, on loopback")
    }

    fn check_routes(&self) -> Check {
        if self.0.routed.load(Ordering::Relaxed) {
            return Check::new("routes", Severity::Good, "the app took the library's routes");
        }
        Check::new("routes", Severity::Failure, "the app has no callback: nobody can come back")
            .with_help("add `.merge(oauth.routes())` to its router")
    }

    async fn check_store(&self) -> Check {
        let Some(vault) = &self.0.vault else {
            let text = "sessions and tokens are in memory, and end with this process";
            return Check::new("store", Severity::Note, text)
                .with_help("give `with_store` and `with_keys` where that matters");
        };
        // A row of its own is read with whatever keys; the index is read with those that made it.
        let keys = self.0.accounts.index.place([]).await.map(drop);
        let probed = self.0.claims.probe(self.0.clock.now()).await;
        match probed.and(keys) {
            Ok(()) => {
                let text = format!("the store ({}) keeps what it is given", vault.name());
                Check::new("store", Severity::Good, text)
            }
            Err(error) => failed("store", &error),
        }
    }

    async fn check_provider(&self, id: ProviderId, checks: &mut Vec<Check>) {
        let client = self.0.accounts.providers.get(id);
        let key = client.provider().key();
        match client.reach().await {
            Ok(date) => {
                let text = format!("{} answers", client.provider().name());
                checks.push(Check::new("provider", Severity::Good, text).of(key));
                checks.extend(date.map(|date| clock(self.0.clock.now(), date).of(key)));
            }
            Err(error) => checks.push(failed("provider", &error).of(key)),
        }
        checks.extend(keys(client).await.map(|check| check.of(key)));
    }

    /// Without a refresh token, access ends with the first access token.
    fn check_refresh_tokens(&self) -> Check {
        let (all, without) = self.0.accounts.authorized.counts();
        let text = match without {
            0 => format!("{all} authorizations since the start, each with a refresh token"),
            _ => format!("{without} of {all} authorizations since the start have no refresh token"),
        };
        if all < SOME || without * 2 < all {
            return Check::new("refresh_tokens", Severity::Good, text);
        }
        Check::new("refresh_tokens", Severity::Warning, text)
            .with_help("access ends after an hour: see what the provider wants for offline access")
    }

    #[cfg(feature = "manifest")]
    fn check_scopes(&self) -> Check {
        use crate::scope::Sensitivity::{Restricted, Sensitive, Unknown};
        let manifest = self.manifest();
        let of = |sensitivity| {
            manifest.scopes().iter().filter(|scope| scope.sensitivity() == sensitivity).count()
        };
        let (sensitive, restricted, unknown) = (of(Sensitive), of(Restricted), of(Unknown));
        if sensitive + restricted + unknown == 0 {
            return Check::new("scopes", Severity::Good, "no scope needs a verification");
        }
        let text = format!(
            "scopes: {sensitive} sensitive, {restricted} restricted, {unknown} of unknown sensitivity"
        );
        Check::new("scopes", Severity::Note, text).with_help(
            "until the provider has verified the app, people see a warning; \
             `oauth.manifest().to_markdown()` is the table for the form",
        )
    }

    fn check_host(&self, headers: &HeaderMap) -> Check {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let (host, origin) = (text(header::HOST).unwrap_or("(none)"), self.0.urls.origin_text());
        let (_, expected) = origin.split_once("://").unwrap_or_default();
        let proxied = headers.contains_key("x-forwarded-host") || headers.contains_key("forwarded");
        if host.eq_ignore_ascii_case(expected) {
            return Check::new("host", Severity::Good, format!("this request came to {host}"));
        }
        let text = format!("this request came to {host}, and the public URL is {origin}");
        if proxied {
            return Check::new("host", Severity::Note, text)
                .with_help("a proxy renames it; the library never reads what it says");
        }
        Check::new("host", Severity::Warning, text).with_help(format!(
            "open the app at {origin}: under another name its cookies are not found"
        ))
    }
}

fn failed(code: &'static str, error: &Error) -> Check {
    let check = Check::new(code, Severity::Failure, error.text().to_owned());
    match error.help() {
        Some(help) => check.with_help(help),
        None if error.is_transient() => check.with_help("it may pass; look at the network"),
        None => check,
    }
}

fn clock(here: Timestamp, there: Timestamp) -> Check {
    let apart = here.since(there).max(there.since(here));
    let text = format!("the clocks here and there are {} seconds apart", apart.as_secs());
    let severity = match apart {
        apart if apart > WRONG_CLOCK => Severity::Failure,
        apart if apart > ODD_CLOCK => Severity::Warning,
        _ => return Check::new("clock", Severity::Good, text),
    };
    Check::new("clock", severity, text)
        .with_help("set this machine's clock: beyond a minute, ID tokens are refused")
}

async fn keys(client: &ProviderClient) -> Option<Check> {
    Some(match client.keys().await? {
        Ok(keys) if keys.unusable().is_empty() => {
            let text = format!("keys to verify ID tokens with: {}", keys.len());
            Check::new("jwks", Severity::Good, text)
        }
        Ok(keys) => {
            let text = format!(
                "keys to verify ID tokens with: {}; unusable ones: {}",
                keys.len(),
                keys.unusable().join("; ")
            );
            Check::new("jwks", Severity::Note, text)
                .with_help("a token signed with one of those is refused")
        }
        Err(error) => failed("jwks", &error),
    })
}
