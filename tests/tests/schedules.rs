//! The single flight of a refresh in every order in which its operations can happen.
//!
//! Each operation on the store and each call at the token endpoint waits for a permit. A search
//! in depth gives the permits in every order, and begins anew for each, with another account.
//! Nothing sleeps and nothing is left to chance: whoever has no permit stands still.

mod board;
mod endpoint;
mod node;
mod world;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use endpoint::Answer;
use world::{Budget, Got, Scenario, Step, World};

/// No lease runs out in this time.
const PROMPTLY: Duration = Duration::from_secs(5);

/// A point of a schedule.
struct Point {
    /// The one of the steps that is taken.
    taken: usize,
    /// Those that have to be tried here.
    steps: Vec<Step>,
    /// Those that were tried at an earlier point and commute with all that was done since: what
    /// they lead to is known.
    asleep: Vec<Step>,
}

impl Point {
    fn step(&self) -> Step {
        self.steps[self.taken]
    }

    /// What need not be tried right after the step that is taken.
    fn asleep_after(&self) -> Vec<Step> {
        let known = self.asleep.iter().chain(&self.steps[..self.taken]).copied();
        known.filter(|step| step.commutes_with(self.step())).collect()
    }
}

/// A schedule of those that differ in more than the order of steps that commute: a search in
/// depth with sleep sets (Godefroid 1996, §5).
#[derive(Default)]
struct Schedule(Vec<Point>);

impl Schedule {
    /// The next one, up to where it parts from this one; whether there is one.
    fn advance(&mut self) -> bool {
        while let Some(point) = self.0.last_mut() {
            point.taken += 1;
            if point.taken < point.steps.len() {
                return true;
            }
            self.0.pop();
        }
        false
    }

    /// The step at this point: that of the schedule, or the first one where it has come to its
    /// end. `None` if there is none that leads to anything new.
    fn step(&mut self, number: usize, possible: Vec<Step>) -> Option<Step> {
        if number == self.0.len() {
            let asleep = self.0.last().map(Point::asleep_after).unwrap_or_default();
            let steps: Vec<_> =
                possible.into_iter().filter(|step| !asleep.contains(step)).collect();
            if steps.is_empty() {
                return None;
            }
            self.0.push(Point { taken: 0, steps, asleep });
        } else {
            let Point { steps, asleep, .. } = &self.0[number];
            let same = possible.len() == steps.len() + asleep.len()
                && possible.iter().all(|step| steps.contains(step) || asleep.contains(step));
            assert!(same, "the same steps led elsewhere: {possible:?}");
        }
        Some(self.0[number].step())
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(Point::step)).finish()
    }
}

/// Tells the schedule of a test that fails.
struct Told(Schedule);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("after {:#?}", self.0);
        }
    }
}

/// What came of one schedule.
struct Outcome {
    /// What each request got.
    results: Vec<Got>,
    /// How often the token endpoint was asked, and how long it took by the clock.
    calls: usize,
    took: Duration,
    /// Whether a node that lost its lease may have worked on.
    lease_lost: bool,
    /// What each node answers an hour later.
    afterwards: Vec<Got>,
}

impl Outcome {
    /// Whoever was still there has a token, and all have the same.
    fn shares_a_token(&self) -> bool {
        let tokens: BTreeSet<_> = self.results.iter().filter(|got| **got != Got::Nothing).collect();
        tokens.len() <= 1 && tokens.iter().all(|got| got.is_token())
    }

    fn all(&self, holds: impl Fn(&Got) -> bool) -> bool {
        self.results.iter().all(|got| *got == Got::Nothing || holds(got))
    }
}

impl Got {
    fn is_token(&self) -> bool {
        matches!(self, Self::Token(_))
    }
}

/// Fewer schedules than this would mean that little was tried.
const FEW: usize = 10;

/// Tries every schedule of a scenario.
fn explore(scenario: Scenario, check: impl Fn(&Outcome)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(scenario).await;
        let (mut told, mut count) = (Told(Schedule::default()), 0);
        loop {
            if let Some(outcome) = run(&mut world, &mut told.0).await {
                check_always(&world, &outcome);
                check(&outcome);
                count += 1;
            }
            if !told.0.advance() {
                println!("{count} schedules of {scenario:?}");
                assert!(count > FEW, "there are only {count} schedules");
                return;
            }
        }
    });
}

/// One schedule from its beginning to its end, unless it turns out to be known.
async fn run(world: &mut World, schedule: &mut Schedule) -> Option<Outcome> {
    world.begin().await;
    for number in 0.. {
        let steps = world.steps();
        if steps.is_empty() {
            break;
        }
        world.take(schedule.step(number, steps)?).await;
    }
    let (results, took) = (world.results(), world.took());
    let calls = world.endpoint.facts().calls;
    let (lease_lost, afterwards) = (world.lease_lost, world.afterwards().await);
    Some(Outcome { results, calls, took, lease_lost, afterwards })
}

/// Invariant 13: while a lease lives, one call at most; nobody sends a refresh token although he
/// has seen a newer one; and nobody waits for a lease to run out whose holder is well.
fn check_always(world: &World, outcome: &Outcome) {
    let facts = world.endpoint.facts();
    assert!(facts.violations.is_empty(), "{:?}", facts.violations);
    let Outcome { lease_lost, took, .. } = outcome;
    assert!(*lease_lost || facts.most_under_way <= 1, "two calls at the same time");
    assert!(*lease_lost || *took < PROMPTLY, "it took {took:?}");
}

/// Where nothing goes wrong, whoever goes away: one call, one token for all, and the newest
/// refresh token in the store.
fn check_shared(outcome: &Outcome) {
    let Outcome { results, calls, afterwards, .. } = outcome;
    assert!(outcome.shares_a_token(), "{results:?}");
    assert_eq!(*calls, 1);
    assert!(afterwards.iter().all(Got::is_token), "{afterwards:?}");
}

fn budget() -> Budget {
    Budget { ticks: 1, ..Budget::default() }
}

/// I1, I2, I4: one call, however the requests of several nodes fall together.
#[test]
fn requests_of_all_nodes_share_one_refresh() {
    for answer in [Answer::Keeps, Answer::Rotates] {
        let pair = Scenario { requests: &[0, 1], answer, budget: budget() };
        explore(pair, check_shared);
    }
    for requests in [&[0, 0, 1][..], &[0, 0, 1, 1], &[0, 1, 2]] {
        let more = Scenario { requests, answer: Answer::Rotates, ..Scenario::default() };
        explore(more, check_shared);
    }
}

/// I5: whoever began the refresh goes away, at any moment.
#[test]
fn a_refresh_outlives_whoever_began_it() {
    let budget = Budget { cancels: 1, ..Budget::default() };
    for requests in [&[0, 0][..], &[0, 1]] {
        let scenario = Scenario { requests, answer: Answer::Rotates, budget };
        explore(scenario, |outcome| {
            assert!(outcome.shares_a_token(), "{:?}", outcome.results);
            assert_eq!(outcome.calls, 1);
            assert!(outcome.afterwards.iter().all(Got::is_token), "{:?}", outcome.afterwards);
        });
    }
}

/// I7: a write that fails is made again, and nobody else asks the provider meanwhile.
#[test]
fn an_answer_outlives_a_store_that_fails() {
    let budget = Budget { failures: 2, ..Budget::default() };
    let scenario = Scenario { requests: &[0, 1], answer: Answer::Rotates, budget };
    explore(scenario, check_shared);
    // Where it fails for good, the answer is kept in memory, and written at the next refresh.
    let budget = Budget { failures: usize::MAX, ..Budget::default() };
    let scenario = Scenario { requests: &[0, 0], answer: Answer::Rotates, budget };
    explore(scenario, check_shared);
}

/// I10, I11: a provider that fails is told to all who wait, and nothing is lost by it.
#[test]
fn a_failure_is_shared_and_costs_nothing() {
    for requests in [&[0, 1][..], &[0, 0]] {
        let scenario = Scenario { requests, answer: Answer::Fails, budget: budget() };
        explore(scenario, |outcome| {
            assert!(outcome.all(|got| *got == Got::Unavailable), "{:?}", outcome.results);
            assert_eq!(outcome.calls, 1, "it is told to the other node too");
            assert!(outcome.afterwards.iter().all(Got::is_token), "{:?}", outcome.afterwards);
        });
    }
}

/// I9: a refusal is asked for once, and ends the access for all.
#[test]
fn a_refusal_is_heard_once() {
    for requests in [&[0, 1][..], &[0, 0]] {
        let scenario = Scenario { requests, answer: Answer::Refuses, budget: budget() };
        explore(scenario, |outcome| {
            assert!(outcome.all(|got| *got == Got::Asked), "{:?}", outcome.results);
            assert_eq!(outcome.calls, 1);
            assert!(outcome.afterwards.iter().all(|got| *got == Got::Asked));
        });
    }
}

/// I6: a node dies at any moment of its refresh, and the other one goes on when the lease is over.
#[test]
fn the_other_node_goes_on_when_one_dies() {
    let budget = Budget { crashes: 1, ..Budget::default() };
    for answer in [Answer::Keeps, Answer::Rotates] {
        let scenario = Scenario { requests: &[0, 1], answer, budget };
        explore(scenario, |outcome| check_lost(outcome, answer));
    }
}

/// A node stands still for longer than its lease, at any moment, and goes on.
#[test]
fn a_node_that_slept_through_its_lease_breaks_nothing() {
    let budget = Budget { overruns: 1, ..Budget::default() };
    for answer in [Answer::Keeps, Answer::Rotates] {
        let scenario = Scenario { requests: &[0, 1], answer, budget };
        explore(scenario, |outcome| {
            check_lost(outcome, answer);
            assert!(outcome.afterwards.iter().all(Got::is_token), "{:?}", outcome.afterwards);
        });
    }
}

/// Two nodes may then have asked with the same refresh token. A provider that rotates refuses
/// one of them, and the person may have to authorize again: all else is as ever.
fn check_lost(outcome: &Outcome, answer: Answer) {
    let Outcome { results, calls, afterwards, .. } = outcome;
    assert!(*calls <= 2);
    let asked_again = answer == Answer::Rotates && *calls == 2;
    let fits = |got: &Got| match got {
        Got::Asked => asked_again,
        // Its wait for the store ended too.
        Got::Unavailable => outcome.lease_lost,
        Got::Token(_) | Got::Nothing => true,
    };
    assert!(results.iter().all(fits), "{results:?}");
    let fits = |got: &Got| got.is_token() || (asked_again && *got == Got::Asked);
    assert!(afterwards.iter().all(fits), "{afterwards:?}");
}
