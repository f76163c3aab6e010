//! Registering this app as a receiver of security events (Google's RISC API).

use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use super::refusal::{Call, MAX_REFUSAL, Refusal, is_success};
use crate::error::{Code, Error};
use crate::http::Outgoing;
use crate::oauth::{OAuth, Route};
use crate::protocol::{SecurityEventKind, management_token};
use crate::provider::{Provider, ServiceAccountKey, is_loopback};
use crate::web::bearer;

/// How an event is delivered, in Google's name for RFC 8935.
const PUSH: &str = "https://schemas.openid.net/secevent/risc/delivery-method/push";

impl OAuth {
    /// Tells Google where to send its security events: to this app's `security-events` route.
    /// Once for each address suffices; doing it again changes nothing.
    ///
    /// The key is that of a service account of the same project, with the role "RISC
    /// Configuration Admin". See [`with_security_events`](crate::OAuthBuilder::with_security_events).
    ///
    /// ```no_run
    /// # async fn shown(oauth: oauth_runtime::OAuth) -> Result<(), oauth_runtime::Error> {
    /// use oauth_runtime::ServiceAccountKey;
    ///
    /// let key = ServiceAccountKey::from_file("risc_admin.json")?;
    /// oauth.register_security_events(&key).await?;
    /// oauth.verify_security_events(&key, "a word that comes back into the log").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `config_option` without `with_security_events`, `config_public_url` if the app's address
    /// is none that Google can reach, `service_account` if Google refuses the key or its role,
    /// or that Google cannot be asked.
    pub async fn register_security_events(&self, key: &ServiceAccountKey) -> Result<(), Error> {
        let url = self.security_events_url()?;
        let wanted = SecurityEventKind::WANTED.map(SecurityEventKind::uri);
        let stream = json!({
            "delivery": { "delivery_method": PUSH, "url": url }, "events_requested": wanted,
        });
        self.manage_events(key, "stream:update", &stream).await
    }

    /// Has Google send an event that proves that they arrive. It comes within seconds, and the
    /// log has its `state`.
    ///
    /// # Errors
    /// As [`register_security_events`](Self::register_security_events).
    pub async fn verify_security_events(
        &self,
        key: &ServiceAccountKey,
        state: &str,
    ) -> Result<(), Error> {
        self.security_events_url()?;
        self.manage_events(key, "stream:verify", &json!({ "state": state })).await
    }

    fn security_events_url(&self) -> Result<String, Error> {
        let urls = &self.0.urls;
        if !self.0.accounts.receives_events() {
            return Err(Error::new(Code::ConfigOption, "the app receives no security events")
                .with_help("say so when it is built: `.with_security_events()`"));
        }
        if !urls.is_https() && !is_loopback(self.event_provider()?.token_endpoint()) {
            let text = "security events are sent to https addresses alone";
            return Err(Error::new(Code::ConfigPublicUrl, text).with_help(
                "do this where the app runs in public, with its own `with_public_url`",
            ));
        }
        Ok(format!("{}{}", urls.origin_text(), urls.path(Route::SecurityEvents)))
    }

    fn event_provider(&self) -> Result<&Provider, Error> {
        let id = self.0.accounts.providers.google();
        let none = || Error::new(Code::ConfigOption, "Google is none of the app's providers");
        Ok(self.provider(id.ok_or_else(none)?))
    }

    async fn manage_events(
        &self,
        key: &ServiceAccountKey,
        method: &str,
        body: &Value,
    ) -> Result<(), Error> {
        let base = self.event_provider()?.api_base("risc");
        let url = Url::parse(&format!("{base}/v1beta/{method}"));
        let url = url.map_err(|_| Error::new(Code::Internal, "an API without an address"))?;
        let mut request = Outgoing::new(Method::POST, url);
        let token = management_token(key, self.0.clock.now())?;
        request.headers.insert(header::AUTHORIZATION, bearer(token.expose()));
        let json = http::HeaderValue::from_static("application/json");
        request.headers.insert(header::CONTENT_TYPE, json);
        request.body = body.to_string().into();
        let (call, secret) = (request.clone(), token.expose());
        let call = Call { method: &call.method, url: &call.url, hides_path: false };
        let answer = self.http().open(request).await?;
        let status = answer.status();
        if is_success(status) {
            return Ok(());
        }
        let answer = answer.beginning(MAX_REFUSAL).await;
        let (headers, body) = (answer.headers(), answer.body());
        let refusal = Refusal { call: Some(call), status, headers, body };
        let error = refusal.error(self.event_provider()?, secret, self.0.clock.now());
        if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(error);
        }
        let text = format!("the service account {} may not do this: {}", key.email(), error.text());
        Err(Error::new(Code::ServiceAccount, text).with_api_status(status).with_help(
            "give it the role \"RISC Configuration Admin\" in the app's project, and enable the \
             RISC API there",
        ))
    }
}
