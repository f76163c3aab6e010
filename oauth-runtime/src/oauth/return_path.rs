//! Which addresses of the app a user may be sent to: the one judge of all of them.

use percent_encoding::percent_decode;
use url::{Position, Url};

use super::route::Route;
use super::urls::Urls;

/// Longest path and query that is carried through an authorization.
const MAX_LEN: usize = 600;
/// Longest link of our own that is followed after a login. No cookie has to hold it.
const MAX_LINK: usize = 4096;

/// A path and query of the app, as a browser asks for it: on our origin, below the mount path,
/// and none of the library's own routes, however often it is decoded on its way.
///
/// Nothing but this module makes one, so that no text of a request leads elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnPath(String);

impl ReturnPath {
    /// The page that a whole path names, or `None` where anything about it is doubtful.
    ///
    /// The judge is the same parser that browsers follow (WHATWG URL), applied to the text
    /// joined with our origin: it must stay there and come out as it went in.
    pub(crate) fn parse(urls: &Urls, text: &str) -> Option<Self> {
        let path = same_to_a_browser(urls, text, MAX_LEN)?;
        let below = plain_segments(below_mount(urls.mount(), path)?)?;
        (!urls.is_own(&below)).then(|| Self(text.to_owned()))
    }

    /// The page that a link of the app names: by its whole path, or as the app's router writes
    /// it, below the mount path.
    pub(crate) fn of_link(urls: &Urls, text: &str) -> Option<Self> {
        Self::parse(urls, &whole(urls.mount(), text)?)
    }

    /// The target of a request that came to us: its own path and query, or its path alone
    /// where both are too long.
    pub(crate) fn of_request(urls: &Urls, path_and_query: &str) -> Option<Self> {
        let whole = whole(urls.mount(), &escape_non_ascii(path_and_query))?;
        Self::parse(urls, &whole).or_else(|| Self::parse(urls, path_of(&whole)))
    }

    /// The same for a form, which must not arrive without its query.
    pub(crate) fn of_form(urls: &Urls, path_and_query: &str) -> Option<Self> {
        Self::of_link(urls, &escape_non_ascii(path_and_query))
    }

    /// The page that a whole address names, if it is one of the app's.
    pub(crate) fn of_url(urls: &Urls, text: &str) -> Option<Self> {
        let url = Url::parse(text).ok().filter(|url| url.origin() == urls.origin().origin())?;
        Self::parse(urls, &url[Position::BeforePath..Position::AfterQuery])
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Urls {
    /// Whether the path of a request is that of this route.
    pub(crate) fn is_at(&self, route: Route, path_and_query: &str) -> bool {
        whole(self.mount(), path_and_query).is_some_and(|it| path_of(&it) == self.path(route))
    }

    /// A link of ours that is followed again after a login to the app, as it came back from
    /// there: only to a route that may follow a login.
    pub(crate) fn after_login(&self, text: &str) -> Option<String> {
        let path = same_to_a_browser(self, text, MAX_LINK)?;
        let mut routes = Route::ALL.iter().filter(|route| route.follows_login());
        routes.any(|route| self.path(*route) == path).then(|| text.to_owned())
    }

    /// Whether these segments below the mount path are a route of ours: below the prefix, or a
    /// callback.
    fn is_own(&self, segments: &[Vec<u8>]) -> bool {
        let is = |route: &str| {
            let route = route.split('/').filter(|segment| !segment.is_empty());
            let asked = segments.iter().filter(|segment| !segment.is_empty());
            route.map(str::as_bytes).eq(asked.map(Vec::as_slice))
        };
        self.callback_routes().any(is) || Route::ALL.iter().any(|route| is(&self.route(*route)))
    }
}

/// Whether a mount path is one that every reader takes for the same.
pub(super) fn is_plain_mount(mount: &str) -> bool {
    plain_segments(mount).is_some_and(|segments| segments.iter().all(|it| !it.is_empty()))
}

fn path_of(text: &str) -> &str {
    text.split('?').next().unwrap_or_default()
}

/// The path of a text that a browser takes for what it says.
fn same_to_a_browser<'a>(urls: &Urls, text: &'a str, longest: usize) -> Option<&'a str> {
    let plain = text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain || !text.starts_with('/') || text.contains('#') {
        return None;
    }
    let joined = urls.origin().join(text).ok()?;
    let (path, query) = text.split_once('?').map_or((text, None), |(p, q)| (p, Some(q)));
    let same = joined.origin() == urls.origin().origin()
        && joined.path() == path
        && joined.query().map(escape_quote) == query.map(escape_quote);
    same.then_some(path)
}

/// The segments of a path as the most careless reader sees them: decoded until nothing is left
/// to decode, and without parameters. `None` where they might lead out of where they lie.
fn plain_segments(path: &str) -> Option<Vec<Vec<u8>>> {
    let mut decoded = path.as_bytes().to_vec();
    loop {
        let once_more: Vec<u8> = percent_decode(&decoded).collect();
        if once_more == decoded {
            break;
        }
        decoded = once_more;
    }
    if decoded.iter().any(|byte| byte.is_ascii_control() || *byte == b'\\') {
        return None;
    }
    // What is decoded may be taken for the beginning of a query, or of a fragment, and be cut off; and
    // the spaces at the end of an address are.
    let bare = |segment: &[u8]| {
        let bare = segment.split(|byte| b";?#".contains(byte)).next()?;
        Some(bare.trim_ascii().to_vec())
    };
    let segments = decoded.split(|byte| *byte == b'/').skip(1).filter_map(bare);
    let segments: Vec<Vec<u8>> = segments.collect();
    let climbs = segments.iter().any(|segment| matches!(segment.as_slice(), b"." | b".."));
    // Two slashes in front name a host to a reader that takes the mount path away.
    let names_host = segments.len() > 1 && segments.first().is_some_and(Vec::is_empty);
    let read = decoded.iter().position(|byte| b"?#".contains(byte)).unwrap_or(decoded.len());
    let length = decoded[..read].split(|byte| *byte == b'/').skip(1).count();
    (!climbs && !names_host).then(|| segments.into_iter().take(length).collect())
}

/// The rest of a path below the mount path.
fn below_mount<'a>(mount: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(mount)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// The path and query below the mount path, which a proxy or the author of a link may have left
/// out. A path that begins with the mount path has it; the root of the app is the mount path
/// itself, since a nested router answers there.
fn whole(mount: &str, path_and_query: &str) -> Option<String> {
    let path = path_of(path_and_query);
    let rest = path_and_query.strip_prefix('/')?;
    Some(match below_mount(mount, path) {
        Some(_) => path_and_query.to_owned(),
        None if path == "/" => format!("{mount}{rest}"),
        None => format!("{mount}/{rest}"),
    })
}

/// Browsers write `'` in a query as it is, the parser may not; both mean the same.
fn escape_quote(query: &str) -> String {
    query.replace('\'', "%27")
}

fn escape_non_ascii(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::CONTROLS).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::provider::ClientCredentials;

    const MOUNTS: [&str; 3] = ["", "/trips", "/a/b"];

    fn urls(mount: &str) -> Urls {
        let public = format!("https://app.example{mount}");
        let credentials = ClientCredentials::new("client-id", "fake-secret");
        let mut urls = Urls::resolve(Some(&public), None, "/oauth", &credentials).unwrap();
        urls.add_provider("git", &credentials).unwrap();
        urls
    }

    fn parsed(text: &str) -> Option<String> {
        ReturnPath::parse(&urls(""), text).map(|path| path.0)
    }

    /// F1: everything that leaves the origin, or might, is refused.
    #[test]
    fn no_doubtful_target_is_taken() {
        let long = format!("/{}", "a".repeat(MAX_LEN));
        let bad = [
            "",
            "//evil",
            "/\\evil",
            "\\\\evil",
            "/\t/evil",
            "/%09/evil",
            "/%2f%2fevil",
            "/%2Fevil",
            "/%5cevil",
            "/%5Cevil",
            "///evil",
            "/..//evil",
            "/.//evil",
            "/a/..//evil",
            "/./x",
            "https:evil",
            "https:/evil",
            "https://evil",
            "https://app.example@evil",
            "https://app.example.evil",
            "https://app.example:444",
            "http://app.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "%00//evil",
            "/%00/evil",
            " //evil",
            "/ /evil",
            "/\u{2028}/evil",
            "/\u{3002}evil",
            "/a\r\nSet-Cookie: x",
            "/a%0d%0aSet-Cookie: x",
            "/a#fragment",
            "evil",
            "?a=1",
            "/a/../b",
            "/..%3fx/%",
            "/a/..%23",
            "/a/%2e%2e%253fb",
            "/oauth/sign-out%3fx/y",
            "/oauth/callback/%20",
            "/a/..%20/b",
            &long,
        ];
        for text in bad {
            assert_eq!(parsed(text), None, "{text:?}");
        }
    }

    /// H7: what is taken comes out byte for byte as it went in.
    #[test]
    fn an_own_path_is_kept_as_it_is() {
        let good = [
            "/",
            "/drive",
            "/drive?a=%2B+b&%C3%A9=1",
            "/a/b/?q=it's",
            "/a?next=//evil.example",
            "/a//b",
            "/%C3%A9",
            "/~user/@me;v=1",
            "/a?x=[1]&y={2}|`^",
        ];
        for text in good {
            assert_eq!(parsed(text).as_deref(), Some(text), "{text:?}");
        }
    }

    #[test]
    fn a_request_resumes_where_it_was_also_behind_a_proxy() {
        // request, mount path, expected
        let long = format!("/a?q={}", "x".repeat(MAX_LEN));
        let cases = [
            ("/a?b=c", "", Some("/a?b=c")),
            ("/app/a", "/app", Some("/app/a")),
            ("/app", "/app", Some("/app")),
            ("/app?x=1", "/app", Some("/app?x=1")),
            ("/a", "/app", Some("/app/a")),
            ("/apple", "/app", Some("/app/apple")),
            ("/a?é=1", "", Some("/a?%C3%A9=1")),
            (long.as_str(), "", Some("/a")),
            ("//evil", "", None),
            ("//evil", "/app", None),
            ("/app//evil", "/app", None),
            ("/oauth/sign-out", "", None),
        ];
        for (request, mount, expected) in cases {
            let path = ReturnPath::of_request(&urls(mount), request).map(|path| path.0);
            assert_eq!(path.as_deref(), expected, "{request} under {mount:?}");
        }
    }

    /// The author of a link may write the path as the app's router does, or as a browser does.
    #[test]
    fn a_link_of_the_app_leads_below_the_mount_path() {
        // text, mount path, expected
        let cases = [
            ("/", "", Some("/")),
            ("/", "/trips", Some("/trips")),
            ("/?a=b", "/trips", Some("/trips?a=b")),
            ("/x", "/trips", Some("/trips/x")),
            ("/trips", "/trips", Some("/trips")),
            ("/trips?a=b", "/trips", Some("/trips?a=b")),
            ("/trips/", "/trips", Some("/trips/")),
            ("/trips/x?next=//evil", "/trips", Some("/trips/x?next=//evil")),
            ("/tripsy", "/trips", Some("/trips/tripsy")),
            ("/calendar", "/trips", Some("/trips/calendar")),
            ("/Trips/x", "/trips", Some("/trips/Trips/x")),
            ("/%74rips/x", "/trips", Some("/trips/%74rips/x")),
            ("/trips;a/x", "/trips", Some("/trips/trips;a/x")),
            ("/a/b/x", "/a/b", Some("/a/b/x")),
            ("/a/x", "/a/b", Some("/a/b/a/x")),
            ("x", "/trips", None),
            ("", "/trips", None),
            ("//calendar", "/trips", None),
            ("/trips//calendar", "/trips", None),
            ("/trips/%2fcalendar", "/trips", None),
            ("/trips/;/calendar", "/trips", None),
            ("/trips/../calendar", "/trips", None),
            ("/trips/%2e%2e/calendar", "/trips", None),
            ("/trips/.%2E/calendar", "/trips", None),
            ("/trips/..%2fcalendar", "/trips", None),
            ("/trips/x%2f..%2f..%2fcalendar", "/trips", None),
            ("/trips/%252e%252e%252fcalendar", "/trips", None),
            ("/trips/%25252e%25252e/calendar", "/trips", None),
            ("/trips/..;/calendar", "/trips", None),
            ("/trips/..;a=b/calendar", "/trips", None),
            ("/trips/..%3b/calendar", "/trips", None),
            ("/trips/%2e/calendar", "/trips", None),
            ("/trips/..\\calendar", "/trips", None),
            ("/trips/..%5ccalendar", "/trips", None),
            ("/trips\\..\\calendar", "/trips", None),
            ("/..", "/trips", None),
        ];
        for (text, mount, expected) in cases {
            let path = ReturnPath::of_link(&urls(mount), text).map(|path| path.0);
            assert_eq!(path.as_deref(), expected, "{text:?} under {mount:?}");
        }
    }

    /// A page of a neighbour on the same host is no page of the app.
    #[test]
    fn a_whole_address_has_to_lie_below_the_mount_path() {
        let cases = [
            ("https://app.example/trips/x?a#b", Some("/trips/x?a")),
            ("https://app.example/trips", Some("/trips")),
            ("https://app.example:443/trips/x", Some("/trips/x")),
            ("https://app.example/calendar", None),
            ("https://app.example/tripsy", None),
            ("https://app.example/", None),
            ("https://app.example/trips/../calendar", None),
            ("https://app.example/trips/..%2fcalendar", None),
            ("https://app.example/trips/oauth/sign-out", None),
            ("https://evil.example/trips/x", None),
            ("http://app.example/trips/x", None),
            ("/trips/x", None),
        ];
        for (text, expected) in cases {
            let path = ReturnPath::of_url(&urls("/trips"), text).map(|path| path.0);
            assert_eq!(path.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_route_of_ours_is_no_target_however_it_is_written() {
        for mount in MOUNTS {
            let urls = urls(mount);
            let routes = Route::ALL.iter().map(|route| urls.route(*route));
            let callbacks = urls.callback_routes().map(str::to_owned);
            for route in routes.chain(callbacks) {
                let hidden = route.replace('o', "%6f");
                let twice = route.replace('o', "%256F");
                for path in [
                    format!("{mount}{route}"),
                    format!("{mount}{route}/"),
                    format!("{mount}{route}?return_to=/x"),
                    format!("{mount}{route};a=b"),
                    format!("{mount}{}", route.replacen("/oauth/", "/oauth//", 1)),
                    format!("{mount}{}", route.replacen("/oauth/", "/oauth%2f", 1)),
                    format!("{mount}{hidden}"),
                    format!("{mount}{twice}"),
                    route.clone(),
                ] {
                    assert_eq!(ReturnPath::of_link(&urls, &path), None, "{path}");
                }
                let beside = format!("{mount}{route}-x");
                assert!(ReturnPath::of_link(&urls, &beside).is_some(), "{beside}");
            }
        }
    }

    #[test]
    fn a_link_of_ours_is_followed_after_a_login_if_its_route_may_be() {
        for mount in MOUNTS {
            let urls = urls(mount);
            for route in Route::ALL {
                for query in ["", "?intent=x", "?return_to=%2F%2Fevil"] {
                    let link = format!("{}{query}", urls.path(*route));
                    let followed = urls.after_login(&link);
                    assert_eq!(followed.is_some(), route.follows_login(), "{link}");
                    assert!(followed.is_none_or(|followed| followed == link));
                }
            }
            let start = urls.path(Route::Start);
            for text in [
                format!("{start}/"),
                format!("{start}#x"),
                format!("{start}?\r\n"),
                format!("/{start}"),
                format!("https://evil.example{start}"),
                format!("{start}/../sign-out"),
                format!("{start}?intent={}", "x".repeat(MAX_LINK)),
            ] {
                assert_eq!(urls.after_login(&text), None, "{text:?}");
            }
        }
    }
}
