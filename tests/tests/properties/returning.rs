//! Whatever text says where to go back to, users stay below the mount path and off the library's
//! own routes.

use oauth_runtime::fake::own_paths;
use oauth_runtime::{ClientCredentials, OAuth};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use url::Url;

use super::check;

const MOUNTS: [&str; 3] = ["", "/trips", "/a/b"];

/// What hostile and honest paths are made of.
const PARTS: [&str; 40] = [
    "/",
    "/",
    "/",
    "//",
    "/trips",
    "/a/b",
    "/a",
    "/x",
    "/..",
    "/.",
    "..",
    ".",
    "%2e",
    "%2E%2e",
    "%252e",
    "%2f",
    "%252F",
    "%5c",
    "\\",
    ";",
    ";a=b",
    "%3b",
    "%25",
    "%00",
    "%09",
    "\t",
    "?",
    "#",
    "@",
    ":",
    "evil.example",
    "https:",
    "oauth",
    "/oauth/",
    "sign-out",
    "callback",
    "start",
    "%6fauth",
    "é",
    " ",
];

fn text() -> impl Strategy<Value = String> {
    let parts = vec(select(&PARTS[..]), 0..9).prop_map(|parts| parts.concat());
    prop_oneof![9 => parts.clone(), 3 => parts.prop_map(|rest| format!("/{rest}")), 1 => any::<String>()]
}

fn app(mount: &str) -> OAuth {
    let public = format!("https://example.com{mount}");
    OAuth::google(ClientCredentials::new("client-id", "fake-secret"))
        .with_redirect_uri(format!("{public}/oauth/callback"))
        .with_public_url(&public)
        .build()
        .unwrap()
}

/// The path as a reader sees it who decodes it once more than the one before.
fn readings(path: &str) -> Vec<String> {
    let mut readings = vec![path.to_owned()];
    for _ in 0..4 {
        let last = readings.last().unwrap().replace('+', "%2b").replace('&', "%26");
        let pairs = format!("x={last}");
        let decoded = url::form_urlencoded::parse(pairs.as_bytes()).next();
        readings.push(decoded.unwrap().1.into_owned());
    }
    readings
}

#[test]
fn no_text_leads_out_of_the_app_or_to_a_route_of_the_library() {
    let apps = MOUNTS.map(|mount| (mount, app(mount)));
    let apps = &apps;
    check(3_000, &text(), |text| async move {
        let origin = Url::parse("https://example.com").unwrap();
        for (mount, oauth) in apps {
            let target = oauth.return_path(&text);
            // What was judged once is taken for the same when it is judged again.
            assert_eq!(oauth.return_path(&target), target, "{text:?}");
            for path in readings(target.split('?').next().unwrap()) {
                let url = origin.join(&path).unwrap();
                assert_eq!(url.origin(), origin.origin(), "{text:?}: {target}");
                let rest = url.path().strip_prefix(mount);
                let below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                assert!(below, "{text:?}: {target} is not below {mount:?}");
                let own = own_paths(oauth);
                assert!(!own.iter().any(|own| own == url.path()), "{text:?}: {target}");
            }
        }
    });
}
