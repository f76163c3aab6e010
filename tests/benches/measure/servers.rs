//! Servers as processes of their own: the app, and the databases.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use oauth_runtime::{Key, Keys, OAuthBuilder, PostgresStore, RedisStore, SqliteStore};
use tokio::net::TcpListener;

use crate::app::App;

/// The app as a process, which ends when it is dropped.
pub struct Served {
    child: Child,
    pub port: u16,
    pub cookie: String,
}

impl Served {
    /// `store` is empty, or `sqlite`, `postgres` or `redis` with a place.
    pub fn start(store: &str, place: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["as", "server", store, place]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || lines.next().expect("a server that starts").unwrap();
        let (port, cookie) = (line().parse().unwrap(), line());
        Self { child, port, cookie }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The role of such a process.
pub fn run_role(rest: &[&str]) {
    let (store, place) = (rest.first().unwrap_or(&""), rest.get(1).unwrap_or(&""));
    std::thread::spawn(|| {
        drop(std::io::stdin().read(&mut [0]));
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let app = serving(store, place).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        println!("{}", app.cookie.to_str().unwrap());
        axum::serve(listener, app.router()).await.unwrap();
    });
}

async fn serving(store: &str, place: &str) -> App {
    let keys = || Keys::new(Key::generate().unwrap());
    let sealed = |builder: OAuthBuilder| builder.with_keys(keys());
    match store {
        "sqlite" => {
            let store = SqliteStore::open(place).await.unwrap();
            App::new(|builder| sealed(builder).with_store(store)).await
        }
        "postgres" => {
            let store = PostgresStore::connect(place).await.unwrap();
            App::new(|builder| sealed(builder).with_store(store)).await
        }
        "redis" => {
            let store = RedisStore::connect(place).await.unwrap();
            App::new(|builder| sealed(builder).with_store(store)).await
        }
        _ => App::new(|builder| builder).await,
    }
}
