//! The provider, spoken to directly: exchange, refresh, and whom an ID token names.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, header};
use tracing::warn;
use url::Url;

use super::client_standing::ClientStanding;
use crate::clock::{Clock, Timestamp};
use crate::error::{Code, Error};
use crate::http::{HttpClient, Outgoing};
use crate::jwks::Jwks;
use crate::protocol::{
    CodeVerifier, Expected, Identity, JwkSet, Jws, Reason, Refused, RevocationRequest,
    StateVerified, TokenError, TokenRequest, TokenResponse, complete, is_of, may_tell_more,
    read_user,
};
use crate::provider::{Identification, Provider};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::session::AccountKey;

/// The longest answer of a user API.
const MAX_USER: usize = 64 * 1024;

pub(crate) struct ProviderClient {
    provider: Provider,
    /// What every authorization asks for.
    base_scopes: ScopeSet,
    http: HttpClient,
    /// The keys of its ID tokens, where it has some.
    jwks: Option<Jwks>,
    clock: Arc<dyn Clock>,
    standing: ClientStanding,
}

impl ProviderClient {
    pub(crate) fn new(
        provider: Provider,
        base_scopes: ScopeSet,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let jwks = match provider.identification() {
            Identification::IdToken { jwks, .. } => {
                Some(Jwks::new(jwks.clone(), http.clone(), clock.clone()))
            }
            Identification::UserApi(_) => None,
        };
        let standing = ClientStanding::default();
        Self { provider, base_scopes, http, jwks, clock, standing }
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }

    pub(crate) fn base_scopes(&self) -> &ScopeSet {
        &self.base_scopes
    }

    pub(crate) fn http(&self) -> &HttpClient {
        &self.http
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Whether the token endpoint can be reached, whatever it answers, and what time it is there.
    pub(crate) async fn reach(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.http.get(self.provider.token_endpoint()).await?.date)
    }

    /// The keys that ID tokens are verified with, where there are such.
    pub(crate) async fn keys(&self) -> Option<Result<Arc<JwkSet>, Error>> {
        Some(self.jwks.as_ref()?.current().await)
    }

    /// What a token says that the provider signed.
    pub(crate) async fn signed_payload<'a>(&self, jws: &'a Jws<'_>) -> Result<&'a [u8], Error> {
        let none = || Error::new(Code::IdTokenInvalid, "the provider publishes no keys");
        self.jwks.as_ref().ok_or_else(none)?.payload(jws).await
    }

    /// Exchanges a code, once: whether the provider saw it is never certain, so nothing here
    /// tries again.
    pub(crate) async fn exchange(
        &self,
        proof: StateVerified,
        code: &Secret,
        verifier: &CodeVerifier,
        redirect_uri: &str,
    ) -> Result<TokenResponse, Error> {
        let request = TokenRequest::code(proof, code, verifier, redirect_uri);
        let secrets = [code.expose(), verifier.expose()];
        let response = self.ask(&request, secrets).await;
        if let Err(TokenError::ClientRefused(_)) = response {
            self.standing.refused();
        }
        Ok(response?)
    }

    /// Renews the tokens of this account. A refusal of the client is one of this account, as long as
    /// nothing shows that others hear the same.
    pub(crate) async fn refresh(
        &self,
        account: AccountKey,
        token: &Secret,
    ) -> Result<TokenResponse, TokenError> {
        match self.ask(&TokenRequest::refresh(token), [token.expose(), ""]).await {
            Err(TokenError::Refused(Refused { reason: Reason::Client, words }))
                if self.standing.refused_for(account) =>
            {
                Err(TokenError::ClientRefused(words))
            }
            response => response,
        }
    }

    /// When the provider last gave tokens to this client, on this node.
    pub(crate) fn served_at(&self) -> Option<Timestamp> {
        self.standing.served_at()
    }

    /// Revokes what a token stands for. `None` where the provider offers no way to.
    pub(crate) async fn revoke(&self, token: &Secret) -> Option<Result<(), Error>> {
        let endpoint = self.provider.revocation_endpoint()?;
        let form = RevocationRequest::new(token).form(&self.provider);
        let answer = self.http.post_form(endpoint, &form.fields, form.basic.as_ref()).await;
        Some(answer.and_then(|answer| {
            RevocationRequest::parse(answer.status, answer.retry_after, &answer.body)
        }))
    }

    /// Whom the response of a code exchange speaks of; `asked` is what the request asked for.
    pub(crate) async fn identity(
        &self,
        response: &TokenResponse,
        nonce: &str,
        asked: &ScopeSet,
    ) -> Result<Identity, Error> {
        if let Identification::UserApi(api) = self.provider.identification() {
            let body = self.ask_api(&api.endpoint, &response.access_token).await?;
            return read_user(api, self.provider.issuer(), &body);
        }
        let token = response.id_token.as_ref().ok_or_else(|| {
            Error::new(Code::ProviderResponse, "the token response has no ID token")
        })?;
        let mut identity = self.verify(token, Some(nonce), response).await?;
        if let Some(endpoint) = self.provider.userinfo_endpoint()
            && may_tell_more(&identity, asked)
        {
            // Who signs in is known without it, so that its failure is none of the sign-in.
            match self.ask_api(endpoint, &response.access_token).await {
                Ok(body) => complete(&mut identity, &body)?,
                Err(error) => warn!(code = error.code(), "the provider tells no e-mail or name"),
            }
        }
        Ok(identity)
    }

    /// What the provider says of the person whose token it is (OpenID Connect Core §5.3.1).
    async fn ask_api(&self, endpoint: &Url, token: &Secret) -> Result<Vec<u8>, Error> {
        let unwritable = |_| Error::new(Code::Internal, "an access token fits into no header");
        let mut bearer =
            HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(unwritable)?;
        bearer.set_sensitive(true);
        let mut request = Outgoing::new(Method::GET, endpoint.clone());
        request.headers.insert(header::AUTHORIZATION, bearer);
        request.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.http.open(request).await?.read(MAX_USER).await?;
        if answer.status() == StatusCode::OK {
            return Ok(answer.into_body());
        }
        let status = answer.status();
        let code = match status {
            StatusCode::TOO_MANY_REQUESTS => Code::ProviderUnavailable,
            status if status.is_server_error() => Code::ProviderUnavailable,
            _ => Code::ProviderResponse,
        };
        Err(Error::new(code, format!("the provider's user API answered with {status}")))
    }

    /// A refresh may bring an ID token, which then has to name the same account, and this client
    /// (OpenID Connect Core §12.2). TLS says who sent it (§3.1.3.7, 6), so that neither its signature
    /// nor a key set stands between the answer and the row that keeps it. Nothing else of it is used.
    ///
    /// # Errors
    /// `id_token_invalid` if it is of another account, or for another client.
    pub(crate) fn check_refreshed_identity(
        &self,
        response: &TokenResponse,
        known: &Identity,
    ) -> Result<(), Error> {
        match response.id_token.as_ref().filter(|_| self.jwks.is_some()) {
            Some(token) if !is_of(token, &self.provider, &known.id) => {
                let text = "the refreshed ID token is of another account, or for another client";
                Err(Error::new(Code::IdTokenInvalid, text))
            }
            _ => Ok(()),
        }
    }

    async fn verify(
        &self,
        token: &Secret,
        nonce: Option<&str>,
        response: &TokenResponse,
    ) -> Result<Identity, Error> {
        let expected = Expected {
            provider: &self.provider,
            nonce,
            access_token: &response.access_token,
            now: self.clock.now(),
        };
        let unknown = || Error::new(Code::IdTokenInvalid, "the provider has no ID tokens");
        self.jwks.as_ref().ok_or_else(unknown)?.verify(token, &expected).await
    }

    async fn ask(
        &self,
        request: &TokenRequest<'_>,
        [first, second]: [&str; 2],
    ) -> Result<TokenResponse, TokenError> {
        let form = request.form(&self.provider);
        let endpoint = self.provider.token_endpoint();
        let answer = self.http.post_form(endpoint, &form.fields, form.basic.as_ref()).await?;
        let unstated = self.provider.unstated_lifetime();
        let (status, retry_after) = (answer.status, answer.retry_after);
        let response = TokenResponse::parse(request, unstated, status, retry_after, &answer.body);
        let own = self.provider.credentials().client_secret().expose();
        let response = response.map_err(|error| error.without(&[first, second, own]))?;
        self.standing.served(self.clock.now());
        let scope = response.scope.as_deref().map(|scope| self.provider.read_scope(scope));
        Ok(TokenResponse { scope, ..response })
    }
}
