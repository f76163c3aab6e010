//! The provider's keys, cached, and fetched again when a token names an unknown one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tracing::warn;
use url::Url;

use crate::clock::{Clock, Timestamp};
use crate::error::{Code, Error};
use crate::http::HttpClient;
use crate::protocol::{Expected, Identity, JwkSet, Jws, Unverified, verify_id_token};
use crate::secret::Secret;

/// A set this old is fetched anew; while that fails, it serves on for as long again.
const MAX_AGE: Duration = Duration::from_secs(12 * 3600);
const MAX_STALE: Duration = Duration::from_secs(24 * 3600);
/// How often unknown names may make us ask, so that junk tokens cannot flood the provider.
const REFETCH_PAUSE: Duration = Duration::from_secs(60);

/// Verifies ID tokens with the keys at one address.
pub(crate) struct Jwks {
    uri: Url,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    /// Held across a fetch, so that many tokens wait for one.
    cached: Mutex<Option<Cached>>,
}

#[derive(Clone)]
struct Cached {
    keys: Arc<JwkSet>,
    fetched_at: Timestamp,
    /// Of the last try, also one that failed.
    tried_at: Timestamp,
}

impl Jwks {
    pub(crate) fn new(uri: Url, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self { uri, http, clock, cached: Mutex::new(None) }
    }

    /// Whom the token names, if a key of the provider signed it and every claim fits.
    pub(crate) async fn verify(
        &self,
        token: &Secret,
        expected: &Expected<'_>,
    ) -> Result<Identity, Error> {
        let jws = Jws::parse(token.expose(), expected.provider.algorithms())?;
        let keys = self.keys(None).await?;
        let payload = match jws.verify(&keys) {
            Ok(payload) => payload,
            Err(Unverified::BadSignature) => return Err(unverified("its key")),
            Err(Unverified::UnknownKey) => {
                let newer = self.keys(Some(&keys)).await?;
                jws.verify(&newer).map_err(|_| unverified("any key of the provider"))?
            }
        };
        verify_id_token(payload, expected)
    }

    /// The keys; newer ones than `known`, if there may be such.
    async fn keys(&self, known: Option<&Arc<JwkSet>>) -> Result<Arc<JwkSet>, Error> {
        let mut cached = self.cached.lock().await;
        let now = self.clock.now();
        if let Some(cached) = &*cached {
            let fetched_since = known.is_some_and(|known| !Arc::ptr_eq(known, &cached.keys));
            let young = known.is_none() && now.since(cached.fetched_at) < MAX_AGE;
            let tried = now.since(cached.tried_at) < REFETCH_PAUSE;
            if fetched_since || young || tried {
                return Ok(cached.keys.clone());
            }
        }
        match self.fetch().await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *cached = Some(Cached { keys: keys.clone(), fetched_at: now, tried_at: now });
                Ok(keys)
            }
            Err(error) => Self::stale(&mut cached, now, error),
        }
    }

    /// A provider whose keys cannot be had just now still has the ones it had.
    fn stale(
        cached: &mut Option<Cached>,
        now: Timestamp,
        error: Error,
    ) -> Result<Arc<JwkSet>, Error> {
        match cached {
            Some(cached) if now.since(cached.fetched_at) < MAX_STALE => {
                warn!(code = error.code(), "the provider's keys cannot be fetched: old ones serve");
                cached.tried_at = now;
                Ok(cached.keys.clone())
            }
            _ => Err(error),
        }
    }

    async fn fetch(&self) -> Result<JwkSet, Error> {
        let answer = self.http.get(&self.uri).await?;
        if answer.status != 200 {
            let text = format!("the provider's keys were answered with {}", answer.status);
            return Err(Error::new(Code::ProviderUnavailable, text));
        }
        JwkSet::parse(&answer.body)
    }
}

fn unverified(by: &str) -> Error {
    Error::new(Code::IdTokenInvalid, format!("the ID token is not signed by {by}"))
}
