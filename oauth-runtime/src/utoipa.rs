//! The scopes of every operation in an `OpenAPI` document of the app.

use std::collections::BTreeMap;

use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    AuthorizationCode, Flow, OAuth2, Scopes, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, ComponentsBuilder, OpenApi};

use crate::manifest::{Manifest, ManifestEntry};
use crate::oauth::OAuth;
use crate::provider::Provider;
use crate::scope::Routed;
use crate::scope::Scope;

/// Gives every operation of an annotated handler its `security`, and the document the scheme it
/// refers to, with the endpoints of the provider.
///
/// An operation is found by method and path where a [typed router](crate::routing) has the
/// route, and else by its `operationId`, which `#[utoipa::path]` makes of the handler's name; an
/// id that two annotated handlers could mean is left alone and logged. A handler with `any(…)`
/// gets an alternative for each choice. What an operation says of its security itself stays, and
/// what the whole document demands is demanded of it as well.
///
/// ```
/// # use oauth_runtime::{ClientCredentials, OAuth};
/// use utoipa::Modify as _;
///
/// #[derive(utoipa::OpenApi)]
/// #[openapi()] // paths(notes, …)
/// struct Api;
///
/// # let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
/// #     .with_redirect_uri("http://localhost:8080/oauth/callback")
/// #     .build()?;
/// let mut api = <Api as utoipa::OpenApi>::openapi();
/// oauth.modify(&mut api);
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
impl Modify for OAuth {
    fn modify(&self, api: &mut OpenApi) {
        let (manifest, first) = (self.manifest(), self.first_provider().key());
        let mut used = Vec::new();
        let of_all = api.security.clone().unwrap_or_default();
        for (path, item) in &mut api.paths.paths {
            for (method, operation) in operations(item) {
                let public = self.is_public(method, path);
                let handler = (!public).then(|| handler_of(&manifest, method, path, operation));
                if let Some(handler) = handler.flatten() {
                    secure(operation, handler.provider().unwrap_or(first), handler, &of_all);
                    used.push(handler);
                }
            }
        }
        for id in self.0.accounts.providers.ids() {
            let provider = self.provider(id);
            let of_it = |one: &&&ManifestEntry| one.provider().unwrap_or(first) == provider.key();
            let handlers: Vec<_> = used.iter().filter(of_it).copied().collect();
            if !handlers.is_empty() {
                let components = api.components.get_or_insert_with(no_components);
                let scheme_of = || security_scheme(provider, &handlers).into();
                let name = provider.key().to_owned();
                components.security_schemes.entry(name).or_insert_with(scheme_of);
            }
        }
    }
}

/// Whether a route answers this operation.
fn is_at((of, at): (&str, &str), method: &str, path: &str) -> bool {
    (of == method || of == "ANY") && at.replace("{*", "{") == path.replace("{*", "{")
}

impl OAuth {
    /// Whether a typed router has a handler there that asks for nothing.
    fn is_public(&self, method: &str, path: &str) -> bool {
        let routes = self.known_routes();
        let here = |route: &&Routed| is_at((route.method, &route.path), method, path);
        routes.iter().filter(here).any(|route| route.declaration.is_none())
    }
}

fn no_components() -> Components {
    ComponentsBuilder::new().build()
}

fn security_scheme(provider: &Provider, handlers: &[&ManifestEntry]) -> SecurityScheme {
    let mut scopes = BTreeMap::new();
    for handler in handlers {
        for scope in handler.all_scopes() {
            let why: &mut Vec<&str> = scopes.entry(scope).or_default();
            why.extend(handler.why().filter(|reason| !why.contains(reason)));
        }
    }
    let scopes = scopes.into_iter().map(|(scope, why)| (scope.name().to_owned(), why.join("; ")));
    SecurityScheme::OAuth2(OAuth2::new([Flow::AuthorizationCode(AuthorizationCode::new(
        provider.authorization_endpoint().as_str(),
        provider.token_endpoint().as_str(),
        scopes.collect::<Scopes>(),
    ))]))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    let all = [
        ("GET", get),
        ("PUT", put),
        ("POST", post),
        ("DELETE", delete),
        ("OPTIONS", options),
        ("HEAD", head),
        ("PATCH", patch),
        ("TRACE", trace),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn handler_of<'a>(
    manifest: &'a Manifest,
    method: &str,
    path: &str,
    operation: &Operation,
) -> Option<&'a ManifestEntry> {
    let handlers = manifest.handlers();
    let is_here = |route: &String| {
        route.split_once(' ').is_some_and(|(of, at)| is_at((of, at), method, path))
    };
    if let Some(routed) = handlers.iter().find(|one| one.routes().iter().any(is_here)) {
        return Some(routed);
    }
    let id = operation.operation_id.as_deref()?;
    // A handler whose routes are known is found by them.
    let unrouted = handlers.iter().filter(|one| one.is_handler && one.routes().is_empty());
    let mut named = unrouted.filter(|one| one.name() == id);
    let found = named.next()?;
    if named.next().is_some() {
        tracing::warn!(operation = id, "two annotated handlers have the name of an operation");
        return None;
    }
    Some(found)
}

/// An operation that names its security is no longer held to that of the document, so that what
/// the document demands has to stand here again. The alternatives of both are multiplied.
fn secure(
    operation: &mut Operation,
    scheme: &str,
    handler: &ManifestEntry,
    of_all: &[SecurityRequirement],
) {
    let security = operation.security.get_or_insert_default();
    if !security.is_empty() {
        return;
    }
    let nothing = [SecurityRequirement::default()];
    let of_all = if of_all.is_empty() { &nothing } else { of_all };
    for scopes in choices(handler) {
        let names = || scopes.iter().map(Scope::name);
        security.extend(of_all.iter().map(|other| other.clone().add(scheme, names())));
    }
}

/// Each set of scopes that suffices. Any one of `OpenAPI`'s alternatives does.
fn choices(handler: &ManifestEntry) -> Vec<Vec<Scope>> {
    let mut choices = vec![handler.required().to_vec()];
    for any in handler.any() {
        let with = |choice: &Vec<Scope>| {
            let choice = choice.clone();
            any.iter().map(move |scope| [choice.as_slice(), &[*scope]].concat()).collect::<Vec<_>>()
        };
        choices = choices.iter().flat_map(with).collect();
    }
    choices
}
