//! The receiver of security events (RFC 8935): where a provider says by itself what happened to
//! an account.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;
use tracing::info;

use super::visit::send;
use super::{body, respond};
use crate::error::{Code, Error};
use crate::oauth::OAuth;
use crate::protocol::{Jws, SecurityEvents, Unfit};

/// More than any event has.
const MAX_BODY: usize = 32 * 1024;

/// Why an event was not taken.
enum Refused {
    /// It is none for us: RFC 8935 §2.4 has a word for each.
    Unfit(&'static str, String),
    /// It cannot be acted on now, and is to be sent again.
    Later(Error),
}

/// Every event that a key of the provider signed is acknowledged: whoever sends it learns nothing
/// of whether we know the account, and has no reason to send it again.
pub(super) async fn receive(State(oauth): State<OAuth>, token: Body) -> Response {
    match received(&oauth, token).await {
        Ok(()) => send(respond::bare(StatusCode::ACCEPTED)),
        Err(Refused::Unfit(word, text)) => {
            // Anybody can send junk here: it is no alarm.
            info!(outcome = word, text, "a security event is not taken");
            let mut response = respond::bare(StatusCode::BAD_REQUEST);
            *response.body_mut() = json!({ "err": word, "description": text }).to_string();
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            let language: HeaderName = header::CONTENT_LANGUAGE;
            response.headers_mut().insert(language, HeaderValue::from_static("en"));
            send(response)
        }
        Err(Refused::Later(error)) => error.into_response(),
    }
}

async fn received(oauth: &OAuth, token: Body) -> Result<(), Refused> {
    let request = |text: &str| Refused::Unfit("invalid_request", text.to_owned());
    let whole = body::whole(oauth, token, MAX_BODY).await;
    let whole = whole.map_err(|_| request("the body is too long, or did not arrive"))?;
    let text = std::str::from_utf8(&whole).map_err(|_| request("the body is no JWT"))?.trim();
    let providers = &oauth.0.accounts.providers;
    let id = providers.google().ok_or_else(|| request("nobody is expected to send any"))?;
    let (client, provider) = (providers.get(id), providers.get(id).provider());
    let jws = Jws::parse(text, provider.algorithms())
        .map_err(|error| Refused::Unfit("invalid_request", error.text().to_owned()))?;
    let payload = client.signed_payload(&jws).await.map_err(|error| match error.kind() {
        Code::IdTokenInvalid => Refused::Unfit("invalid_key", "no key of the issuer's".to_owned()),
        _ => Refused::Later(error),
    })?;
    let events = SecurityEvents::read(payload, provider, oauth.0.clock.now());
    let events = events.map_err(|unfit| match unfit {
        Unfit::Request(text) => request(text),
        Unfit::Issuer => Refused::Unfit("invalid_issuer", "another issuer".to_owned()),
        Unfit::Audience => Refused::Unfit("invalid_audience", "for another client".to_owned()),
    })?;
    oauth.0.accounts.receive(id, &events).await.map_err(Refused::Later)
}
