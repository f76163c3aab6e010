//! What a request says of itself, and where it says that a user is to go on.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use url::Url;

use super::text;
use crate::oauth::{OAuth, Resume, ReturnPath, Urls};
use crate::provider::ClientCredentials;
use crate::web::RequestKind;

/// Mount paths of an app, the shortest first.
const MOUNTS: [&str; 3] = ["", "/trips", "/a/b"];

static URLS: LazyLock<Vec<Urls>> = LazyLock::new(|| {
    let urls: Vec<Urls> = MOUNTS.iter().filter_map(|mount| urls(mount)).collect();
    assert_eq!(urls.len(), MOUNTS.len(), "each is a mount path");
    urls
});

fn urls(mount: &str) -> Option<Urls> {
    let public = format!("https://app.example{mount}");
    let credentials = ClientCredentials::new("us", "fake-secret");
    let mut urls = Urls::resolve(Some(&public), None, "/oauth", &credentials).ok()?;
    urls.add_provider("git", &credentials).ok()?;
    Some(urls)
}

/// A target is a path below the mount path, however often it is decoded, and none of our routes.
pub fn return_path(input: &[u8]) {
    let Some(text) = text(input) else { return };
    for (mount, urls) in MOUNTS.iter().zip(&*URLS) {
        let whole = format!("https://app.example{text}");
        for path in [
            ReturnPath::parse(urls, text),
            ReturnPath::of_link(urls, text),
            ReturnPath::of_request(urls, text),
            ReturnPath::of_form(urls, text),
            ReturnPath::of_url(urls, text),
            ReturnPath::of_url(urls, &whole),
        ]
        .into_iter()
        .flatten()
        {
            is_target(mount, path.as_str());
        }
    }
}

/// Whether a browser that is sent to `target` stays in the app that is mounted at `mount`.
fn is_target(mount: &str, target: &str) {
    assert!(target.starts_with('/') && !target.starts_with("//"), "{target:?}");
    assert!(!target.contains(['\n', '\r', '\t', ' ', '#']), "{target:?}");
    assert!(HeaderValue::from_str(target).is_ok(), "{target:?} fits no header");
    let origin = "https://app.example";
    let joined = Url::parse(origin).and_then(|origin| origin.join(target));
    let at = joined.as_ref().map(|url| url.origin().ascii_serialization());
    assert_eq!(at.as_deref().ok(), Some(origin), "{target:?} leads away");
    // As it is, and as readers further on may decode it; in a query it means nothing.
    let mut path = target.split('?').next().unwrap_or_default().to_owned();
    for _ in 0..8 {
        let url = Url::parse(origin).and_then(|origin| origin.join(&path));
        let read = url.as_ref().map(Url::path).unwrap_or_default();
        let rest = read.strip_prefix(mount);
        assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')), "{target:?}");
        assert!(!path.contains('\\'), "{target:?}");
        let own = [rest.unwrap_or_default().trim_end_matches('/')];
        assert!(!own.iter().any(|path| OWN.contains(path)), "{target:?} is a route of ours");
        path = percent_encoding::percent_decode_str(&path).decode_utf8_lossy().into_owned();
    }
}

/// Routes of ours: what the list of the library has, and the callbacks, written once more.
const OWN: [&str; 15] = [
    "/oauth/sign-in",
    "/oauth/sign-out",
    "/oauth/sign-out-everywhere",
    "/oauth/start",
    "/oauth/hold",
    "/oauth/continue",
    "/oauth/done",
    "/oauth/account",
    "/oauth/disconnect",
    "/oauth/security-events",
    "/oauth/client.js",
    "/oauth/doctor",
    "/oauth/manifest",
    "/oauth/callback",
    "/oauth/callback/git",
];

/// An app at each of the mount paths.
static APPS: LazyLock<Vec<OAuth>> = LazyLock::new(|| {
    let app = |mount: &&str| {
        let public = format!("https://app.example{mount}");
        let builder = OAuth::google(ClientCredentials::new("us", "fake-secret"));
        let builder = builder.with_redirect_uri(format!("{public}/oauth/callback"));
        builder.with_public_url(public).build().ok()
    };
    let apps: Vec<OAuth> = MOUNTS.iter().filter_map(app).collect();
    assert_eq!(apps.len(), MOUNTS.len(), "each is an app");
    apps
});

/// Of lines like those of a request: the method with the target, then headers.
fn request(text: &str) -> Option<(Method, Uri, HeaderMap)> {
    let mut lines = text.split('\n');
    let (method, target) = lines.next()?.split_once(' ')?;
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::from_str(value).ok()?);
    }
    Some((Method::try_from(method).ok()?, Uri::try_from(target).ok()?, headers))
}

/// Whatever a request says of itself, nothing of another site is a form of ours, and it goes on
/// in the app and at none of our routes but the account page.
pub fn headers(input: &[u8]) {
    let Some((method, uri, headers)) = text(input).and_then(request) else { return };
    for (mount, oauth) in MOUNTS.iter().zip(&*APPS) {
        let origin = "https://app.example";
        let kind = RequestKind::of(&method, &headers, origin);
        let says = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
        let site = says("sec-fetch-site");
        let is_ours = site == Some(b"same-origin")
            || (site.is_none() && says("origin") == Some(origin.as_bytes()));
        let is_form = kind == RequestKind::Form;
        assert!(!is_form || (method == Method::POST && is_ours), "{kind:?}");
        assert!(kind != RequestKind::Page || method == Method::GET, "{kind:?}");
        let mut request = Request::new(());
        (*request.uri_mut(), *request.headers_mut()) = (uri.clone(), headers.clone());
        let parts = request.into_parts().0;
        let behind = Resume::page_behind(oauth, &headers);
        is_target(mount, behind.as_str());
        let again = Resume::of_parts(oauth, &parts);
        if again != Resume::account(&oauth.0.urls) {
            is_target(mount, again.as_str());
        }
        let named = oauth.session_number(&headers);
        let is_sent = |number: &[u8]| {
            let mut cookies = headers.get_all("cookie").iter().map(HeaderValue::as_bytes);
            cookies.any(|line| line.windows(number.len()).any(|part| part == number))
        };
        assert!(named.is_none_or(|number| is_sent(&number)), "a session that no cookie names");
    }
}
