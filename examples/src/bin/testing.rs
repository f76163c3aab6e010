//! How an app's own handlers are tested: `cargo test --bin testing` runs the tests below, and
//! `cargo run --bin testing` the app.

use axum::Router;
use axum::routing::get;
use oauth_examples::demo::Failure;
use oauth_runtime::{Error, OAuth, Token, requires_scopes};
use serde_json::Value;

#[requires_scopes("drive.file", why = "count your notes")]
async fn count(token: Token) -> Result<String, Error> {
    let client = token.client();
    let files: Value = client.get(&client.url("drive", "/drive/v3/files")).await?;
    let files = files["files"].as_array().map_or(0, Vec::len);
    Ok(format!("{files} notes"))
}

#[requires_scopes("drive.file", why = "look after your notes")]
async fn hello(token: Token) -> String {
    format!("hello {}", token.user().email().unwrap_or("there"))
}

fn app(oauth: &OAuth) -> Router {
    Router::new()
        .route("/", get(hello))
        .route("/count", get(count))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    oauth_examples::serve(|_, oauth| Ok(app(&oauth))).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::StatusCode;
    use oauth_runtime::fake::{Endpoint, FakeGoogle, Fault, navigate};
    use oauth_runtime::{Policy, Sensitivity, assert_challenge};
    use tower::ServiceExt as _;

    use super::*;

    const ADA: &str = "ada@example.com";

    /// What a handler does with a token, without a request.
    #[tokio::test]
    async fn a_handler_is_called_by_hand() {
        assert_eq!(hello(Token::fake("ya29.fake")).await, "hello ada@example.com");
    }

    /// Who may not is asked, and for exactly this.
    #[tokio::test]
    async fn a_stranger_is_asked_for_the_scope_of_the_page() -> Result<(), Error> {
        let fake = FakeGoogle::start().await?;
        let refused = app(&fake.oauth()?).oneshot(navigate("/count")).await.unwrap();
        assert_challenge!(refused, ["drive.file"]);
        Ok(())
    }

    /// Who may is served, with the API's own data; and when the API fails, nobody sees a panic.
    #[tokio::test]
    async fn the_page_shows_what_the_api_says() -> Result<(), Error> {
        let fake = FakeGoogle::start().await?;
        let oauth = fake.oauth()?;
        let cookie = fake.sign_in(ADA).granting(["drive.file"]).await?;
        let asked = || {
            let mut request = navigate("/count");
            request.headers_mut().insert("cookie", cookie.clone());
            app(&oauth).oneshot(request)
        };
        assert_eq!(asked().await.unwrap().status(), StatusCode::OK);
        fake.fault(Endpoint::Drive, Fault::ServiceDisabled);
        assert_eq!(asked().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        Ok(())
    }

    /// Time is the test's: nobody waits an hour for a token to end.
    #[tokio::test]
    async fn a_token_that_ended_is_renewed_unseen() -> Result<(), Error> {
        let clock = oauth_runtime::ManualClock::at(oauth_runtime::Timestamp::from_unix_seconds(0));
        let fake = FakeGoogle::builder().with_clock(clock.clone()).start().await?;
        let oauth = fake.oauth()?;
        let cookie = fake.sign_in(ADA).granting(["drive.file"]).await?;
        clock.advance(Duration::from_secs(3600));
        let mut request = navigate("/count");
        request.headers_mut().insert("cookie", cookie);
        assert_eq!(app(&oauth).oneshot(request).await.unwrap().status(), StatusCode::OK);
        assert_eq!(fake.calls(Endpoint::Token), 1);
        Ok(())
    }

    /// A scope that nobody meant to ask for is seen in review.
    #[tokio::test]
    async fn the_app_asks_for_nothing_sensitive() -> Result<(), Error> {
        let manifest = FakeGoogle::start().await?.oauth()?.manifest();
        manifest.check(&Policy::new().deny(Sensitivity::Restricted))
    }
}
