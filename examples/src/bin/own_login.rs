//! `cargo run --bin own_login`: an app that has a login of its own, and links a Google account to
//! each of its users. With an embedded fake Google, with no account and no network.
//!
//! `PORT` chooses another port than 8080.

use std::env;

use oauth_examples::demo::Failure;
use oauth_examples::own_login::OwnLogin;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let port = env::var("PORT").map_or(Ok(8080), |text| text.parse())?;
    let app = OwnLogin::start(port).await?;
    println!("A fake Google listens at {}.", app.fake().origin());
    println!("Open {} in a browser. Ctrl-C ends the app.", app.origin());
    Ok(app.serve(interrupted()).await?)
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal, the app ends when its terminal does.
        std::future::pending::<()>().await;
    }
}
