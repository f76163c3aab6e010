//! One of the nodes: a process of its own.

use std::env;
use std::path::PathBuf;

use oauth_runtime::fake::FakeGoogle;
use oauth_runtime::{ClientCredentials, Keys, OAuth, OAuthBuilder, PostgresStore, RedisStore};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;

use super::app::router;
use crate::demo::Failure;

/// What all nodes have in common. It is given to them in their environment: command lines can be
/// read by everybody on the machine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach the app: the proxy.
    pub public_url: String,
    /// `postgres://…` or `redis://…`.
    pub database: String,
    /// Where the fake Google is.
    pub google: String,
    /// Where `client_secret.json` is, and the key that seals what lies in the database, which is
    /// made there.
    pub folder: PathBuf,
}

const VARIABLES: [&str; 4] =
    ["THREE_NODES_PUBLIC_URL", "THREE_NODES_DATABASE", "THREE_NODES_GOOGLE", "THREE_NODES_FOLDER"];

impl Settings {
    fn from_env() -> Result<Self, Failure> {
        let value = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
        let [public_url, database, google, folder] = VARIABLES.map(value);
        let (public_url, database, google) = (public_url?, database?, google?);
        Ok(Self { public_url, database, google, folder: folder?.into() })
    }

    pub(super) fn give_to(&self, command: &mut Command) {
        let Self { public_url, database, google, folder } = self;
        let values: [&str; 3] = [public_url, database, google];
        command.envs(VARIABLES.into_iter().zip(values));
        command.env(VARIABLES[3], folder);
    }

    async fn oauth(&self) -> Result<OAuth, Failure> {
        let credentials = ClientCredentials::from_file(self.folder.join("client_secret.json"))?;
        let provider = FakeGoogle::provider_at(&self.google, credentials)?;
        let builder = OAuth::builder(provider).with_public_url(&*self.public_url);
        let builder = builder.with_keys(Keys::from_file(self.folder.join("oauth.key"))?);
        Ok(over(&self.database, builder).await?.build()?)
    }
}

/// The one line in which the databases differ.
async fn over(database: &str, builder: OAuthBuilder) -> Result<OAuthBuilder, Failure> {
    Ok(match database.split_once(':').map_or(database, |(scheme, _)| scheme) {
        "postgres" | "postgresql" => builder.with_store(PostgresStore::connect(database).await?),
        "redis" | "rediss" | "redis+unix" => {
            builder.with_store(RedisStore::connect(database).await?)
        }
        other => {
            return Err(format!("{other:?} is no database: give postgres://… or redis://…").into());
        }
    })
}

/// Runs a node with the settings of its environment until whoever started it is gone.
///
/// # Errors
/// If a setting is missing, or the database cannot be used.
pub async fn run(name: &str) -> Result<(), Failure> {
    let oauth = Settings::from_env()?.oauth().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?.port());
    let app = router(&oauth, name);
    axum::serve(listener, app).with_graceful_shutdown(orphaned()).await?;
    oauth.shutdown().await;
    Ok(())
}

/// Our standard input ends when the parent does, however it does.
async fn orphaned() {
    let mut byte = [0];
    while tokio::io::stdin().read(&mut byte).await.is_ok_and(|read| read > 0) {}
}
