//! `cargo run --bin service_account`: files of the app's own, beside those of its users, with the
//! same helper for both.

use axum::extract::{FromRef, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use oauth_examples::demo::Failure;
use oauth_runtime::{
    Covers, Error, OAuth, ServiceAccount, ServiceAccountKey, Token, User, requires_scopes, scope,
};
use serde_json::{Value, json};

#[derive(Clone, FromRef)]
struct App {
    oauth: OAuth,
    robot: ServiceAccount,
}

/// Whose Drive it goes to is the token's affair.
async fn save(to: &Token<impl Covers<scope::DriveFile>>, name: &str) -> Result<Value, Error> {
    let client = to.client();
    client.post(&client.url("drive", "/drive/v3/files"), &json!({ "name": name })).await
}

/// Into the app's own Drive, for anybody who is signed in.
async fn publish(user: User, State(robot): State<ServiceAccount>) -> Result<Json<Value>, Error> {
    let name = format!("Report by {}", user.email().unwrap_or("somebody"));
    let token = robot.token::<scope::DriveFile>().await?;
    Ok(Json(save(&token, &name).await?))
}

/// Into the person's Drive.
#[requires_scopes("drive.file", why = "keep a copy in your Drive")]
async fn keep(token: Token) -> Result<Json<Value>, Error> {
    Ok(Json(save(&token, "My report").await?))
}

/// The app.
pub fn app(oauth: &OAuth, robot: &ServiceAccount) -> Router {
    Router::new()
        .route("/", get(async |user: User| format!("POST to /publish or /keep, {user:?}")))
        .route("/publish", post(publish))
        .route("/keep", post(keep))
        .merge(oauth.routes())
        .with_state(App { oauth: oauth.clone(), robot: robot.clone() })
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    oauth_examples::serve(|fake, oauth| {
        // With Google: `ServiceAccountKey::from_env()?`.
        let key = ServiceAccountKey::from_json(&fake.service_account("robot@app.example")?)?;
        let robot = oauth.service_account(key)?;
        Ok(app(&oauth, &robot))
    })
    .await
}
