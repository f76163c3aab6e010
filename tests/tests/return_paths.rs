//! Where users are sent back to: a page of the app below its mount path, and never a route of
//! the library, whichever way the path comes in.

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderValue, Method, Request};
use oauth_runtime::fake::{FakeGoogle, navigate, own_paths};
use oauth_runtime::{ClientCredentials, OAuth, Token, requires_scopes};
use serde_json::Value;
use tower::ServiceExt as _;
use url::Url;

use crate::support::ELSEWHERE;

const ORIGIN: &str = "https://example.com";
const MOUNTS: [&str; 3] = ["", "/trips", "/a/b"];

#[requires_scopes("drive.file")]
async fn notes(_token: Token) -> &'static str {
    "notes"
}

/// How an app is mounted: by a router that it is nested in, or by a proxy that takes the mount
/// path away.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Setup {
    Nested,
    Stripped,
}

struct Mounted {
    oauth: OAuth,
    app: Router,
    mount: &'static str,
    setup: Setup,
    /// Of a user who has granted all that is asked here.
    cookie: HeaderValue,
}

impl Mounted {
    async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for mount in MOUNTS {
            let fake = FakeGoogle::start().await.unwrap();
            let public = format!("{ORIGIN}{mount}");
            let builder = fake.builder_for(&format!("{public}/oauth/callback")).unwrap();
            let oauth = builder.with_public_url(&public).build().unwrap();
            let cookie = fake.sign_in("ada@example.com").granting(["drive.file"]).at(&oauth);
            let cookie = cookie.await.unwrap();
            let routes = Router::new()
                .route("/notes", get(notes).post(notes))
                .merge(oauth.routes())
                .with_state(oauth.clone());
            let setups: &[Setup] = match mount {
                "" => &[Setup::Stripped],
                _ => &[Setup::Nested, Setup::Stripped],
            };
            for setup in setups {
                let app = match setup {
                    Setup::Nested => Router::new().nest(mount, routes.clone()),
                    Setup::Stripped => routes.clone(),
                };
                let (oauth, cookie) = (oauth.clone(), cookie.clone());
                all.push(Self { oauth, app, mount, setup: *setup, cookie });
            }
        }
        all
    }

    /// The page for a user of whom nothing better is known.
    fn root(&self) -> &'static str {
        if self.mount.is_empty() { "/" } else { self.mount }
    }

    /// An answer to a request for a path below the mount path.
    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let path = match self.setup {
            Setup::Nested => format!("{}{path}", self.mount),
            Setup::Stripped => path.to_owned(),
        };
        let mut request: Request<Body> = navigate(&path);
        *request.method_mut() = method;
        for (name, value) in headers {
            let name = http::HeaderName::try_from(*name).unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        self.app.clone().oneshot(request).await.unwrap()
    }

    fn cookie(&self) -> [(&str, &str); 1] {
        [("cookie", self.cookie.to_str().unwrap())]
    }

    /// The path of a location of ours below the mount path.
    fn below(&self, location: &str) -> String {
        location.strip_prefix(self.mount).unwrap_or_else(|| panic!("{location}")).to_owned()
    }

    /// Where each entrance for the links of an app leads with this text.
    async fn of_links(&self, text: &str) -> Vec<(&'static str, String)> {
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let own = [("sec-fetch-site", "same-origin")];
        let mut targets = vec![("return_path", self.oauth.return_path(text))];
        let path = format!("/oauth/sign-in?return_to={query}");
        targets.push(("sign-in", see_other(&self.ask(Method::GET, &path, &self.cookie()).await)));
        for route in ["sign-out", "sign-out-everywhere", "disconnect"] {
            let path = format!("/oauth/{route}?return_to={query}");
            targets.push((route, see_other(&self.ask(Method::POST, &path, &own).await)));
        }
        targets
    }

    /// Where a script, HTMX or a frame is sent back to, on a page with this address.
    async fn of_pages(&self, page: &str) -> Vec<(&'static str, String)> {
        let script = [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
        let htmx = ("hx-request", "true");
        let mut targets = Vec::new();
        for (name, header, more) in [
            ("Referer", ("referer", page), script[0]),
            ("Referer of HTMX", ("referer", page), htmx),
            ("HX-Current-URL", ("hx-current-url", page), htmx),
        ] {
            if HeaderValue::from_str(page).is_err() {
                continue;
            }
            let headers = [script[0], script[1], header, more];
            let refused = self.ask(Method::GET, "/notes", &headers).await;
            let body = axum::body::to_bytes(refused.into_body(), 100_000).await.unwrap();
            let problem: Value = serde_json::from_slice(&body).unwrap();
            let link = problem["authorize_url"].as_str().unwrap();
            // All is granted already, so that the link goes on at once.
            let end = self.ask(Method::GET, &self.below(link), &self.cookie()).await;
            let end = see_other(&end);
            assert!(end.starts_with(&format!("{}/oauth/done?to=", self.mount)), "{end}");
            let gone_on = self.ask(Method::GET, &self.below(&end), &[]).await;
            targets.push((name, see_other(&gone_on)));
        }
        targets
    }

    /// What holds for every target, by the parser that browsers have, and for readers that
    /// decode it again.
    fn check(&self, target: &str, what: &str) {
        let origin = Url::parse(ORIGIN).unwrap();
        let mut path = target.split('?').next().unwrap().to_owned();
        for _ in 0..4 {
            let url = origin.join(&path).unwrap();
            assert_eq!(url.origin(), origin.origin(), "{what}: {target}");
            let rest = url.path().strip_prefix(self.mount);
            let is_below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            assert!(is_below, "{what}: {target} is not below {}", self.mount);
            assert!(!path.contains(['\\', '\r', '\n', '\t']), "{what}: {target}");
            let own = own_paths(&self.oauth);
            let plain = url.path().trim_end_matches('/');
            assert!(!own.iter().any(|own| own == plain), "{what}: {target} is a route of ours");
            path = percent_decoded(&path);
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let pairs = format!("x={}", text.replace('&', "%26").replace('+', "%2b"));
    url::form_urlencoded::parse(pairs.as_bytes()).next().unwrap().1.into_owned()
}

#[track_caller]
fn see_other(response: &Response) -> String {
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// Texts that name a page of the app, with `{m}` for its mount path, and the page. The author of
/// a link may leave the mount path out, as the app's router does; an address in a header has it.
const GOOD: [(&str, &str); 11] = [
    ("{m}", "{m}"),
    ("{m}/x", "{m}/x"),
    ("{m}/x/", "{m}/x/"),
    ("{m}/x?a=%2B+b&c=//evil.example", "{m}/x?a=%2B+b&c=//evil.example"),
    ("{m}/x//y", "{m}/x//y"),
    ("{m}/~user/@me;v=1", "{m}/~user/@me;v=1"),
    ("{m}/oauth", "{m}/oauth"),
    ("{m}/oauth/sign-outs", "{m}/oauth/sign-outs"),
    ("/x", "{m}/x"),
    ("/tripsy", "{m}/tripsy"),
    ("/calendar?a=b", "{m}/calendar?a=b"),
];

/// Texts that lead to the default page, or to some page of the app, and to nothing else.
const HOSTILE: [&str; 26] = [
    "{m}//calendar",
    "{m}/../calendar",
    "{m}/..",
    "{m}/.",
    "{m}/%2e%2e/calendar",
    "{m}/%2E./calendar",
    "{m}/..%2fcalendar",
    "{m}/x/..%2f..%2f..%2fcalendar",
    "{m}/x%2f..%2f..%2fcalendar",
    "{m}/%252e%252e%252fcalendar",
    "{m}/%25252e%25252e%25252fcalendar",
    "{m}/..%5ccalendar",
    "{m}/..\\calendar",
    "{m}\\..\\calendar",
    "{m}/..;/calendar",
    "{m}/..;a=b/calendar",
    "{m}/%2e%2e%3b/calendar",
    "{m}/;/calendar",
    "{m}/%2f/calendar",
    "{m}/%00/x",
    "{m}/%0d%0aSet-Cookie:x=y",
    "{m}@evil.example",
    "{m}:80@evil.example/",
    "{m}.evil.example",
    "/{m}/x",
    "https://evil.example{m}/x",
];

fn at(template: &str, mount: &str) -> String {
    template.replace("{m}", mount)
}

#[tokio::test]
async fn a_path_of_the_app_is_gone_back_to_by_every_entrance() {
    for app in Mounted::all().await {
        for (text, page) in GOOD {
            let page = Some(at(page, app.mount)).filter(|page| !page.is_empty());
            let page = page.as_deref().unwrap_or("/");
            let what = format!("{text} below {:?}, {:?}", app.mount, app.setup);
            // An app at the root is left out of its own name: "" is no path.
            for (entrance, target) in app.of_links(&at(text, app.mount)).await {
                assert_eq!(target, page, "{entrance}: {what}");
            }
            let header = format!("{ORIGIN}{}", at(text, app.mount));
            let has_mount = text.starts_with("{m}") || app.mount.is_empty();
            for (entrance, target) in app.of_pages(&header).await {
                let page = if has_mount { page } else { app.root() };
                assert_eq!(target, page, "{entrance}: {what}");
            }
        }
        for (entrance, target) in app.of_links("/").await {
            assert_eq!(target, app.root(), "{entrance} below {:?}", app.mount);
        }
    }
}

#[tokio::test]
async fn no_entrance_leads_out_of_the_mount_path() {
    for app in Mounted::all().await {
        for text in HOSTILE.iter().chain(&ELSEWHERE) {
            let text = at(text, app.mount);
            let what = format!("{text:?} below {:?}, {:?}", app.mount, app.setup);
            for (entrance, target) in app.of_links(&text).await {
                app.check(&target, &format!("{entrance}: {what}"));
            }
            let whole = format!("{ORIGIN}{text}");
            for page in [text.clone(), whole] {
                for (entrance, target) in app.of_pages(&page).await {
                    app.check(&target, &format!("{entrance}: {what}"));
                }
            }
        }
    }
}

#[tokio::test]
async fn no_entrance_leads_to_a_route_of_the_library() {
    for app in Mounted::all().await {
        let own = own_paths(&app.oauth);
        assert_eq!(own.len(), 14, "{own:?}");
        for path in own {
            let route = app.below(&path);
            let hidden = path.replace("oauth/", "oauth%2f");
            let twice = format!("{}{}", app.mount, route.replace('a', "%2561"));
            for text in [
                path.clone(),
                format!("{path}?return_to=%2Fx&intent=x&code=x&state=x&to=%2Fx&popup=1"),
                format!("{path}/"),
                format!("{path};a=b"),
                format!("{}/{route}", app.mount),
                route,
                hidden,
                twice,
            ] {
                for (entrance, target) in app.of_links(&text).await {
                    assert_eq!(target, app.root(), "{entrance}: {text}");
                }
                let header = format!("{ORIGIN}{text}");
                for (entrance, target) in app.of_pages(&header).await {
                    assert_eq!(target, app.root(), "{entrance}: {text}");
                }
            }
        }
    }
}

/// The account page leads to itself again, though no link may.
#[tokio::test]
async fn the_account_page_is_gone_back_to_where_our_own_code_says_so() {
    for app in Mounted::all().await {
        let page = app.ask(Method::GET, "/oauth/account", &app.cookie()).await;
        let body = axum::body::to_bytes(page.into_body(), 100_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let link = body.split('"').find(|text| text.contains("/oauth/disconnect")).unwrap();
        let link = app.below(&link.replace("&#38;", "&").replace("&amp;", "&"));
        // A stranger has nothing to disconnect, and goes back at once.
        let back = app.ask(Method::POST, &link, &[("sec-fetch-site", "same-origin")]).await;
        assert_eq!(see_other(&back), format!("{}/oauth/account", app.mount));
        let asked = app.ask(Method::GET, "/oauth/account", &[]).await;
        assert_eq!(asked.status(), 303, "a stranger signs in first");
    }
}

/// A login page gets links of ours back that were followed without a login, and no others.
#[tokio::test]
async fn a_login_page_leads_back_to_what_was_followed_before_the_login() {
    for mount in MOUNTS {
        let public = format!("{ORIGIN}{mount}");
        let oauth = OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
            .with_redirect_uri(format!("{public}/oauth/callback"))
            .with_public_url(&public)
            .with_login("/login")
            .build()
            .unwrap();
        let again = ["sign-in", "start", "continue", "done", "account", "disconnect"];
        for path in own_paths(&oauth) {
            let text = format!("{path}?a=b");
            let follows = again.iter().any(|name| path == format!("{mount}/oauth/{name}"));
            let root = if mount.is_empty() { "/" } else { mount };
            assert_eq!(oauth.return_path(&text), if follows { &text } else { root }, "{path}");
            assert_eq!(oauth.return_path(&format!("/{text}")), root, "/{text}");
        }
        assert_eq!(oauth.return_path("/x"), format!("{mount}/x"));
    }
}

/// A redirect URI may lie anywhere but on another route of the library, and `build` says so.
#[test]
fn a_callback_on_another_route_of_the_library_is_an_error_of_build() {
    let built = |redirect_uri: &str| {
        let credentials = ClientCredentials::new("client-id", "fake-secret");
        OAuth::google(credentials).with_redirect_uri(redirect_uri).build()
    };
    let good = built("http://localhost:8080/signed-in").unwrap();
    for path in own_paths(&good).iter().filter(|path| *path != "/signed-in") {
        let error = built(&format!("http://localhost:8080{path}")).unwrap_err();
        assert_eq!(error.code(), "config_redirect_uri", "{path}");
        assert!(error.to_string().contains("another route"), "{error}");
    }
    for beside in ["/oauth/sign-outs", "/oauth/callback/x", "/sign-out"] {
        let oauth = built(&format!("http://localhost:8080{beside}")).unwrap();
        let _: Router = oauth.routes();
    }
}
