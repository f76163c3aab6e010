//! The library's own pages as an app has them: its brand, its language, its own in their place.

use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{Brand, Language, OAuthBuilder, Page, PageHtml, PageKind};

use crate::support::{App, Browser};

const ADA: &str = "ada@example.com";

async fn app(configure: impl FnOnce(OAuthBuilder) -> OAuthBuilder) -> App {
    App::with(|fake| fake, configure).await
}

/// Each page that a person meets on the way, with its status and what it is about.
async fn met(app: &App, languages: &'static str) -> Vec<(u16, String)> {
    let mut browser = Browser::new();
    browser.languages = languages;
    let asked = browser.follow(app.url("/notes")).await;
    let consent = browser.choose(&asked, ADA).await;
    let consent = browser.arrive(consent).await;
    let denied = browser.cancel(&consent).await;
    let denied = browser.arrive(denied).await;
    // Whoever cancelled is not sent to the provider again by himself.
    browser.cookies.clear();
    let declined = browser.authorize(app.url("/notes"), ADA, &[]).await;
    let again = browser.post(app.url("/notes"), &[("name", "x")], "same-origin", &[]).await;
    let foreign = browser.post(app.url("/notes"), &[("name", "x")], "cross-site", &[]).await;
    let unusable = browser.go(app.callback("state=unknown&code=x")).await;
    let out = browser.post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    let pages = [denied, declined, again, foreign, unusable, out];
    for page in &pages {
        assert!(page.header("vary").contains("Accept-Language"), "{:?}", page.headers);
        assert_eq!(page.header("cache-control"), "no-store");
    }
    pages.into_iter().map(|page| (page.status, page.body)).collect()
}

#[tokio::test]
async fn every_page_speaks_the_language_of_the_browser_and_bears_the_brand() {
    let app = app(|builder| builder.with_brand(Brand::new("Field Notes"))).await;
    for (languages, tag, titles, back) in [
        (
            "en-GB,en;q=0.9,de;q=0.1",
            "en",
            [
                "Access was not granted",
                "Permission needed",
                "One step before this",
                "Not from this site",
                "This link cannot be used",
                "Signed out",
            ],
            "Back to Field Notes",
        ),
        (
            "fr-CH,de;q=0.8",
            "de",
            [
                "Zugriff nicht erlaubt",
                "Berechtigung nötig",
                "Vorher noch ein Schritt",
                "Nicht von dieser Website",
                "Dieser Link lässt sich nicht verwenden",
                "Abgemeldet",
            ],
            "Zurück zu Field Notes",
        ),
    ] {
        let pages = met(&app, languages).await;
        let statuses: Vec<_> = pages.iter().map(|page| page.0).collect();
        assert_eq!(statuses, [403, 403, 200, 403, 400, 200]);
        for ((_, body), title) in pages.iter().zip(titles) {
            assert!(body.contains(&format!("<html lang=\"{tag}\">")), "{body}");
            assert!(body.contains(&format!("<h1>{title}</h1>")), "{title}: {body}");
            assert!(body.contains(back), "{body}");
        }
    }
}

/// Only the markup is the app's: status, cookies and the other headers are as they were.
#[tokio::test]
async fn an_app_puts_a_page_of_its_own_in_the_place_of_one() {
    fn own(page: &Page) -> Option<PageHtml> {
        let wanted = page.kind() == PageKind::Declined;
        let scopes: Vec<_> = page.scopes().names().collect();
        wanted.then(|| {
            let html = format!("own: {} {:?} {scopes:?}", page.why()?, page.links()[0].kind());
            Some(PageHtml::new(html).with_content_security_policy("default-src 'self'"))
        })?
    }
    let app = app(|builder| builder.with_pages(own)).await;
    let mut browser = Browser::new();
    browser.own_pages = true;
    let page = browser.authorize(app.url("/notes"), ADA, &[]).await;
    let scope = "https://www.googleapis.com/auth/drive.file";
    assert_eq!(page.body, format!("own: keep your notes in your Drive Grant [{scope:?}]"));
    assert_eq!(page.status, 403);
    assert_eq!(page.header("content-security-policy"), "default-src 'self'");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(browser.go(app.url("/hello")).await.body, ADA, "the session began");
    let other = browser.go(app.callback("state=unknown&code=x")).await;
    assert!(other.body.contains("<h1>This link cannot be used</h1>"), "{}", other.body);
}

/// The page before the provider: for people who go to a page, and for nobody else.
#[tokio::test]
async fn a_rationale_comes_before_the_provider_where_the_app_wants_it() {
    let app = app(OAuthBuilder::with_rationale_page).await;
    let mut browser = Browser::new();
    let page = browser.go(app.url("/notes?x=1")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("drive.file"), "{}", page.body);
    assert!(page.body.contains("keep your notes in your Drive"), "{}", page.body);
    assert!(page.set_cookies().is_empty(), "nothing has begun");
    let arrived = browser.authorize(page.link("Continue"), ADA, &["drive.file"]).await;
    assert_eq!((arrived.status, arrived.url.query()), (200, Some("x=1")));
    let more = browser.go(app.url("/week")).await;
    assert!(more.body.contains("calendar.events.readonly"), "{}", more.body);
    let mut other = Browser::new();
    assert_eq!(other.go(app.url("/me")).await.status, 303, "signing in needs no reasons");
    assert_eq!(other.fetch(app.url("/notes"), &[]).await.status, 401);
}

#[tokio::test]
async fn a_brand_that_cannot_be_shown_is_named_when_the_app_is_built() {
    let fake = FakeGoogle::start().await.unwrap();
    let builder = fake.builder_for("http://localhost:8080/oauth/callback").unwrap();
    let brand = Brand::new("Field Notes").with_accent("green");
    let error = builder.with_brand(brand).build().unwrap_err();
    assert_eq!(error.code(), "config_option");
    assert!(format!("{error:?}").contains("\"green\""), "{error:?}");
    assert!(error.help().is_some_and(|help| help.contains("hexadecimal")), "{error:?}");
}

/// What is looked at beforehand is what people get.
#[tokio::test]
async fn a_preview_is_the_page_that_people_get() {
    let app = app(|builder| builder.with_brand(Brand::new("Field Notes"))).await;
    let out = Browser::new().post(app.url("/oauth/sign-out"), &[], "same-origin", &[]).await;
    let preview = app.oauth.preview(PageKind::SignedOut, Language::English).unwrap();
    let links = |html: &str| html.matches("<a ").count();
    let until_links = |html: &str| html.split_once("<nav").unwrap().0.to_owned();
    assert_eq!(until_links(&out.body), until_links(preview.html()));
    assert_eq!(links(&out.body), links(preview.html()));
    assert_eq!(Some(out.header("content-security-policy")), preview.content_security_policy());
}
