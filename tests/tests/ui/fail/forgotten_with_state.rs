use axum::{Router, routing::get};
use oauth_runtime::{ClientCredentials, Error, OAuth, Token, requires_scopes};

#[requires_scopes("drive.file")]
async fn notes(token: Token) {
    drop(token);
}

fn main() -> Result<(), Error> {
    let oauth = OAuth::google(ClientCredentials::new("id", "fake-secret")).build()?;
    let app: Router = Router::new().route("/notes", get(notes)).merge(oauth.routes());
    drop(app);
    Ok(())
}
