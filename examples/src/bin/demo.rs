//! `cargo run`: the demo with an embedded fake Google, with no account and no network.
//!
//! With `GOOGLE_CLIENT_SECRET_FILE=client_secret.json` the same app talks to Google. `PORT`
//! chooses another port than 8080. What people granted is kept in the folder `.daybook`: whoever
//! was signed in before a restart still is.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use oauth_examples::demo::{ACCOUNTS, CALLBACK, Demo, Failure};

/// Where it keeps what people granted, below where it is started.
const DATA: &str = ".daybook";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("The demo cannot start: {failure}");
            let mut cause = failure.source();
            while let Some(error) = cause {
                eprintln!("  caused by: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let credentials = env::var_os("GOOGLE_CLIENT_SECRET_FILE").map(PathBuf::from);
    let demo = Demo::start(port()?, credentials.as_deref(), Path::new(DATA)).await?;
    greet(&demo);
    Ok(demo.serve(interrupted()).await?)
}

fn greet(demo: &Demo) {
    let origin = demo.origin();
    println!("\n  Daybook, the demo of OAuth for Axum\n");
    println!("    Open     {origin}");
    if let Some(fake) = demo.fake() {
        println!("    Google   a fake one at {}: nothing leaves this machine", fake.origin());
        println!("    Sign in  as {}, or any address you make up", ACCOUNTS.join(", "));
    } else {
        println!("    Google   the real one, which returns to {origin}{CALLBACK}");
    }
    println!("    Kept     in {DATA}: delete it to begin anew");
    println!("\n  Ctrl-C ends it.\n");
}

fn port() -> Result<u16, Failure> {
    match env::var("PORT") {
        Err(_) => Ok(8080),
        Ok(text) => text.parse().map_err(|_| format!("PORT is {text:?}, not a port number").into()),
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal, the demo ends when its terminal does.
        std::future::pending::<()>().await;
    }
}
