//! Every constructor and setting that takes text, given one, and the list of them in the sources.

use std::path::{Path, PathBuf};

use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{
    Brand, ClientCredentials, Error, Key, Keys, OAuth, OAuthBuilder, Provider, ServiceAccountKey,
    SqliteStore, UserApi,
};
use oauth_tests::root;

const GOOD: &str = "https://id.example.com/x";

/// The error, or what `Debug` shows of what was made.
pub(super) type Attempt = (&'static str, Result<String, Error>);

/// All of them. What follows a name is which of its texts it was.
pub(super) async fn attempts(text: &str) -> Vec<Attempt> {
    let mut all: Vec<Attempt> = keys(text);
    all.extend(credentials(text).into_iter().chain(providers(text)).chain(settings(text)));
    let issuer = Provider::discover("x", "X", text, client()).await;
    all.push(("Provider::discover", issuer.map(|_| String::new())));
    let store = SqliteStore::open(text).await;
    all.push(("SqliteStore::open", store.map(|made| format!("{made:?}"))));
    let fake = FakeGoogle::builder().kept_in(text).start().await;
    all.push(("FakeGoogleBuilder::kept_in", fake.map(|_| String::new())));
    #[cfg(feature = "databases")]
    all.extend(databases(text).await);
    all
}

#[cfg(feature = "databases")]
async fn databases(text: &str) -> Vec<Attempt> {
    use oauth_runtime::{PostgresStore, RedisStore};
    let postgres = PostgresStore::connect(text).await.map(|made| format!("{made:?}"));
    let redis = RedisStore::connect(text).await.map(|made| format!("{made:?}"));
    let prefix = RedisStore::connect_with_prefix(text, "x").await.map(|made| format!("{made:?}"));
    vec![
        ("PostgresStore::connect", postgres),
        ("RedisStore::connect", redis),
        ("RedisStore::connect_with_prefix", prefix),
    ]
}

fn client() -> ClientCredentials {
    ClientCredentials::new("client-id", "fake-secret")
}

fn builder() -> OAuthBuilder {
    OAuth::google(client()).with_redirect_uri("http://localhost:8080/oauth/callback")
}

/// What the builder shows before anything is checked, and what comes of it.
fn built(builder: OAuthBuilder) -> Result<String, Error> {
    let shown = format!("{builder:?} {builder:#?}");
    builder.build().map(|made| format!("{shown} {made:?}"))
}

fn keys(text: &str) -> Vec<Attempt> {
    let file = || Keys::from_file(text);
    let used = |url| built(OAuth::google(client()).with_public_url(url).with_keys(file()?));
    vec![
        ("Key::from_base64", Key::from_base64(text).map(|made| format!("{made:?}"))),
        ("Key::from_env", Key::from_env(text).map(|made| format!("{made:?}"))),
        ("Keys::from_file", file().map(|made| format!("{made:?} {made:#?}"))),
        ("Keys::from_file on loopback", used("http://localhost:8080")),
        ("Keys::from_file elsewhere", used("https://app.example.com")),
    ]
}

fn credentials(text: &str) -> Vec<Attempt> {
    let client_of = |made: Result<ClientCredentials, Error>| made.map(|it| format!("{it:?}"));
    let key_of = |made: Result<ServiceAccountKey, Error>| made.map(|it| format!("{it:?}"));
    let id = ClientCredentials::new(text, "fake-secret");
    let uris = client().with_redirect_uris([text, GOOD]);
    let only = client().with_redirect_uris([text]);
    let with_uri = OAuth::google(uris.clone()).with_redirect_uri("https://app.example.com/cb");
    let second = Provider::github(only.clone()).map(|other| builder().with_provider(other));
    vec![
        ("ClientCredentials::from_file", client_of(ClientCredentials::from_file(text))),
        (
            "ClientCredentials::from_shared_file",
            client_of(ClientCredentials::from_shared_file(text)),
        ),
        ("ClientCredentials::from_json", client_of(ClientCredentials::from_json(text))),
        ("ClientCredentials::new id", client_of(Ok(id.clone()))),
        ("ClientCredentials::new id, built", built(OAuth::google(id).with_public_url(GOOD))),
        ("ClientCredentials::new secret", client_of(Ok(ClientCredentials::new("fake", text)))),
        ("ClientCredentials::with_redirect_uris", client_of(Ok(uris.clone()))),
        ("ClientCredentials::with_redirect_uris two", built(OAuth::google(uris))),
        ("ClientCredentials::with_redirect_uris another", built(with_uri)),
        ("ClientCredentials::with_redirect_uris only", built(OAuth::google(only))),
        ("ClientCredentials::with_redirect_uris second", second.and_then(built)),
        ("ServiceAccountKey::from_file", key_of(ServiceAccountKey::from_file(text))),
        ("ServiceAccountKey::from_shared_file", key_of(ServiceAccountKey::from_shared_file(text))),
        ("ServiceAccountKey::from_json", key_of(ServiceAccountKey::from_json(text))),
    ]
}

fn providers(text: &str) -> Vec<Attempt> {
    let openid = |urls: [&str; 4], key: &str| {
        Provider::openid(key, "X", urls[0], urls[1], urls[2], urls[3], client())
    };
    let at = |place: usize| {
        let mut urls = [GOOD; 4];
        urls[place] = text;
        openid(urls, "x").and_then(|made| built(OAuth::builder(made).with_public_url(GOOD)))
    };
    let oauth2 = |issuer, authorize, token| {
        let api = UserApi::new(GOOD, "id")?;
        Provider::oauth2("x", "X", issuer, authorize, token, api, client()).map(|_| String::new())
    };
    let plain = || openid([GOOD; 4], "x");
    let settled = |made: Result<Provider, Error>| made.map(|_| String::new());
    let added = |made: Result<Provider, Error>| built(builder().with_provider(made?));
    let leaked: &'static str = Box::leak(text.to_owned().into_boxed_str());
    vec![
        ("Provider::openid issuer", at(0)),
        ("Provider::openid authorization", at(1)),
        ("Provider::openid token", at(2)),
        ("Provider::openid keys", at(3)),
        ("Provider::openid key", added(openid([GOOD; 4], text))),
        ("Provider::oauth2 issuer", oauth2(text, GOOD, GOOD)),
        ("Provider::oauth2 authorization", oauth2(GOOD, text, GOOD)),
        ("Provider::oauth2 token", oauth2(GOOD, GOOD, text)),
        ("Provider::microsoft", settled(Provider::microsoft(text, client()))),
        ("Provider::github_enterprise", settled(Provider::github_enterprise(text, client()))),
        (
            "Provider::with_revocation_endpoint",
            settled(plain().and_then(|it| it.with_revocation_endpoint(text))),
        ),
        (
            "Provider::with_userinfo_endpoint",
            settled(plain().and_then(|it| it.with_userinfo_endpoint(text))),
        ),
        (
            "Provider::with_base_scopes",
            added(plain().map(|it| it.with_base_scopes([text.to_owned()]))),
        ),
        (
            "Provider::with_authorization_parameter",
            added(plain().map(|it| it.with_authorization_parameter(leaked, leaked))),
        ),
        ("UserApi::new", UserApi::new(text, "id").map(|_| String::new())),
        ("UserApi::with_name", user_api(|api| api.with_name([text.to_owned()]))),
        ("UserApi::with_email", user_api(|api| api.with_email(text.to_owned()))),
        ("UserApi::with_picture", user_api(|api| api.with_picture(text.to_owned()))),
    ]
}

fn user_api(change: impl FnOnce(UserApi) -> UserApi) -> Result<String, Error> {
    let api = change(UserApi::new(GOOD, "id")?);
    let other = Provider::oauth2("x", "X", GOOD, GOOD, GOOD, api, client())?;
    built(builder().with_provider(other))
}

fn settings(text: &str) -> Vec<Attempt> {
    let brand = |brand: Brand| built(builder().with_brand(brand));
    let manifest = builder().build().and_then(|oauth| oauth.manifest().check_snapshot(text));
    vec![
        ("OAuthBuilder::with_public_url", built(builder().with_public_url(text))),
        ("OAuthBuilder::with_redirect_uri", built(builder().with_redirect_uri(text))),
        ("OAuthBuilder::with_prefix", built(builder().with_prefix(text))),
        ("OAuthBuilder::with_base_scopes", built(builder().with_base_scopes([text]))),
        ("OAuthBuilder::with_login", built(builder().with_login(text))),
        ("OAuthBuilder::with_trusted_origins", built(builder().with_trusted_origins([text]))),
        ("OAuthBuilder::allow_domains", built(builder().allow_domains([text]))),
        ("Brand::new", brand(Brand::new(text))),
        ("Brand::with_logo", brand(Brand::new("X").with_logo(text))),
        ("Brand::with_accent", brand(Brand::new("X").with_accent(text))),
        ("Brand::with_support", brand(Brand::new("X").with_support(text))),
        ("Manifest::check_snapshot", manifest.map(|()| String::new())),
    ]
}

/// Types whose functions take what an operator or the app's configuration says.
const TYPES: [&str; 12] = [
    "Key",
    "Keys",
    "ClientCredentials",
    "ServiceAccountKey",
    "Provider",
    "UserApi",
    "OAuthBuilder",
    "Brand",
    "Manifest",
    "FakeGoogleBuilder",
    "SqliteStore",
    "PostgresStore",
];
const BEGINNINGS: [&str; 5] = ["from", "open", "connect", "discover", "with_connection"];
/// How a parameter takes text.
const TEXTS: [&str; 8] = [
    "&str",
    "&'static str",
    "Into<String>",
    "Into<Text>",
    "AsRef<Path>",
    "Into<PathBuf>",
    "AsRef<str>",
    "Cow<",
];

/// `Type::function` of each public function of those types that takes text, and of each one of
/// any type that is named as a constructor is.
pub(super) fn written_in_the_sources() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("oauth-runtime/src")];
    while let Some(folder) = folders.pop() {
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (inner, files): (Vec<PathBuf>, Vec<_>) = paths.partition(|path| path.is_dir());
        folders.extend(inner.into_iter().filter(|path| !path.ends_with("tests")));
        for path in files.iter().filter(|path| is_source(path)) {
            let text = std::fs::read_to_string(path).unwrap();
            found.extend(functions(text.split("#[cfg(test)]\nmod ").next().unwrap()));
        }
    }
    found
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "rs") && !path.ends_with("fuzz.rs")
}

fn functions(text: &str) -> Vec<String> {
    let (mut found, mut owner) = (Vec::new(), "");
    for (at, line) in text.match_indices('\n').map(|(at, _)| (at + 1, &text[at + 1..])) {
        let line = line.lines().next().unwrap_or_default();
        if line.starts_with("impl") {
            let words = line.trim_end_matches([' ', '{']).rsplit([' ', ':']).next();
            owner = words.and_then(|word| word.split('<').next()).unwrap_or_default();
        }
        let Some(rest) = line.trim_start().strip_prefix("pub ") else { continue };
        let Some(rest) = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ") else {
            continue;
        };
        let name = rest.split(['(', '<']).next().unwrap();
        let signature = text[at..].split(['{', ';']).next().unwrap();
        let parameters = signature.rsplit_once("->").map_or(signature, |(before, _)| before);
        let takes_text = TEXTS.iter().any(|how| parameters.contains(how));
        let is_constructor = BEGINNINGS.iter().any(|begin| {
            name.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        });
        if TYPES.contains(&owner) && takes_text || is_constructor && owner != "Gate" {
            found.push(format!("{owner}::{name}"));
        }
    }
    found
}
