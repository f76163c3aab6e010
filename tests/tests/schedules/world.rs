//! Nodes, their requests, and one step of a schedule at a time.

use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use futures_util::FutureExt as _;
use http::HeaderValue;
use oauth_runtime::fake::{FakeGoogle, navigate};
use oauth_runtime::{
    ClientCredentials, Clock as _, Key, Keys, ManualClock, MemoryStore, OAuth, Provider, Timestamp,
};
use tokio::task::{JoinHandle, yield_now};
use tower::ServiceExt as _;

use super::board::{Board, Op, Permit, What, Who};
use super::endpoint::{Answer, Endpoint};
use super::node::{NodeClock, NodeStore, REQUEST};
use crate::support::router;

const HOUR: Duration = Duration::from_secs(3_600);
/// Longer than a lease lasts.
const OVERRUN: Duration = Duration::from_secs(16);
/// So many rounds without a move are the end of all moves: whoever was woken has run in the
/// first of them.
const QUIET: usize = 3;
/// Rounds that an answer may take over the network, before somebody is waiting for nothing.
const ROUNDS: usize = 2_000_000;

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Go(Op),
    /// The store refuses a write.
    Fail(Op),
    /// Whoever waits for this request, on this node, goes away.
    Cancel(usize, usize),
    /// The node never does anything again.
    Crash(usize),
    /// The lease of whoever works runs out.
    Overrun,
    /// Time passes until the first sleeper wakes.
    Tick,
}

impl Step {
    /// Whether it makes no difference which of the two comes first: they are of two nodes, and
    /// neither changes what the other looks at. A read and a call count as if they did, so that
    /// calls are seen side by side wherever they could be.
    pub fn commutes_with(self, other: Self) -> bool {
        let (one, two) = match (self, other) {
            (Self::Go(one), Self::Go(two)) => (one, two),
            (Self::Go(op), Self::Cancel(_, node)) | (Self::Cancel(_, node), Self::Go(op)) => {
                return op.node != node;
            }
            _ => return false,
        };
        let on_the_lease = |op: Op| matches!(op.what, What::Lease | What::Release);
        let apart = match (one.what, two.what) {
            (What::Read, What::Read) => true,
            _ => on_the_lease(one) != on_the_lease(two),
        };
        let of_call = |a: Op, b: Op| a.what == What::Call && b.what == What::Put;
        one.node != two.node && (apart || of_call(one, two) || of_call(two, one))
    }
}

/// How often things that need not happen may happen in one schedule.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    pub cancels: usize,
    pub crashes: usize,
    pub overruns: usize,
    pub failures: usize,
    /// Ticks while somebody could go on; once nobody can, time always passes.
    pub ticks: usize,
}

/// What is tried in all orders.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scenario {
    /// The node that each request goes to.
    pub requests: &'static [usize],
    pub answer: Answer,
    pub budget: Budget,
}

/// What a request got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Got {
    Token(String),
    /// The provider or the store could not be asked.
    Unavailable,
    /// The person is asked again.
    Asked,
    /// Nobody waits for it, or its node is gone.
    Nothing,
}

struct Node {
    oauth: OAuth,
    router: Router,
    crashed: bool,
}

struct Request {
    node: usize,
    task: JoinHandle<Got>,
    cancelled: bool,
}

pub struct World {
    scenario: Scenario,
    board: Board,
    pub endpoint: Endpoint,
    time: ManualClock,
    fake: FakeGoogle,
    nodes: Vec<Node>,
    servers: Vec<JoinHandle<()>>,
    requests: Vec<Request>,
    cookie: HeaderValue,
    budget: Budget,
    accounts: usize,
    begun: Timestamp,
    /// Whether somebody may still work who had the lease and has it no longer.
    pub lease_lost: bool,
}

impl Drop for World {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

impl World {
    pub async fn new(scenario: Scenario) -> Self {
        let begun = Timestamp::from_unix_seconds(1_790_000_000);
        let time = ManualClock::at(begun);
        let fake = FakeGoogle::builder().with_clock(time.clone()).start().await.unwrap();
        let mut world = Self {
            scenario,
            board: Board::default(),
            endpoint: Endpoint::default(),
            time,
            fake,
            nodes: Vec::new(),
            servers: Vec::new(),
            requests: Vec::new(),
            cookie: HeaderValue::from_static(""),
            budget: scenario.budget,
            accounts: 0,
            begun,
            lease_lost: false,
        };
        let (rows, keys) = (MemoryStore::new(), Keys::new(Key::generate().unwrap()));
        let nodes = scenario.requests.iter().max().unwrap() + 1;
        for node in 0..nodes {
            world.add(node, rows.clone(), keys.clone()).await;
        }
        world
    }

    /// Its token endpoint is at an address of its own, which tells who asks.
    async fn add(&mut self, node: usize, rows: MemoryStore, keys: Keys) {
        let (board, endpoint) = (self.board.clone(), self.endpoint.clone());
        let (address, server) = endpoint.listen(node, board.clone()).await;
        let redirect_uri = "http://localhost:8080/oauth/callback";
        let credentials = ClientCredentials::new("client-id", "fake-secret");
        let credentials = credentials.with_redirect_uris([redirect_uri]);
        let issuer = "https://accounts.google.com";
        let provider =
            Provider::openid("google", "Google", issuer, &address, &address, &address, credentials);
        let time = NodeClock { node, board: board.clone(), time: self.time.clone() };
        let oauth = OAuth::builder(provider.unwrap())
            .with_store(NodeStore { node, board, endpoint, rows })
            .with_keys(keys)
            .with_clock(time)
            .build()
            .unwrap();
        let router = router(&oauth);
        self.nodes.push(Node { oauth, router, crashed: false });
        self.servers.push(server);
    }

    /// A person whose token has ended, and all requests, each of them before its first operation.
    pub async fn begin(&mut self) {
        self.clear().await;
        self.accounts += 1;
        self.endpoint.begin(self.scenario.answer, self.accounts);
        (self.budget, self.lease_lost) = (self.scenario.budget, false);
        let person = format!("person-{}@example.com", self.accounts);
        let sign_in = self.fake.sign_in(&person).granting(["drive.file"]);
        self.cookie = sign_in.at(&self.nodes[0].oauth).await.unwrap();
        for node in &mut self.nodes {
            node.oauth.settled().await;
            node.crashed = false;
        }
        self.time.advance(HOUR);
        self.begun = self.time.now();
        self.board.set_open(false);
        self.requests = self.scenario.requests.iter().enumerate().map(|it| self.ask(it)).collect();
        self.settle().await;
    }

    fn ask(&self, (number, node): (usize, &usize)) -> Request {
        let (node, mut request) = (*node, navigate("/notes"));
        request.headers_mut().insert("cookie", self.cookie.clone());
        let answer = self.nodes[node].router.clone().oneshot(request);
        let task = tokio::spawn(REQUEST.scope(number, async move {
            let response = answer.await.unwrap();
            match response.status().as_u16() {
                200 => {
                    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
                    let text = String::from_utf8_lossy(&body).into_owned();
                    Got::Token(text.rsplit(' ').next().unwrap().to_owned())
                }
                303 => Got::Asked,
                503 => Got::Unavailable,
                other => panic!("status {other}"),
            }
        }));
        Request { node, task, cancelled: false }
    }

    /// Until nobody moves: all wait for a permit, for time, or for each other.
    async fn settle(&self) {
        let (mut quiet, mut seen) = (0, self.board.moves());
        for _ in 0..ROUNDS {
            yield_now().await;
            let moves = self.board.moves();
            let still = moves == seen && !self.is_moving();
            (quiet, seen) = (if still { quiet + 1 } else { 0 }, moves);
            if quiet == QUIET {
                return;
            }
        }
        panic!("somebody waits for nothing: {:?}", self.board);
    }

    /// Whether somebody is between two operations, where only the network can hold him.
    fn is_moving(&self) -> bool {
        let between = |node| self.refreshes(node) && !self.board.waits(node, Who::Refresh);
        (0..self.nodes.len()).any(between)
            || self.requests.iter().enumerate().any(|(number, request)| {
                !request.task.is_finished()
                    && !self.board.waits(request.node, Who::Request(number))
                    && !self.refreshes(request.node)
            })
    }

    fn refreshes(&self, node: usize) -> bool {
        self.nodes[node].oauth.settled().now_or_never().is_none()
    }

    /// What can happen now, the usual first; nothing once the schedule is over.
    pub fn steps(&self) -> Vec<Step> {
        let waiting = self.board.waiting();
        let alive = |op: &&Op| !self.nodes[op.node].crashed;
        let (sleepers, ready): (Vec<&Op>, Vec<&Op>) =
            waiting.iter().filter(alive).partition(|op| matches!(op.what, What::Sleep(_)));
        let leads = |op: &&&Op| op.who == Who::Refresh && self.leader() == Some(op.node);
        let mut steps: Vec<_> = ready.iter().map(|op| Step::Go(**op)).collect();
        if self.budget.failures > 0 {
            let puts = ready.iter().filter(|op| op.what == What::Put);
            steps.extend(puts.map(|op| Step::Fail(**op)));
        }
        if self.budget.cancels > 0 {
            let running = (0..self.requests.len()).filter(|number| self.runs(*number));
            steps.extend(running.map(|number| Step::Cancel(number, self.requests[number].node)));
        }
        if self.budget.crashes > 0 {
            steps.extend(ready.iter().filter(leads).map(|op| Step::Crash(op.node)));
        }
        if self.budget.overruns > 0 && ready.iter().any(|op| leads(&op)) {
            steps.push(Step::Overrun);
        }
        if !sleepers.is_empty() && (ready.is_empty() || self.budget.ticks > 0) {
            steps.push(Step::Tick);
        }
        steps
    }

    fn leader(&self) -> Option<usize> {
        self.endpoint.facts().leader
    }

    fn runs(&self, number: usize) -> bool {
        let request = &self.requests[number];
        !request.cancelled && !request.task.is_finished() && !self.nodes[request.node].crashed
    }

    pub async fn take(&mut self, step: Step) {
        match step {
            Step::Go(op) => self.board.permit(op, Permit::Go),
            Step::Fail(op) => {
                self.budget.failures -= 1;
                self.board.permit(op, Permit::Fail);
            }
            Step::Cancel(number, _) => {
                self.budget.cancels -= 1;
                self.requests[number].cancelled = true;
                self.requests[number].task.abort();
            }
            Step::Crash(node) => {
                self.budget.crashes -= 1;
                (self.nodes[node].crashed, self.lease_lost) = (true, true);
            }
            Step::Overrun => {
                self.budget.overruns -= 1;
                self.lease_lost = true;
                self.time.advance(OVERRUN);
            }
            Step::Tick => self.tick(),
        }
        self.settle().await;
    }

    fn tick(&mut self) {
        let waiting = self.board.waiting();
        let sleepers = waiting.iter().filter(|op| !self.nodes[op.node].crashed);
        let ends = sleepers.filter_map(|op| match op.what {
            What::Sleep(end) => Some(end),
            _ => None,
        });
        let next = ends.min().unwrap().since(self.time.now());
        // A dead node's lease has to run out, and nothing happens meanwhile but looking.
        let dead = self.nodes.iter().any(|node| node.crashed);
        self.time.advance(if dead { OVERRUN } else { next });
        self.budget.ticks = self.budget.ticks.saturating_sub(1);
    }

    /// How long it took, by the clock.
    pub fn took(&self) -> Duration {
        self.time.now().since(self.begun)
    }

    /// What each request got, once nothing more can happen.
    pub fn results(&mut self) -> Vec<Got> {
        let mut results = Vec::new();
        for request in &mut self.requests {
            if request.cancelled || self.nodes[request.node].crashed {
                results.push(Got::Nothing);
            } else {
                let got = (&mut request.task).now_or_never();
                results.push(got.expect("a request waits for ever").unwrap());
            }
        }
        results
    }

    /// Whoever was dead or too late wakes up and does what he was about to do.
    async fn clear(&self) {
        self.board.set_open(true);
        self.settle().await;
        while (0..self.nodes.len()).any(|node| self.refreshes(node)) {
            self.time.advance(OVERRUN);
            self.settle().await;
        }
    }

    /// What each node answers an hour later, when the provider is well and nothing is in the way.
    pub async fn afterwards(&mut self) -> Vec<Got> {
        self.endpoint.recover();
        self.clear().await;
        let mut results = Vec::new();
        for node in 0..self.nodes.len() {
            self.time.advance(HOUR);
            results.push(self.ask((usize::MAX, &node)).task.await.unwrap());
            self.nodes[node].oauth.settled().await;
        }
        results
    }
}
