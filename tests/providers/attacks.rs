//! Answers of one provider that are handed in as another's.

use oauth_runtime::fake::Endpoint;
use url::Url;

use crate::support::Browser;
use crate::world::{ADA, World};

/// Goes to a page and on, up to the callback of that path, which is not loaded.
async fn up_to(browser: &mut Browser, url: String, callback: &str) -> Url {
    let mut page = browser.go(url).await;
    loop {
        if page.asks(ADA) {
            page = browser.answer(page, ADA, &["drive.file"]).await;
        } else if page.location().path() == callback {
            return page.location();
        } else {
            let next = page.location();
            page = browser.go(next).await;
        }
    }
}

/// A8: a state that was made for one provider is worth nothing at the other's callback.
#[tokio::test]
async fn an_answer_of_another_provider_is_refused_unspent() {
    let world = World::start().await;
    let mut browser = Browser::new();
    assert_eq!(browser.authorize(world.url("/me"), ADA, &[]).await.status, 200);
    for (page, own, other) in [
        ("/gists", "/oauth/callback/github", "/oauth/callback"),
        ("/notes", "/oauth/callback", "/oauth/callback/github"),
    ] {
        let url = up_to(&mut browser, world.url(page), own).await;
        let mut swapped = url.clone();
        swapped.set_path(other);
        let before = world.github.look(|seen| seen.exchanges.len());
        let calls = world.google.calls(Endpoint::Token);
        let refused = browser.tab().go(&swapped).await;
        assert_eq!(refused.status, 400, "{page}: {}", refused.body);
        assert_eq!(world.github.look(|seen| seen.exchanges.len()), before, "{page}");
        assert_eq!(world.google.calls(Endpoint::Token), calls, "{page}");
        // The flow that is really pending stays usable.
        assert_eq!(browser.follow(&url).await.status, 200, "{page}");
    }
}

/// A1, A2: somebody else's answer links nothing.
#[tokio::test]
async fn an_answer_of_somebody_else_links_nothing() {
    let world = World::start().await;
    let (mut ada, mut eve) = (Browser::new(), Browser::new());
    for (browser, email) in [(&mut ada, ADA), (&mut eve, "eve@example.com")] {
        assert_eq!(browser.authorize(world.url("/me"), email, &[]).await.status, 200);
    }
    let url = up_to(&mut eve, world.url("/gists"), "/oauth/callback/github").await;
    assert_eq!(ada.go(&url).await.status, 400);
    // With the cookie of the flow too, as a sister domain could plant it.
    let flow = eve.cookies.iter().find(|(name, _)| name.starts_with("oauth-f-")).unwrap();
    ada.cookies.insert(flow.0.clone(), flow.1.clone());
    assert_eq!(ada.go(&url).await.status, 400);
    assert_eq!(world.github.look(|seen| seen.exchanges.len()), 0);
    assert_eq!(ada.go(world.url("/maybe")).await.body, "not linked");
}

/// A session that ended meanwhile: there is nobody to link the account to.
#[tokio::test]
async fn whoever_signed_out_meanwhile_links_nothing() {
    let world = World::start().await;
    let mut browser = Browser::new();
    assert_eq!(browser.authorize(world.url("/me"), ADA, &[]).await.status, 200);
    let url = up_to(&mut browser, world.url("/gists"), "/oauth/callback/github").await;
    let session = browser.cookies.remove("oauth").unwrap();
    assert_eq!(browser.tab().go(&url).await.status, 400);
    browser.cookies.insert("oauth".into(), session);
    assert_eq!(browser.follow(&url).await.status, 200);
}

/// D3: a user API that fails names nobody, and nothing is stored.
#[tokio::test]
async fn a_user_api_that_is_down_links_nobody() {
    let world = World::start().await;
    let mut browser = Browser::new();
    assert_eq!(browser.authorize(world.url("/me"), ADA, &[]).await.status, 200);
    world.github.change(|seen| seen.is_down = true);
    let page = browser.follow(world.url("/gists")).await;
    assert_eq!(page.status, 503, "{}", page.body);
    assert_eq!(browser.go(world.url("/maybe")).await.body, "not linked");
    world.github.change(|seen| seen.is_down = false);
    assert_eq!(browser.follow(world.url("/gists")).await.status, 200);
}
