//! An app that saves a report to the user's Drive, and asks for exactly that.
use axum::routing::{get, post};
use axum::{Form, Router, response::Html};
use oauth_runtime::{Covers, Error, Token, fake::FakeGoogle, requires_scopes, scope};

#[derive(serde::Deserialize, serde::Serialize)]
struct Report {
    name: String,
}

async fn form() -> Html<&'static str> {
    Html("<form method=post action=/save>Report: <input name=name required><button>Save</button>")
}

#[requires_scopes("drive.file", why = "save your report to your Drive")]
async fn save(token: Token, Form(report): Form<Report>) -> Result<String, Error> {
    let file = upload(&token, &report).await?;
    Ok(format!("saved as {}", file.name))
}

/// Callable only where the compiler sees that the declared scopes cover `drive.file`.
async fn upload(to: &Token<impl Covers<scope::DriveFile>>, file: &Report) -> Result<Report, Error> {
    let client = to.client();
    client.post(&client.url("drive", "/drive/v3/files"), file).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init(); // says what goes wrong
    let fake = FakeGoogle::start().await?; // a stand-in for Google, inside this program
    let oauth = fake.oauth()?;
    let app: Router = Router::new()
        .route("/", get(form))
        .route("/save", post(save))
        .merge(oauth.routes())
        .with_state(oauth);
    let listener = tokio::net::TcpListener::bind("localhost:8080").await?;
    println!("open http://localhost:8080");
    Ok(axum::serve(listener, app).await?)
}
