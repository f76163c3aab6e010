//! What stands around every page: who is signed in, where one can go, what happened on the wire.

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use oauth_runtime::User;

use super::wire::{Answer, Seen};

/// Whom the app talks to.
#[derive(Clone, Copy)]
pub(crate) enum Site {
    Fake,
    Google,
}

impl Site {
    pub(crate) fn is_fake(self) -> bool {
        matches!(self, Self::Fake)
    }
}

/// The main part of a page.
pub(crate) trait Content: Template {
    const TITLE: &str;
    /// Which of the links at the top leads here.
    const PATH: &str;

    /// A module that does on the page what its forms do without it.
    const SCRIPT: Option<&str> = None;

    /// The title with what a person who only hears it has to know first.
    fn title(&self) -> String {
        Self::TITLE.to_owned()
    }
}

/// A page as a handler answers it; [`draw`] puts the frame around it.
#[derive(Clone)]
pub(crate) struct Page {
    title: String,
    path: &'static str,
    script: Option<&'static str>,
    main: Option<String>,
}

impl Page {
    pub(crate) fn new<C: Content>(content: &C) -> Self {
        // Writing to a string cannot fail, but the trait allows for it.
        Self {
            title: content.title(),
            path: C::PATH,
            script: C::SCRIPT,
            main: content.render().ok(),
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        (Extension(self), ()).into_response()
    }
}

/// Who is signed in, as every page shows it at its top.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) picture: Option<String>,
}

impl Person {
    pub(crate) fn new(user: &User) -> Self {
        let email = user.email().unwrap_or(user.subject()).to_owned();
        let name = user.name().unwrap_or(&email).to_owned();
        Self { name, email, picture: user.picture().map(str::to_owned) }
    }

    /// Shown where there is no picture, or it cannot be loaded.
    pub(crate) fn initial(&self) -> String {
        self.name.chars().take(1).flat_map(char::to_uppercase).collect()
    }
}

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    page: &'a Page,
    main: &'a str,
    person: Option<&'a Person>,
    site: Site,
    seen: Seen,
}

impl Frame<'_> {
    fn current(&self, path: &str) -> &'static str {
        if self.page.path == path { r#" aria-current="page""# } else { "" }
    }
}

/// The layer that completes each [`Page`] and leaves every other answer alone.
pub(crate) async fn draw(
    State(site): State<Site>,
    user: Option<User>,
    seen: Option<Extension<Seen>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let Some(page) = response.extensions_mut().remove::<Page>() else { return response };
    let person = user.as_ref().map(Person::new);
    let seen = seen.map(|Extension(seen)| seen).unwrap_or_default();
    let main = page.main.as_deref().unwrap_or_default();
    let frame = Frame { page: &page, main, person: person.as_ref(), site, seen };
    let Ok(html) = frame.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    *response.body_mut() = Body::from(html);
    protect(&mut response, person.as_ref(), page.script);
    response
}

fn protect(response: &mut Response, person: Option<&Person>, script: Option<&str>) {
    let policy = HeaderValue::try_from(policy(person, script));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let nothing = || HeaderValue::from_static("default-src 'none'");
    headers.insert(CONTENT_SECURITY_POLICY, policy.unwrap_or_else(|_| nothing()));
}

/// Our own stylesheet, no script but where a page has one of our own, and of the images the icon
/// of the page and the picture of whoever is signed in.
fn policy(person: Option<&Person>, script: Option<&str>) -> String {
    let picture = person.and_then(|person| origin(person.picture.as_deref()?));
    let images = picture.map_or("'self'".to_owned(), |picture| format!("'self' {picture}"));
    let scripts = script.map_or("", |_| "script-src 'self'; connect-src 'self'; ");
    format!(
        "default-src 'none'; {scripts}style-src 'self'; img-src {images}; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

fn origin(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    let is_plain = |host: &str| !host.contains(['\'', ';', ',', ' ', '@']);
    let authority = url.authority().map(Authority::as_str).filter(|it| is_plain(it))?;
    Some(format!("{}://{authority}", url.scheme_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_origin_of_the_persons_picture_and_nothing_more() {
        let policy_with = |picture: &str| {
            let (name, email) = (String::new(), String::new());
            policy(Some(&Person { name, email, picture: Some(picture.to_owned()) }), None)
        };
        let policy = policy_with("https://pictures.example/a/b?c=d");
        assert!(policy.contains("img-src 'self' https://pictures.example;"), "{policy}");
        for picture in ["", "/picture", "https://a;script-src.example/", "https://a@b.example/"] {
            assert!(policy_with(picture).contains("img-src 'self';"), "{picture}");
        }
    }
}
