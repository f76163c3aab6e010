//! A token endpoint that waits for a permit, and knows which refresh token is the newest.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::board::{Board, Op, What, Who};

const SCOPE: &str = "openid https://www.googleapis.com/auth/userinfo.email \
                     https://www.googleapis.com/auth/drive.file";

/// What it says to a refresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// A new access token.
    #[default]
    Keeps,
    /// The same, and a new refresh token; the one before is refused from then on.
    Rotates,
    /// 500.
    Fails,
    /// `invalid_grant`.
    Refuses,
}

/// Clones are handles of the same endpoint.
#[derive(Clone, Default)]
pub struct Endpoint(Arc<Mutex<Facts>>);

/// Of the present account. Refresh tokens are numbered as they were issued, from zero.
#[derive(Default)]
pub struct Facts {
    answer: Answer,
    account: usize,
    issued: usize,
    /// The newest that a node has written.
    stored: usize,
    /// What each node was answered last, and which was stored when it last looked.
    answered: BTreeMap<usize, usize>,
    read: BTreeMap<usize, usize>,
    /// The node that has the lease, as far as it was not lost to time.
    pub leader: Option<usize>,
    pub calls: usize,
    under_way: usize,
    pub most_under_way: usize,
    access_tokens: Vec<String>,
    pub violations: Vec<String>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Forgets all of the account before.
    pub fn begin(&self, answer: Answer, account: usize) {
        *self.facts() = Facts { answer, account, ..Facts::default() };
    }

    /// A provider that was down is there again.
    pub fn recover(&self) {
        let mut facts = self.facts();
        if facts.answer == Answer::Fails {
            facts.answer = Answer::Keeps;
        }
    }

    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap()
    }

    pub fn leased(&self, node: usize) {
        self.facts().leader = Some(node);
    }

    pub fn released(&self, node: usize) {
        let mut facts = self.facts();
        facts.leader = facts.leader.filter(|leader| *leader != node);
    }

    /// A refresh looked at the row.
    pub fn read(&self, node: usize) {
        let mut facts = self.facts();
        let stored = facts.stored;
        facts.read.insert(node, stored);
    }

    /// A refresh wrote its answer.
    pub fn stored(&self, node: usize) {
        let mut facts = self.facts();
        facts.stored = facts.stored.max(facts.answered.get(&node).copied().unwrap_or(0));
    }

    /// Listens for one node until the handle is aborted; its address.
    pub async fn listen(&self, node: usize, board: Board) -> (String, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/token", listener.local_addr().unwrap());
        let state = (self.clone(), node, board);
        let router = Router::new().route("/token", post(refresh)).with_state(state);
        (address, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
    }
}

impl Facts {
    /// Every refresh token but those of this endpoint is the first of its account.
    fn number_of(&self, token: &str) -> usize {
        let ours = token.strip_prefix(&format!("1//{}-", self.account));
        ours.map_or(0, |number| number.parse().unwrap())
    }

    fn arrived(&mut self, node: usize, token: &str) {
        self.calls += 1;
        self.under_way += 1;
        self.most_under_way = self.most_under_way.max(self.under_way);
        let (sent, stored) = (self.number_of(token), self.read.get(&node).copied().unwrap_or(0));
        if sent < stored {
            let text = format!("node {node} sent refresh token {sent} after it read {stored}");
            self.violations.push(text);
        }
    }

    fn answer(&mut self, node: usize, token: &str) -> (StatusCode, Json<Value>) {
        self.under_way -= 1;
        let refused = || (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
        match self.answer {
            Answer::Fails => (StatusCode::INTERNAL_SERVER_ERROR, Json(Value::Null)),
            Answer::Refuses => refused(),
            Answer::Rotates if self.number_of(token) < self.issued => refused(),
            Answer::Rotates => {
                self.issued += 1;
                self.answered.insert(node, self.issued);
                let name = format!("1//{}-{}", self.account, self.issued);
                (StatusCode::OK, Json(self.tokens(Some(&name))))
            }
            Answer::Keeps => (StatusCode::OK, Json(self.tokens(None))),
        }
    }

    fn tokens(&mut self, refresh: Option<&str>) -> Value {
        let access = format!("ya29.{}-{}", self.account, self.access_tokens.len());
        self.access_tokens.push(access.clone());
        json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": refresh, "scope": SCOPE,
        })
    }
}

async fn refresh(
    State((endpoint, node, board)): State<(Endpoint, usize, Board)>,
    Form(form): Form<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let token = &form["refresh_token"];
    endpoint.facts().arrived(node, token);
    board.pass(Op { node, who: Who::Refresh, what: What::Call }).await;
    endpoint.facts().answer(node, token)
}
