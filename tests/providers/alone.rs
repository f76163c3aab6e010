//! What `build` says of several providers, and one without ID tokens that signs people in.

use oauth_runtime::{ClientCredentials, OAuth, Provider};

fn credentials() -> ClientCredentials {
    ClientCredentials::new("client-id", "fake-secret")
}

const CALLBACK: &str = "http://localhost:8080/oauth/callback";

/// A handler of this program wants GitHub.
#[test]
fn a_handler_whose_provider_the_app_lacks_is_named() {
    let error = OAuth::google(credentials()).with_redirect_uri(CALLBACK).build().unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code(), "config_option");
    assert!(text.contains("\"github\"") && text.contains(".rs:"), "{text}");
    assert!(error.help().unwrap().contains("with_provider"), "{error:?}");
}

/// A fake Google stands in for one provider, whatever else the app has.
#[tokio::test]
async fn fixtures_do_without_the_other_provider() {
    let fake = oauth_runtime::fake::FakeGoogle::start().await.unwrap();
    assert!(fake.oauth().is_ok());
    let token = oauth_runtime::Token::<crate::world::Gists>::fake("gho_fake");
    assert_eq!(token.access_token(), "gho_fake");
}

#[test]
fn each_provider_has_a_callback_of_its_own() {
    let github = |uris: &[&str]| {
        Provider::github(credentials().with_redirect_uris(uris.iter().copied())).unwrap()
    };
    let build = |provider| {
        let builder = OAuth::google(credentials()).with_redirect_uri(CALLBACK);
        builder.with_provider(provider).build().map(drop).map_err(|error| error.code())
    };
    assert_eq!(build(github(&[])), Ok(()));
    assert_eq!(build(github(&["http://localhost:8080/oauth/github"])), Ok(()));
    for (uris, code) in [
        (vec![CALLBACK], "config_redirect_uri"),
        (vec!["http://localhost:9090/oauth/callback/github"], "config_public_url"),
        (vec!["http://localhost:8080/a", "http://localhost:8080/b"], "config_redirect_uri"),
        (vec!["http://localhost:8080/oauth/sign-in"], "config_redirect_uri"),
    ] {
        assert_eq!(build(github(&uris)), Err(code), "{uris:?}");
    }
}

#[test]
fn two_with_one_key_are_refused() {
    let builder = OAuth::builder(Provider::github(credentials()).unwrap());
    let builder = builder.with_redirect_uri(CALLBACK);
    let error = builder.with_provider(Provider::github(credentials()).unwrap()).build();
    assert_eq!(error.unwrap_err().code(), "config_redirect_uri".replace("redirect_uri", "option"));
}
