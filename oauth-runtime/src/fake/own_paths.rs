//! The routes of the library, for tests that go through all of them.

use crate::oauth::{OAuth, Route};

/// The path of each route of the library in this app, as a browser asks for it: what a test that
/// goes through all of them, or the app's own rule for some of them, begins with.
///
/// ```
/// # use oauth_runtime::{ClientCredentials, OAuth};
/// let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
///     .with_redirect_uri("https://app.example/trips/oauth/callback")
///     .with_public_url("https://app.example/trips")
///     .build()?;
/// let paths = oauth_runtime::fake::own_paths(&oauth);
/// assert!(paths.contains(&"/trips/oauth/sign-in".to_owned()));
/// assert!(paths.contains(&"/trips/oauth/callback".to_owned()));
/// # Ok::<(), oauth_runtime::Error>(())
/// ```
pub fn own_paths(oauth: &OAuth) -> Vec<String> {
    let urls = &oauth.0.urls;
    let callbacks = urls.callback_routes().map(|route| format!("{}{route}", urls.mount()));
    Route::ALL.iter().map(|route| urls.path(*route)).chain(callbacks).collect()
}
