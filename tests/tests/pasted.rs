//! A secret in the wrong place: no error, log line or file shows any of it.

mod constructors;
mod samples;

use std::collections::BTreeSet;
use std::env;
use std::error::Error as StdError;
use std::path::Path;
use std::process::Command;

use oauth_runtime::{ClientCredentials, Error, Key, ServiceAccountKey};
use tracing::Level;

use crate::support::Log;
use constructors::{attempts, written_in_the_sources};
use samples::{Sample, samples};

/// The variable that makes this program read its environment for the test below.
const CHILD: &str = "OAUTH_TESTS_PASTED";
/// So many characters of a secret are enough to have leaked.
const WINDOW: usize = 8;
/// Those that need a database to be compiled.
const DATABASES: [&str; 4] = [
    "PostgresStore::connect",
    "RedisStore::connect",
    "RedisStore::connect_with_prefix",
    "RedisStore::with_connection_manager",
];
/// Those that read the environment, which another test does.
const ENVIRONMENT: [&str; 2] = ["ClientCredentials::from_env", "ServiceAccountKey::from_env"];
/// Those whose text is no operator's: of an answer, of a row, of an error.
const OTHERS: [&str; 4] =
    ["Error::from_api", "Error::from_middleware", "RowKey::from_bytes", "Provider::api_base"];

/// Everything that is shown of an error, wherever it goes.
fn shown(error: &Error) -> String {
    let help = error.help().unwrap_or_default();
    let mut shown = vec![format!("{error} {error:?} {error:#?} {help}")];
    let mut cause = error.source();
    while let Some(error) = cause {
        shown.push(format!("{error} {error:?}"));
        cause = error.source();
    }
    shown.join("\n")
}

fn leak(shown: &str, sample: &Sample) -> Option<String> {
    let windows = sample.secrets.iter().flat_map(|secret| secret.as_bytes().windows(WINDOW));
    let mut windows = windows.map(|part| str::from_utf8(part).unwrap());
    windows.find(|part| shown.contains(part)).map(str::to_owned)
}

#[tokio::test]
async fn no_constructor_shows_a_secret_that_was_given_in_the_wrong_place() {
    let mut leaks = Vec::new();
    for sample in samples() {
        let (log, kept) = Log::keep(Level::TRACE);
        for (name, attempt) in attempts(&sample.text).await {
            let shown = attempt.unwrap_or_else(|error| shown(&error));
            if let Some(part) = leak(&shown, &sample) {
                leaks.push(format!("{name}, given {}: {part:?} in {shown}", sample.name));
            }
        }
        drop(kept);
        if let Some(part) = leak(&log.text(), &sample) {
            leaks.push(format!("the log, given {}: {part:?} in {}", sample.name, log.text()));
        }
        let file = Path::new(&sample.text);
        if file.exists() {
            leaks.push(format!("a file was made that is named as {}", sample.name));
            std::fs::remove_file(file).unwrap();
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
}

/// A constructor or a setting that is added has to be tried above.
#[tokio::test]
async fn every_constructor_and_setting_that_takes_text_is_tried() {
    let tried: BTreeSet<_> =
        attempts(&samples()[0].text).await.into_iter().map(|(name, _)| name).collect();
    let mut known: BTreeSet<_> = tried.iter().map(|name| name.split(' ').next().unwrap()).collect();
    known.extend(ENVIRONMENT.iter().chain(&OTHERS).chain(&DATABASES));
    let written = written_in_the_sources();
    let written: BTreeSet<_> = written.iter().map(String::as_str).collect();
    let lacking: Vec<_> = written.difference(&known).collect();
    assert!(lacking.is_empty(), "try these in pasted/constructors.rs: {lacking:?}");
    let gone: Vec<_> = known.difference(&written).collect();
    assert!(gone.is_empty(), "there is no such constructor: {gone:?}");
}

/// Reads the environment where this program was started for that; else there is nothing to do.
#[test]
fn a_child_that_reads_its_environment() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let (log, kept) = Log::keep(Level::TRACE);
    let tell = |result: Result<String, Error>| {
        println!("{}", result.unwrap_or_else(|error| shown(&error)));
    };
    tell(ClientCredentials::from_env().map(|made| format!("{made:?}")));
    tell(ServiceAccountKey::from_env().map(|made| format!("{made:?}")));
    tell(Key::from_env("OAUTH_KEY").map(|made| format!("{made:?}")));
    drop(kept);
    println!("{}\nread", log.text());
}

#[test]
fn no_variable_shows_a_secret_that_it_holds_in_the_place_of_something_else() {
    let mut leaks = Vec::new();
    for sample in samples() {
        for name in ["GOOGLE_CLIENT_SECRET_FILE", "GOOGLE_CLIENT_ID"] {
            let mut child = Command::new(env::current_exe().unwrap());
            child.args(["--exact", "pasted::a_child_that_reads_its_environment", "--nocapture"]);
            child.env_remove("GOOGLE_CLIENT_SECRET_FILE").env("GOOGLE_CLIENT_SECRET", "fake");
            child.env(CHILD, "1").env(name, &sample.text).env("OAUTH_KEY", &sample.text);
            child.env("GOOGLE_APPLICATION_CREDENTIALS", &sample.text);
            let output = child.output().unwrap();
            let told = format!(
                "{}\n{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(output.status.success() && told.contains("\nread"), "{told}");
            if let Some(part) = leak(&told, &sample) {
                leaks.push(format!("{name} = {}: {part:?} in {told}", sample.name));
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
}

#[test]
fn what_was_pasted_is_named_with_the_remedy() {
    let samples = samples();
    let text = |name: &str| &samples.iter().find(|sample| sample.name == name).unwrap().text;
    let file = |name: &str| oauth_runtime::Keys::from_file(text(name)).unwrap_err();
    let client = |name: &str| ClientCredentials::from_file(text(name)).unwrap_err();
    let service = |name: &str| ServiceAccountKey::from_file(text(name)).unwrap_err();
    for (error, what, help) in [
        (file("a key in base64"), "this is a key itself", "Keys::new"),
        (file("a key in hexadecimal digits"), "this is a key itself", "from_env"),
        (file("a key in PEM"), "a private key itself", "one base64 key a line"),
        (client("client_secret.json"), "the text of a JSON file", "ClientCredentials::from_json"),
        (client("a client secret"), "a client secret itself", "the path of the JSON file"),
        (service("a service account"), "the text of a JSON file", "ServiceAccountKey::from_json"),
        (service("a key in PEM"), "a private key itself", "the path of the JSON file"),
        (Key::from_env(text("a key in base64")).unwrap_err(), "a key itself", "from_base64"),
    ] {
        assert!(error.to_string().contains(what), "{what}: {error:?}");
        assert!(error.help().unwrap().contains(help), "{help}: {error:?}");
    }
}

/// The id travels through every browser, the secret through none.
#[test]
fn an_id_and_a_secret_in_each_others_place_are_refused() {
    for (id, secret, refused) in [
        ("1-fake.apps.googleusercontent.com", "GOCSPX-fake-secret", false),
        ("GOCSPX-fake-secret", "1-fake.apps.googleusercontent.com", true),
        ("GOCSPX-fake-secret", "fake", true),
        ("fake", "1-fake.apps.googleusercontent.com", true),
        ("{\"web\":{}}", "fake-secret", true),
        ("client-id", "fake-secret", false),
    ] {
        let built = oauth_runtime::OAuth::google(ClientCredentials::new(id, secret))
            .with_redirect_uri("http://localhost:8080/oauth/callback")
            .build();
        assert_eq!(built.err().map(|error| error.code()), refused.then_some("config_credentials"));
    }
}
