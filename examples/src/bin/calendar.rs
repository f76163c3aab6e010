//! `cargo run --bin calendar`: a page whose script fetches the week. Where consent is missing, a
//! small window asks for it, and the call goes on.

use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use oauth_examples::demo::Failure;
use oauth_runtime::{Error, OAuth, Token, requires_scopes};
use serde_json::Value;

const PAGE: &str = r#"<!doctype html><html lang=en><meta charset=utf-8><title>Week</title>
<h1>Week</h1>
<button>Show my week</button>
<ul></ul>
<p role=status></p>
<script type=module>
import { fetch, ConsentCancelled, ConsentRequired } from "/oauth/client.js";

document.querySelector("button").addEventListener("click", async () => {
  const status = document.querySelector("[role=status]");
  try {
    const events = await (await fetch("/week")).json();
    const line = (event) =>
      Object.assign(document.createElement("li"), { textContent: event.summary });
    document.querySelector("ul").replaceChildren(...events.map(line));
    status.textContent = "";
  } catch (error) {
    const known = error instanceof ConsentCancelled || error instanceof ConsentRequired;
    status.textContent = known ? error.message : "Try again later.";
    if (!error.authorizeUrl) return;
    const link = { href: error.authorizeUrl, textContent: "Allow it on a page" };
    status.append(" ", Object.assign(document.createElement("a"), link));
  }
});
</script>"#;

#[requires_scopes("calendar.events.readonly", why = "show your week")]
async fn week(token: Token) -> Result<Json<Vec<Value>>, Error> {
    let client = token.client();
    let url = client.url("calendar", "/calendar/v3/calendars/primary/events?singleEvents=true");
    Ok(Json(client.pages(&url).items("items", 250).await?))
}

/// The app.
pub fn app(oauth: &OAuth) -> Router {
    Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/week", get(week))
        .merge(oauth.routes())
        .with_state(oauth.clone())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    oauth_examples::serve(|_, oauth| Ok(app(&oauth))).await
}
