//! Accounts at a second provider, linked to the one that people sign in with.

use std::time::Duration;

use oauth_runtime::{Key, Keys, MemoryStore};

use crate::support::{Browser, Page};
use crate::world::{ADA, BOB, World};

async fn signed_in(world: &World, email: &str) -> Browser {
    let mut browser = Browser::new();
    let page = browser.authorize(world.url("/me"), email, &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser
}

fn is_list(page: &Page) {
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.json()["list"][0], "a gist", "{}", page.body);
}

/// B1: one visit to a page signs in at one provider, links the other and resumes; each is asked
/// for its own scopes alone, with PKCE.
#[tokio::test]
async fn a_stranger_signs_in_first_and_links_then() {
    let world = World::start().await;
    let mut browser = Browser::new();
    let page = browser.authorize(world.url("/gists"), ADA, &[]).await;
    is_list(&page);
    let google = browser.hops.iter().find(|url| url.path() == "/o/oauth2/v2/auth").unwrap();
    let scope = google.query_pairs().find(|pair| pair.0 == "scope").unwrap().1.into_owned();
    assert!(scope.contains("openid") && !scope.contains("gist"), "{scope}");
    world.github.look(|seen| {
        let asked = &seen.authorizations[0];
        assert_eq!(asked["scope"], "gist");
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["redirect_uri"].ends_with("/oauth/callback/github"), "{asked:?}");
        assert!(!asked.contains_key("nonce"), "there is no ID token to find it in");
        assert!(!asked.contains_key("prompt"), "no refresh token is needed");
        assert_eq!((seen.authorizations.len(), seen.exchanges.len()), (1, 1));
    });
    is_list(&browser.go(world.url("/gists")).await);
    let me = browser.go(world.url("/me")).await.json();
    assert_eq!(me["issuer"], "https://accounts.google.com", "{me}");
}

/// Invariant 1: a token goes to its own provider's hosts, whichever other one the app has.
#[tokio::test]
async fn each_handler_has_the_token_of_its_provider() {
    let world = World::start().await;
    let mut browser = signed_in(&world, ADA).await;
    let list = browser.follow(world.url("/gists")).await;
    assert!(list.json()["token"].as_str().unwrap().starts_with("gho_"), "{}", list.body);
    let notes = browser.authorize(world.url("/notes"), ADA, &["drive.file"]).await;
    assert!(notes.body.starts_with("ya29."), "{}", notes.body);
    is_list(&browser.go(world.url("/gists")).await);
}

#[tokio::test]
async fn an_account_is_linked_once_and_known_after_the_next_sign_in() {
    let world = World::start().await;
    let mut browser = signed_in(&world, ADA).await;
    assert_eq!(browser.go(world.url("/maybe")).await.body, "not linked");
    assert_eq!(browser.follow(world.url("/linked")).await.body, "583231");
    is_list(&browser.follow(world.url("/gists")).await);
    assert_eq!(browser.go(world.url("/maybe")).await.body, "linked");
    // Tokens of GitHub have no end.
    world.clock.advance(Duration::from_secs(10 * 86_400));
    is_list(&browser.go(world.url("/gists")).await);
    let mut other = signed_in(&world, ADA).await;
    is_list(&other.go(world.url("/gists")).await);
    assert_eq!(world.github.look(|seen| seen.exchanges.len()), 2);
}

/// The union is asked for where the provider replaces what it granted, and what a scope covers
/// is there though the answer leaves it out.
#[tokio::test]
async fn scopes_grow_and_those_that_others_cover_are_there() {
    let world = World::start().await;
    let mut browser = signed_in(&world, ADA).await;
    is_list(&browser.follow(world.url("/gists")).await);
    assert_eq!(browser.follow(world.url("/follow")).await.body, "followed");
    let asked = world.github.look(|seen| seen.authorizations[1]["scope"].clone());
    let mut asked: Vec<_> = asked.split(' ').collect();
    asked.sort_unstable();
    assert_eq!(asked, ["gist", "user"]);
    let profile = browser.go(world.url("/profile")).await;
    assert_eq!(profile.body, format!("{}#583231", world.github.origin), "`user` covers it");
    is_list(&browser.go(world.url("/gists")).await);
}

/// An account at the second provider is one person's, whoever signs in with what.
#[tokio::test]
async fn an_account_that_is_somebody_elses_is_not_linked() {
    let world = World::start().await;
    let mut ada = signed_in(&world, ADA).await;
    is_list(&ada.follow(world.url("/gists")).await);
    let mut bob = signed_in(&world, BOB).await;
    let page = bob.follow(world.url("/gists")).await;
    assert_eq!(page.status, 409, "{}", page.body);
    assert!(page.body.contains("GitHub"), "{}", page.body);
    assert_eq!(bob.go(world.url("/maybe")).await.body, "not linked");
    is_list(&ada.go(world.url("/gists")).await);
    world.github.change(|seen| seen.person = 7);
    let page = bob.go(page.link("Choose another account")).await;
    is_list(&bob.arrive(page).await);
    assert_eq!(bob.go(world.url("/linked")).await.body, "7");
    assert_eq!(ada.go(world.url("/linked")).await.body, "583231");
}

#[tokio::test]
async fn another_account_there_is_named_and_taken_only_on_a_click() {
    let world = World::start().await;
    let mut browser = signed_in(&world, ADA).await;
    is_list(&browser.follow(world.url("/gists")).await);
    world.github.change(|seen| seen.person = 7);
    let page = browser.follow(world.url("/follow")).await;
    assert_eq!(page.status, 409, "{}", page.body);
    assert_eq!(browser.go(world.url("/linked")).await.body, "583231");
    let page = browser.go(page.link("Switch to octo7")).await;
    assert_eq!(browser.arrive(page).await.body, "followed");
    assert_eq!(browser.go(world.url("/linked")).await.body, "7");
}

#[tokio::test]
async fn a_no_there_is_a_page_that_names_the_provider() {
    let world = World::start().await;
    let mut browser = signed_in(&world, ADA).await;
    world.github.change(|seen| seen.denies = true);
    let page = browser.follow(world.url("/gists")).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains("GitHub") && !page.body.contains("Google"), "{}", page.body);
    // No second redirect of its own accord.
    let again = browser.go(world.url("/gists")).await;
    assert_eq!(again.status, 403, "{}", again.body);
    assert!(again.body.contains("GitHub"), "{}", again.body);
    assert_eq!(browser.go(world.url("/me")).await.status, 200);
    world.github.change(|seen| seen.denies = false);
    let link = again.link("Try again");
    is_list(&browser.follow(link).await);
}

#[tokio::test]
async fn a_token_that_was_revoked_there_is_asked_for_again() {
    let world = World::start().await;
    let mut browser = signed_in(&world, ADA).await;
    is_list(&browser.follow(world.url("/gists")).await);
    world.github.change(|seen| seen.tokens.clear());
    world.clock.advance(Duration::from_secs(3600));
    is_list(&browser.follow(world.url("/gists")).await);
    assert_eq!(world.github.look(|seen| seen.exchanges.len()), 2);
}

#[tokio::test]
async fn a_script_is_told_which_provider_lacks_what() {
    let world = World::start().await;
    let mut browser = signed_in(&world, ADA).await;
    let page = browser.fetch(world.url("/gists"), &[]).await;
    assert_eq!(page.status, 403, "{}", page.body);
    let problem = page.json();
    assert_eq!(problem["provider"], "github");
    assert_eq!(problem["missing_scopes"][0], "gist");
    let link = problem["authorize_url"].as_str().unwrap().to_owned();
    let end = browser.follow(world.url(&link)).await;
    assert!(end.status < 400, "{}", end.body);
    is_list(&browser.fetch(world.url("/gists"), &[]).await);
    // Nobody is signed in: that comes first.
    let stranger = Browser::new().fetch(world.url("/gists"), &[]).await;
    assert_eq!((stranger.status, &stranger.json()["provider"]), (401, &"google".into()));
}

#[tokio::test]
async fn one_provider_is_disconnected_and_the_other_stays() {
    let world = World::start().await;
    let mut browser = signed_in(&world, ADA).await;
    browser.authorize(world.url("/notes"), ADA, &["drive.file"]).await;
    is_list(&browser.follow(world.url("/gists")).await);
    let page = browser.go(world.url("/oauth/disconnect?provider=github")).await;
    assert!(page.body.contains("GitHub"), "{}", page.body);
    let done = browser.send_form(&page).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body.contains("GitHub"), "GitHub alone can withdraw it: {}", done.body);
    assert_eq!(browser.go(world.url("/maybe")).await.body, "not linked");
    assert_eq!(browser.go(world.url("/notes")).await.status, 200);
    let unknown = browser.go(world.url("/oauth/disconnect?provider=gitlab")).await;
    assert_eq!(unknown.status, 400, "{}", unknown.body);
    // Whoever gave it back a moment ago is not sent there again without a click.
    assert_eq!(browser.follow(world.url("/gists")).await.status, 403);
    world.clock.advance(Duration::from_secs(3600));
    is_list(&browser.follow(world.url("/gists")).await);
}

/// With rows in a store, and nothing believed that was not just read.
#[tokio::test]
async fn links_lie_in_the_store() {
    let (store, key) = (MemoryStore::new(), Key::generate().unwrap());
    let world = World::with(|builder| {
        let builder = builder.with_store(store.clone()).with_keys(Keys::new(key.clone()));
        builder.with_max_staleness(Duration::ZERO)
    })
    .await;
    let mut browser = signed_in(&world, ADA).await;
    is_list(&browser.follow(world.url("/gists")).await);
    is_list(&browser.go(world.url("/gists")).await);
    assert_eq!(browser.go(world.url("/maybe")).await.body, "linked");
}

/// An app with a login of its own: both accounts are its user's, and unlinked together or apart.
#[tokio::test]
async fn a_user_of_the_app_links_both() {
    let world = World::with(|builder| builder.with_login("/login")).await;
    let mut browser = Browser::new();
    browser.cookies.insert("user".into(), "u1".into());
    is_list(&browser.follow(world.url("/gists")).await);
    let notes = browser.authorize(world.url("/notes"), ADA, &["drive.file"]).await;
    assert_eq!(notes.status, 200, "{}", notes.body);
    let owner = oauth_runtime::Owner::new("u1").unwrap();
    let accounts = world.oauth.accounts_of(&owner).await.unwrap();
    let mut issuers: Vec<_> = accounts.iter().map(|id| id.issuer().to_owned()).collect();
    issuers.sort_unstable();
    assert_eq!(issuers, [world.github.origin.clone(), "https://accounts.google.com".into()]);
    let page = browser.go(world.url("/oauth/disconnect?provider=github")).await;
    assert_eq!(browser.send_form(&page).await.status, 200);
    assert_eq!(world.oauth.accounts_of(&owner).await.unwrap().len(), 1);
    assert_eq!(browser.go(world.url("/notes")).await.status, 200);
}

/// The page about the account has every account that is linked, each with its own grants and its
/// own way to end them.
#[tokio::test]
async fn the_account_page_has_both_accounts_and_ends_one_of_them() {
    let world = World::start().await;
    let mut browser = Browser::new();
    browser.authorize(world.url("/notes"), ADA, &["drive.file"]).await;
    is_list(&browser.follow(world.url("/gists")).await);
    let page = browser.go(world.url("/oauth/account")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (google, github) = page.body.split_once("<h2>GitHub</h2>").expect(&page.body);
    assert!(google.contains(ADA) && google.contains("drive.file"), "{google}");
    assert!(github.contains("gist") && !github.contains("drive.file"), "{github}");
    let ends = |part: &str, key: &str| part.contains(&format!("provider={key}"));
    assert!(ends(github, "github") && !ends(google, "github"), "{}", page.body);
    let ended =
        browser.post(world.url("/oauth/disconnect?provider=github"), &[], "same-origin", &[]);
    assert_eq!(ended.await.status, 200);
    let page = browser.go(world.url("/oauth/account")).await;
    let (google, github) = page.body.split_once("<h2>GitHub</h2>").unwrap_or((&page.body, ""));
    assert!(google.contains("drive.file") && !github.contains("gist"), "{}", page.body);
}
