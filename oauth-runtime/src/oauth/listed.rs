//! The providers of an app, as its builder checks them.

use std::sync::Arc;

use super::handle::unknown_provider;
use super::urls::Urls;
use crate::clock::Clock;
use crate::error::{Code, Error};
use crate::http::HttpClient;
use crate::provider::{ClientCredentials, Provider};
use crate::scope::requirement::Declaration;
use crate::scope::{Scope, ScopeSet};
use crate::shown;
use crate::tokens::Providers;

/// A provider, and what every authorization there asks for.
type Listed = (Provider, ScopeSet);

/// The addresses of the app, with the callback of the provider that signs users in.
pub(super) fn urls(
    public_url: Option<&str>,
    redirect_uri: Option<&str>,
    prefix: &str,
    credentials: &ClientCredentials,
) -> Result<Urls, Error> {
    let urls = Urls::resolve(public_url, redirect_uri, prefix, credentials)?;
    check_credentials(credentials)?;
    Ok(urls)
}

/// The providers that people link accounts of, each with what it always asks for.
pub(super) fn others(providers: Vec<Provider>, urls: &mut Urls) -> Result<Vec<Listed>, Error> {
    let with_scopes = providers.into_iter().map(|provider| {
        check_credentials(provider.credentials())?;
        urls.add_provider(provider.key(), provider.credentials())?;
        let scopes = base_scopes(None, &provider)?;
        Ok((provider, scopes))
    });
    with_scopes.collect()
}

/// All of them, each ready to be spoken to.
///
/// A handler whose provider the app lacks would fail at its first request, and not before.
pub(super) fn providers(
    (first, others): (Listed, Vec<Listed>),
    clock: &Arc<dyn Clock>,
    checks_handlers: bool,
) -> Result<Providers, Error> {
    let providers = Providers::new(first, others, &HttpClient::new()?, clock)?;
    for declaration in declarations().into_iter().filter(|_| checks_handlers) {
        if let Some(key) = declaration.provider.filter(|key| providers.find(key).is_none()) {
            return Err(unknown_provider(declaration, key));
        }
    }
    Ok(providers)
}

/// Every declaration of the program. Without the manifest none is known.
fn declarations() -> Vec<&'static Declaration> {
    #[cfg(feature = "manifest")]
    return crate::manifest::registered();
    #[cfg(not(feature = "manifest"))]
    Vec::new()
}

pub(super) fn base_scopes(
    names: Option<&[String]>,
    provider: &Provider,
) -> Result<ScopeSet, Error> {
    let usual = || provider.base_scopes().map(str::to_owned).collect();
    let names = names.map_or_else(usual, <[String]>::to_vec);
    let mut scopes = ScopeSet::default();
    if !provider.algorithms().is_empty() {
        scopes.insert_name("openid");
    }
    for name in &names {
        match Scope::find(name) {
            Some(scope) if provider.is_catalogued() => scopes.insert(scope),
            _ if !provider.is_catalogued() || name.contains("://") => scopes.insert_name(name),
            _ => {
                let text = format!("the base scope {} is not known", shown::address(name));
                return Err(Error::new(Code::ConfigOption, text)
                    .with_help("write its full name, with `https://`"));
            }
        }
    }
    Ok(scopes)
}

fn check_credentials(credentials: &ClientCredentials) -> Result<(), Error> {
    let empty = |text: &str| text.trim().is_empty();
    if empty(credentials.client_id()) || empty(credentials.client_secret().expose()) {
        return Err(Error::new(
            Code::ConfigCredentials,
            "the client id or the client secret is empty",
        )
        .with_help("take both from the provider's console, or read them with `from_file`"));
    }
    credentials.check()
}
