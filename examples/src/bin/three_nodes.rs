//! `cargo run --features databases --bin three_nodes -- postgres://app@localhost/app`: one app as
//! three processes behind a proxy, over one `PostgreSQL` or Redis (`redis://localhost`), with an
//! embedded fake Google. Kill any of the processes while you use it.
//!
//! `PORT` chooses another port than 8080 for the proxy.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use oauth_examples::demo::Failure;
use oauth_examples::three_nodes::{Fleet, Proxy, Settings, run};
use oauth_runtime::fake::FakeGoogle;

const NODES: usize = 3;
const USAGE: &str = "give the database: postgres://app@localhost/app or redis://localhost";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let ended = match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        ["node", name] => run(name).await,
        [database] => parent(database).await,
        _ => Err(USAGE.into()),
    };
    let Err(failure) = ended else { return ExitCode::SUCCESS };
    eprintln!("{failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        eprintln!("  caused by: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

async fn parent(database: &str) -> Result<(), Failure> {
    let port = env::var("PORT").map_or(Ok(8080), |text| text.parse())?;
    let proxy = Proxy::start(port, NODES).await?;
    let google = FakeGoogle::start().await?;
    let folder = env::temp_dir().join(format!("three-nodes-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let client = google.client_secret_json(&format!("{}/oauth/callback", proxy.origin()));
    let settings = Settings {
        public_url: proxy.origin().to_owned(),
        database: database.to_owned(),
        google: google.origin().to_owned(),
        folder: folder.clone(),
    };
    let served = match private(&folder.join("client_secret.json"), &client) {
        Ok(()) => serve(&settings, &proxy).await,
        Err(error) => Err(error.into()),
    };
    fs::remove_dir_all(&folder)?;
    served
}

/// A file that only its owner may read.
fn private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

async fn serve(settings: &Settings, proxy: &Proxy) -> Result<(), Failure> {
    let fleet = Fleet::start(settings, &proxy.nodes(), NODES).await?;
    println!("Open {} in a browser. Ctrl-C ends all of it.", proxy.origin());
    tokio::select! {
        () = fleet.watch() => {}
        ended = tokio::signal::ctrl_c() => ended?,
    }
    Ok(())
}
