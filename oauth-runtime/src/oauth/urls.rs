//! Where the app lives, from configuration alone: no header of a request can move it.

use url::Url;

use super::return_path::is_plain_mount;
use super::route::Route;
use crate::error::{Code, Error};
use crate::provider::{ClientCredentials, ClientKind, check_redirect_uri, is_loopback};
use crate::shown;

/// The addresses of one app.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    /// Scheme, host and port.
    origin: Url,
    /// The path at which the app is mounted: empty, or like `/app`.
    mount: String,
    /// The path of our routes below the mount path, like `/oauth`.
    prefix: String,
    /// For each provider.
    callbacks: Vec<Callback>,
}

/// Where people come back from one provider.
#[derive(Clone, Debug)]
struct Callback {
    /// Sent to the provider byte for byte as it was registered.
    redirect_uri: String,
    /// Its path below the mount path.
    route: String,
}

impl Urls {
    pub(crate) fn resolve(
        public_url: Option<&str>,
        redirect_uri: Option<&str>,
        prefix: &str,
        credentials: &ClientCredentials,
    ) -> Result<Self, Error> {
        check_prefix(prefix)?;
        let public = public_url.map(check_public_url).transpose()?;
        let redirect_uri = choose_redirect_uri(public.as_ref(), redirect_uri, prefix, credentials)?;
        let parsed = check_redirect_uri(&redirect_uri)?;
        let public = public.unwrap_or_else(|| root_of(&parsed));
        if public.origin() != parsed.origin() {
            return Err(elsewhere(&redirect_uri, &public));
        }
        let mount = public.path().trim_end_matches('/').to_owned();
        if matches!(parsed.path(), "" | "/") {
            return Err(no_path(&redirect_uri, credentials));
        }
        let (origin, prefix) = (root_of(&public), prefix.to_owned());
        let mut urls = Self { origin, mount, prefix, callbacks: Vec::new() };
        urls.add_callback(redirect_uri, &parsed)?;
        Ok(urls)
    }

    /// Adds the callback of another provider: `/oauth/callback/{key}`, unless its credentials
    /// know one that is elsewhere.
    pub(crate) fn add_provider(
        &mut self,
        key: &str,
        credentials: &ClientCredentials,
    ) -> Result<(), Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if key.is_empty() || !key.bytes().all(plain) {
            let text = format!("the key {} of a provider is no plain name", shown::name(key));
            return Err(Error::new(Code::ConfigOption, text).with_help(
                "its callback is /oauth/callback/{key}: write letters, digits, - and _",
            ));
        }
        let below = format!("{}{}/callback/{key}", self.mount, self.prefix);
        let usual = format!("{}{below}", self.origin_text());
        let redirect_uri = match credentials.redirect_uris() {
            [only] => only.clone(),
            [] => usual,
            several if several.contains(&usual) => usual,
            several => {
                let text = format!(
                    "none of the redirect URIs of the provider {key:?} is {}:{}",
                    shown::address(&usual),
                    list(several)
                );
                return Err(Error::new(Code::ConfigRedirectUri, text)
                    .with_help("register that one, or give its credentials one alone"));
            }
        };
        let parsed = check_redirect_uri(&redirect_uri)?;
        self.add_callback(redirect_uri, &parsed)
    }

    fn add_callback(&mut self, redirect_uri: String, parsed: &Url) -> Result<(), Error> {
        let outside = || elsewhere(&redirect_uri, &self.public());
        if self.origin.origin() != parsed.origin() {
            return Err(outside());
        }
        let route = parsed.path().strip_prefix(&self.mount);
        let route = route.filter(|path| path.starts_with('/') && *path != "/");
        let route = route.ok_or_else(outside)?.to_owned();
        check_callback(&route, &self.prefix)?;
        if self.is_callback(&route) {
            let shown = shown::address(&redirect_uri);
            let text = format!("two providers have the redirect URI {shown}");
            return Err(Error::new(Code::ConfigRedirectUri, text)
                .with_help("give each its own: an answer must not be taken for another's"));
        }
        self.callbacks.push(Callback { redirect_uri, route });
        Ok(())
    }

    fn public(&self) -> Url {
        let mut public = self.origin.clone();
        public.set_path(&format!("{}/", self.mount));
        public
    }

    fn callback(&self, provider: usize) -> Option<&Callback> {
        self.callbacks.get(provider).or(self.callbacks.first())
    }

    pub(crate) fn origin(&self) -> &Url {
        &self.origin
    }

    /// The origin as a browser writes it in the `Origin` header.
    pub(crate) fn origin_text(&self) -> String {
        self.origin.origin().ascii_serialization()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.origin.scheme() == "https"
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.origin)
    }

    pub(crate) fn mount(&self) -> &str {
        &self.mount
    }

    /// Where people come back from a provider, by its place among them.
    pub(crate) fn redirect_uri(&self, provider: usize) -> &str {
        self.callback(provider).map_or("", |callback| &callback.redirect_uri)
    }

    pub(crate) fn callback_route(&self, provider: usize) -> &str {
        self.callback(provider).map_or("", |callback| &callback.route)
    }

    /// Whether people come back from some provider there.
    pub(crate) fn is_callback(&self, route: &str) -> bool {
        self.callback_routes().any(|callback| callback == route)
    }

    /// Where people come back from each provider, below the mount path.
    pub(crate) fn callback_routes(&self) -> impl Iterator<Item = &str> {
        self.callbacks.iter().map(|callback| &*callback.route)
    }

    /// What our routes lie below, below the mount path.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A route of ours, below the mount path.
    pub(crate) fn route(&self, route: Route) -> String {
        format!("{}/{}", self.prefix, route.name())
    }

    /// The same as a browser asks for it.
    pub(crate) fn path(&self, route: Route) -> String {
        format!("{}{}", self.mount, self.route(route))
    }

    /// The page that someone lands on when nothing better is known.
    pub(crate) fn default_page(&self) -> String {
        // A nested router answers its root at the mount path without a slash.
        if self.mount.is_empty() { "/".to_owned() } else { self.mount.clone() }
    }
}

fn root_of(url: &Url) -> Url {
    let mut root = url.clone();
    root.set_path("/");
    root.set_query(None);
    root
}

fn check_prefix(prefix: &str) -> Result<(), Error> {
    let segments = prefix.strip_prefix('/').map(|rest| rest.split('/'));
    let plain = |segment: &str| {
        !segment.is_empty()
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            && segment.bytes().any(|b| b != b'.')
    };
    if segments.is_some_and(|mut segments| segments.all(plain)) {
        return Ok(());
    }
    let text = format!("the prefix {} is not a plain path", shown::name(prefix));
    Err(Error::new(Code::ConfigOption, text).with_help("write one such as \"/oauth\""))
}

/// The callback becomes a route: it must be none of the others, and plain.
fn check_callback(path: &str, prefix: &str) -> Result<(), Error> {
    let refused = |why: &str| {
        let text = format!("the redirect URI's path {} {why}", shown::name(path));
        Error::new(Code::ConfigRedirectUri, text)
            .with_help("register one such as \"https://example.com/oauth/callback\"")
    };
    let below = path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
    if below.is_some_and(|below| Route::ALL.iter().any(|route| route.name() == below)) {
        return Err(refused("is another route of the library"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if !path.bytes().all(plain) {
        return Err(refused("has signs in it that a route cannot have"));
    }
    Ok(())
}

fn check_public_url(text: &str) -> Result<Url, Error> {
    let wrong = |why: &str| {
        let text = format!("the public URL {} {why}", shown::address(text));
        Error::new(Code::ConfigPublicUrl, text)
            .with_help("give origin and mount path, such as \"https://example.com/app\"")
    };
    let url =
        Url::parse(text).map_err(|error| wrong("is not an absolute URL").with_source(error))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a query or a fragment"));
    }
    // Everything else that a redirect URI must not have, a public URL must not have either.
    check_redirect_uri(text).map_err(|error| wrong("cannot be used").with_source(error))?;
    if !is_plain_mount(url.path().trim_end_matches('/')) {
        return Err(wrong("has a path that not every browser and proxy reads alike"));
    }
    Ok(url)
}

fn choose_redirect_uri(
    public: Option<&Url>,
    explicit: Option<&str>,
    prefix: &str,
    credentials: &ClientCredentials,
) -> Result<String, Error> {
    let registered = credentials.redirect_uris();
    match (explicit, registered, public) {
        (Some(uri), [], _) => Ok(uri.to_owned()),
        (Some(uri), known, _) if known.iter().any(|k| k == uri) => Ok(uri.to_owned()),
        (Some(uri), _, _) => Err(Error::new(
            Code::ConfigRedirectUri,
            format!(
                "the redirect URI {} is not one of the registered ones:{}",
                shown::address(uri),
                list(registered)
            ),
        )
        .with_help(
            "register it at the provider and download the credentials again, or use one of these",
        )),
        (None, [only], _) => Ok(only.clone()),
        (None, [], Some(public)) => {
            Ok(format!("{}{prefix}/callback", public.as_str().trim_end_matches('/')))
        }
        (None, [], None) => Err(Error::new(Code::ConfigRedirectUri, "no redirect URI is known")
            .with_help("add `.with_redirect_uri(\"http://localhost:8080/oauth/callback\")`")),
        (None, _, _) => Err(Error::new(
            Code::ConfigRedirectUri,
            format!("the credentials list several redirect URIs:{}", list(registered)),
        )
        .with_help("choose one with `.with_redirect_uri(…)`")),
    }
}

/// Each on a line of its own.
fn list(uris: &[String]) -> String {
    uris.iter().fold(String::new(), |lines, uri| lines + "\n    " + &shown::address(uri))
}

/// What Google gives a client of the type "Desktop app", and what is easily forgotten.
fn no_path(redirect_uri: &str, credentials: &ClientCredentials) -> Error {
    let text = format!("the redirect URI {} has no path", shown::address(redirect_uri));
    let help = match credentials.kind() {
        ClientKind::Installed => {
            "this is a client of the type \"Desktop app\": make one of the type \"Web application\""
        }
        ClientKind::Web => "register one such as \"http://localhost:8080/oauth/callback\"",
    };
    Error::new(Code::ConfigRedirectUri, text).with_help(help)
}

fn elsewhere(redirect_uri: &str, public: &Url) -> Error {
    let [uri, public] = [redirect_uri, public.as_str()].map(shown::address);
    let text = format!("the redirect URI {uri} does not lie under {public}");
    Error::new(Code::ConfigPublicUrl, text).with_help(
        "the callback is one of the app's own routes: give both the same origin and mount path",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(
        public: Option<&str>,
        explicit: Option<&str>,
        registered: &[&str],
    ) -> Result<Urls, Error> {
        let credentials = ClientCredentials::new("id", "secret");
        let credentials = credentials.with_redirect_uris(registered.iter().copied());
        Urls::resolve(public, explicit, "/oauth", &credentials)
    }

    #[test]
    fn origin_mount_path_and_callback_follow_from_the_configuration() {
        const LOCAL: &str = "http://localhost:8080/oauth/callback";
        const APP: &str = "https://example.com/app/oauth/callback";
        // public URL, redirect URI, registered, origin, mount, callback route
        let cases = [
            (None, None, vec![LOCAL], "http://localhost:8080", "", "/oauth/callback"),
            (None, Some(LOCAL), vec![], "http://localhost:8080", "", "/oauth/callback"),
            (None, Some(LOCAL), vec![APP, LOCAL], "http://localhost:8080", "", "/oauth/callback"),
            (
                Some("https://example.com/app"),
                None,
                vec![APP],
                "https://example.com",
                "/app",
                "/oauth/callback",
            ),
            (
                Some("https://example.com/app/"),
                None,
                vec![],
                "https://example.com",
                "/app",
                "/oauth/callback",
            ),
            (
                Some("https://example.com"),
                None,
                vec![APP],
                "https://example.com",
                "",
                "/app/oauth/callback",
            ),
        ];
        for (public, explicit, registered, origin, mount, callback) in cases {
            let urls = resolve(public, explicit, &registered).unwrap();
            assert_eq!(urls.origin_text(), origin);
            assert_eq!(urls.mount(), mount);
            assert_eq!(urls.callback_route(0), callback);
        }
    }

    #[test]
    fn every_mistake_is_named_with_what_to_do() {
        const A: &str = "https://example.com/oauth/callback";
        const B: &str = "https://example.com/other";
        let cases = [
            (None, None, vec![], "config_redirect_uri", "no redirect URI"),
            (None, None, vec![A, B], "config_redirect_uri", B),
            (None, Some("https://example.com/x"), vec![A, B], "config_redirect_uri", A),
            (Some("https://example.org"), None, vec![A], "config_public_url", "does not lie under"),
            (
                Some("https://example.com/app"),
                None,
                vec![A],
                "config_public_url",
                "does not lie under",
            ),
            (Some("http://example.com"), None, vec![], "config_public_url", "cannot be used"),
            (Some("example.com"), None, vec![], "config_public_url", "not an absolute URL"),
            (Some("https://example.com/?a=1"), None, vec![], "config_public_url", "query"),
            (None, Some("https://example.com/"), vec![], "config_redirect_uri", "has no path"),
            (None, Some("https://example.com"), vec![], "config_redirect_uri", "has no path"),
            (
                None,
                Some("https://example.com/oauth/start"),
                vec![],
                "config_redirect_uri",
                "another route",
            ),
            (
                None,
                Some("https://example.com/oauth/sign-out"),
                vec![],
                "config_redirect_uri",
                "another route",
            ),
            (None, Some("https://example.com/:cb"), vec![], "config_redirect_uri", "signs in it"),
        ];
        for (public, explicit, registered, code, text) in cases {
            let error = resolve(public, explicit, &registered).unwrap_err();
            assert_eq!(error.code(), code, "{error}");
            assert!(error.to_string().contains(text), "{error}");
            assert!(error.help().is_some(), "{error}");
        }
    }

    #[test]
    fn a_prefix_is_a_plain_path() {
        for good in ["/oauth", "/a/b", "/.auth"] {
            assert!(check_prefix(good).is_ok(), "{good}");
        }
        for bad in ["", "/", "oauth", "/oauth/", "//x", "/a b", "/{x}", "/..", "/a/../b", "/é"] {
            assert!(check_prefix(bad).is_err(), "{bad}");
        }
    }
}
