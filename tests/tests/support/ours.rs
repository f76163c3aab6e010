//! What holds for every answer of the library, whatever a test is about: each response that a
//! test's browser sees is looked at here.

use std::collections::BTreeMap;

use super::Page;

/// The script module is kept by browsers on purpose.
const KEPT: &str = "/oauth/client.js";
/// Where the fake's authorization endpoint is.
const PROVIDER: &str = "/o/oauth2/v2/auth";

/// G6, G7, G8, G9, invariants 16 to 18 and 21: no answer of ours is kept, framed, sniffed, loads
/// anything from elsewhere, or tells where it was; none of a refused request is either.
/// A proxy in front of the app may have something to say of its own.
pub(super) fn check(page: &Page, cookies: &BTreeMap<String, String>, own_pages: bool) {
    if page.header("x-served-by") == "proxy" {
        return;
    }
    let ours = page.url.path().starts_with("/oauth/") && page.url.path() != KEPT;
    // What lies at no route of ours is the app's own 404.
    if ours && page.status != 404 {
        check_headers(page);
        if !own_pages {
            check_content(page);
        }
    }
    if is_refusal(page) {
        assert_eq!(page.header("cache-control"), "no-store", "{page:?}");
        assert!(page.header("vary").contains("Cookie"), "{page:?}");
    }
    if ours || is_refusal(page) {
        check_secrets(page, cookies);
    }
    assert!(page.status < 600);
    check_cookies(cookies);
}

/// J11: no page or document says a token, a code or a cookie.
fn check_secrets(page: &Page, cookies: &BTreeMap<String, String>) {
    let values = cookies.values().map(String::as_str).filter(|value| value.len() > 20);
    for secret in values.chain(["ya29.", "1//", "4/0"]) {
        assert!(!page.body.contains(secret), "{secret} is in {}", page.body);
    }
}

fn check_headers(page: &Page) {
    let framed = page.header("x-frame-options") == "SAMEORIGIN";
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", if framed { "SAMEORIGIN" } else { "DENY" }),
    ] {
        assert_eq!(page.header(name), value, "{name} of {page:?}");
    }
    // Only the page that leads out of a frame may be in one, and it is of no other use.
    assert!(!framed || page.body.contains("target=\"_top\""), "{page:?}");
    let holds_form = page.body.contains("<form");
    let sends_form = page.status == 307;
    let referrer = if holds_form || sends_form { "same-origin" } else { "no-referrer" };
    assert_eq!(page.header("referrer-policy"), referrer, "{page:?}");
}

/// What a page may load, and that it has no link to elsewhere: its links to the provider go
/// through us.
fn check_content(page: &Page) {
    let framed = page.header("x-frame-options") == "SAMEORIGIN";
    let ancestors = if framed { "'self'" } else { "'none'" };
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{page:?}");
    for part in ["base-uri 'none'", &format!("frame-ancestors {ancestors}")] {
        assert!(policy.contains(part), "{page:?}");
    }
    for attribute in ["href=\"", "src=\"", "action=\""] {
        for rest in page.body.split(attribute).skip(1) {
            let target = rest.split('"').next().unwrap();
            assert!(target.starts_with('/') && !target.starts_with("//"), "{target} on {page:?}");
        }
    }
}

/// Whether the guard, or one of our routes, sent somebody elsewhere or away.
fn is_refusal(page: &Page) -> bool {
    let location = page.headers.get("location").map(|_| page.location());
    let to = |path: &str| location.as_ref().is_some_and(|url| url.path() == path);
    let challenge = page.header("www-authenticate").starts_with("Bearer");
    let app = !page.url.path().starts_with("/o/") && !page.url.path().starts_with("/drive/");
    app && (challenge || to(PROVIDER) || to("/oauth/hold") || to("/oauth/start"))
}

/// At most four pending flows, and less than 4 KiB of ours in all.
fn check_cookies(cookies: &BTreeMap<String, String>) {
    let is_flow = |name: &str| name.contains("oauth-f-");
    let flows = cookies.keys().filter(|name| is_flow(name)).count();
    assert!(flows <= 4, "{flows} pending flows");
    let ours = cookies.iter().filter(|(name, _)| name.contains("oauth"));
    let bytes: usize = ours.map(|(name, value)| name.len() + value.len() + 3).sum();
    assert!(bytes < 4096, "{bytes} bytes of cookies");
}
