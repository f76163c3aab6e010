//! `cargo run --bin background_job`: what people allowed goes on while they are away. Whoever
//! withdraws it is asked again by a link, as an e-mail would have it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::get;
use oauth_examples::demo::Failure;
use oauth_runtime::{
    AccountId, Clock as _, Error, OAuth, SystemClock, Token, requires_scopes, scope,
};
use serde_json::{Value, json};

/// Who wants backups. An app would write the ids into its database: `Display` and `FromStr`.
#[derive(Clone, Debug, Default)]
pub struct Subscribers(Arc<Mutex<BTreeSet<AccountId>>>);

#[derive(Clone, FromRef)]
struct App {
    oauth: OAuth,
    subscribers: Subscribers,
}

impl Subscribers {
    fn add(&self, id: &AccountId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
    }

    fn all(&self) -> Vec<AccountId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Asks for the scope while the person is there.
#[requires_scopes("drive.file", why = "keep a backup in your Drive every night")]
async fn subscribe(token: Token, State(subscribers): State<Subscribers>) -> &'static str {
    subscribers.add(token.account());
    "You will have a backup every night."
}

/// One night, in which nobody is there.
///
/// What goes wrong for one does not keep the others from their backup: the next night tries again.
pub async fn back_up(oauth: &OAuth, subscribers: &Subscribers) -> Vec<String> {
    let mut letters = Vec::new();
    for id in subscribers.all() {
        match one(oauth, &id).await {
            Err(error) if error.is_consent_required() => {
                letters.extend(error.authorize_url().map(|link| format!("To {id}: {link}")));
            }
            Err(error) => eprintln!("no backup for {id}: {error}"),
            Ok(()) => (),
        }
    }
    letters
}

async fn one(oauth: &OAuth, id: &AccountId) -> Result<(), Error> {
    let token = oauth.account(id).token::<scope::DriveFile>().await?;
    let client = token.client();
    let url = client.url("drive", "/drive/v3/files");
    client.post::<_, Value>(&url, &json!({ "name": "Backup" })).await.map(drop)
}

/// The app.
pub fn app(oauth: &OAuth, subscribers: &Subscribers) -> Router {
    Router::new()
        .route("/", get(subscribe))
        .merge(oauth.routes())
        .with_state(App { oauth: oauth.clone(), subscribers: subscribers.clone() })
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    oauth_examples::serve(|_, oauth| {
        let subscribers = Subscribers::default();
        let app = app(&oauth, &subscribers);
        tokio::spawn(async move {
            loop {
                SystemClock.sleep(Duration::from_secs(20)).await; // a short night
                println!("{:?}", back_up(&oauth, &subscribers).await);
            }
        });
        Ok(app)
    })
    .await
}
