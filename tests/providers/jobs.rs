//! Tokens outside of any request, by account and provider.

use oauth_runtime::scope;

use crate::support::Browser;
use crate::world::{ADA, Gists, World};

#[tokio::test]
async fn a_job_gets_the_token_of_the_accounts_provider() {
    let world = World::start().await;
    let mut browser = Browser::new();
    let page = browser.authorize(world.url("/gists"), ADA, &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let github = format!("{}#583231", world.github.origin).parse().unwrap();
    let token = world.oauth.account(&github).token::<Gists>().await.unwrap();
    assert!(token.access_token().starts_with("gho_"));
    let error = world.oauth.account(&github).token::<scope::DriveFile>().await.unwrap_err();
    assert_eq!(error.code(), "config_option", "{error}");
    assert!(error.to_string().contains("Google"), "{error}");
    let error = world.oauth.account(&github).sign_out_everywhere().await.unwrap_err();
    assert_eq!(error.code(), "config_option", "{error}");
    world.oauth.account(&github).disconnect().await.unwrap();
    let error = world.oauth.account(&github).token::<Gists>().await.unwrap_err();
    assert!(error.is_consent_required(), "{error:?}");
    assert!(error.authorize_url().unwrap().starts_with(&world.origin), "{error:?}");
}

#[tokio::test]
async fn the_manifest_says_at_which_provider() {
    let world = World::start().await;
    let manifest = world.oauth.manifest();
    let gists = manifest.handlers().iter().find(|one| one.name() == "gists").unwrap();
    assert_eq!(gists.provider(), Some("github"));
    let scope = manifest.scopes().iter().find(|one| one.short_name() == "gist").unwrap();
    assert_eq!(scope.provider(), Some("github"));
    assert!(manifest.to_markdown().contains("`gist` at github"), "{}", manifest.to_markdown());
    let mut api = utoipa::openapi::OpenApi::default();
    utoipa::Modify::modify(&world.oauth, &mut api);
}
