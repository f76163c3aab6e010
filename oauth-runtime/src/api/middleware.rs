//! The client's care for those who call APIs through `reqwest-middleware`.

use std::future::Future;
use std::pin::Pin;

use http::{Extensions, Method, header};
use reqwest::{Request, Response};
use reqwest_middleware::{Error as Outer, Middleware, Next, Result};
use url::Url;

use super::client::{ApiClient, NO_OTHER};
use super::refusal::{Call, MAX_REFUSAL, Refusal, is_of_token, is_success, may_replace};
use crate::error::{BoxError, Code, Error};
use crate::web::{Grant, bearer};

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response>> + Send + 'a>>;

impl ApiClient {
    /// The same as a layer of `reqwest-middleware`, for a stack of your own (feature
    /// `reqwest-middleware`): it sends the token, to the hosts that may see it and to no other,
    /// replaces a token that an API does not take, and makes an error of every answer that is no
    /// success. Repetitions are up to other layers, which come after it (`.with(ours).with(retries)`):
    /// those before it see errors in the place of answers, and may wrap them, so that
    /// [`Error::from_middleware`] no longer knows what they were.
    ///
    /// Build the inner client without redirects: what an API answers must not say where the
    /// token goes. [`Error::from_middleware`] gives the error back that a handler returns.
    ///
    /// ```
    /// use oauth_runtime::{Error, Token, requires_scopes};
    /// use reqwest_middleware::ClientBuilder;
    ///
    /// #[requires_scopes("drive.file", why = "keep your notes in your Drive")]
    /// async fn notes(token: Token) -> Result<String, Error> {
    ///     let inner = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    ///     let inner = inner.build().expect("a TLS backend"); // once, in the app's state
    ///     let client = ClientBuilder::new(inner).with(token.client().into_middleware()).build();
    ///     let url = token.client().url("drive", "/drive/v3/files");
    ///     let answer = client.get(url).send().await.map_err(Error::from_middleware)?;
    ///     answer.text().await.map_err(|error| Error::from_middleware(error.into()))
    /// }
    /// ```
    pub fn into_middleware(self) -> impl Middleware {
        layer(move |request, extensions, next| {
            let client = self.clone();
            Box::pin(async move { client.pass(request, extensions, next).await })
        })
    }

    async fn pass(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        self.check_host(request.url()).map_err(Outer::middleware)?;
        let called = (request.method().clone(), request.url().clone());
        let again = request.try_clone().filter(|request| request.method().is_idempotent());
        let grant = self.grant();
        let answer = next.clone().run(with_token(request, grant), extensions).await?;
        let refused = match judged(grant, &called, answer).await {
            Err(error) if may_replace(grant, &error) => error,
            judged => return done(grant, judged),
        };
        let replaced = Box::pin(grant.replaced_for(&refused)).await;
        let grant = replaced.map_err(Outer::middleware)?;
        let Some(again) = again else { return done(&grant, Err(refused)) };
        let answer = next.run(with_token(again, &grant), extensions).await?;
        done(&grant, judged(&grant, &called, answer).await)
    }
}

impl Error {
    /// The error of the library in one of `reqwest-middleware`'s, where
    /// [`ApiClient::into_middleware`] put it: the right answer of the request whose handler has
    /// the token. Any other error of that client becomes `api_unavailable`.
    pub fn from_middleware(error: Outer) -> Self {
        let unknown = |source: BoxError| {
            Self::new(Code::ApiUnavailable, "the API cannot be reached").with_source(source)
        };
        match error {
            Outer::Middleware(error) => {
                error.downcast().unwrap_or_else(|error| unknown(error.into()))
            }
            // Its address may hold what must not be shown.
            Outer::Reqwest(error) => unknown(error.without_url().into()),
        }
    }
}

/// Names the lifetimes that a closure cannot.
fn layer<F>(layer: F) -> F
where
    F: for<'a> Fn(Request, &'a mut Extensions, Next<'a>) -> Answering<'a> + Send + Sync + 'static,
{
    layer
}

fn with_token(mut request: Request, grant: &Grant) -> Request {
    let bearer = bearer(grant.tokens.access.expose());
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    request
}

/// The answer, or the error that it is.
async fn judged(
    grant: &Grant,
    (method, url): &(Method, Url),
    answer: Response,
) -> std::result::Result<Response, Error> {
    let (status, headers) = (answer.status(), answer.headers().clone());
    if is_success(status) {
        return Ok(answer);
    }
    let (call, body) = (Some(Call { method, url, hides_path: false }), beginning(answer).await);
    Err(Refusal { call, status, headers: &headers, body: &body }.of_grant(grant))
}

/// The same as the layer's own result.
fn done(grant: &Grant, judged: std::result::Result<Response, Error>) -> Result<Response> {
    judged.map_err(|error| {
        let no_other = is_of_token(&error) && !may_replace(grant, &error);
        let error = if no_other { error.with_help(NO_OTHER) } else { error };
        Outer::middleware(grant.refused(error))
    })
}

/// As much of a refusal as is looked at, as far as it comes.
async fn beginning(mut answer: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk[..chunk.len().min(MAX_REFUSAL - body.len())]);
        if body.len() == MAX_REFUSAL {
            break;
        }
    }
    body
}
