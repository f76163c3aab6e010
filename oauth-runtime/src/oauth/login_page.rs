//! The app's own login page, where it has one.

use super::urls::Urls;
use crate::error::{Code, Error};
use crate::shown;

/// The path of the login page as a browser asks for it.
///
/// # Errors
/// If `path` is not a plain path of the app's own.
pub(super) fn login_page(path: &str, urls: &Urls) -> Result<String, Error> {
    let wrong = |why: &str| {
        let text = format!("the login page {} {why}", shown::name(path));
        Error::new(Code::ConfigOption, text)
            .with_help("give the path of a page of the app's own, such as \"/login\"")
    };
    let rest = path.strip_prefix('/').ok_or_else(|| wrong("does not begin with a slash"))?;
    let segments = rest.strip_suffix('/').unwrap_or(rest).split('/');
    if !rest.is_empty() && !segments.into_iter().all(is_plain) {
        return Err(wrong("is not a plain path"));
    }
    let ours = format!("{}/", urls.prefix());
    if urls.is_callback(path) || format!("{path}/").starts_with(&ours) {
        return Err(wrong("is a route of the library"));
    }
    Ok(format!("{}{path}", urls.mount()))
}

fn is_plain(segment: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    segment.bytes().all(plain) && segment.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ClientCredentials;

    #[test]
    fn a_login_page_is_a_plain_path_below_the_mount_path() {
        let credentials = ClientCredentials::new("client-id", "fake-secret");
        let public = Some("https://app.example/notes");
        let urls = Urls::resolve(public, None, "/oauth", &credentials).unwrap();
        for (path, expected) in [
            ("/login", Some("/notes/login")),
            ("/accounts/login/", Some("/notes/accounts/login/")),
            ("/", Some("/notes/")),
            ("/oauth-login", Some("/notes/oauth-login")),
            ("", None),
            ("login", None),
            ("//evil.example", None),
            ("/\\evil.example", None),
            ("https://app.example/login", None),
            ("/login?next=/", None),
            ("/login#form", None),
            ("/a/../login", None),
            ("/a//login", None),
            ("/%2e%2e/login", None),
            ("/log in", None),
            ("/{page}", None),
            ("/oauth", None),
            ("/oauth/", None),
            ("/oauth/sign-in", None),
            ("/oauth/callback", None),
        ] {
            let page = login_page(path, &urls).ok();
            assert_eq!(page.as_deref(), expected, "{path:?}");
        }
    }
}
