//! What holds whatever people do, in whatever order: random sequences against a simple model.
//!
//! `PROPTEST_CASES` runs more of them. What they do is the same in every run.

mod granting;
mod returning;
mod roaming;
mod switching;

use std::fmt::Debug;
use std::future::Future;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Runs a property with an app of its own for each case.
fn check<T: Debug, F: Future<Output = ()>>(
    cases: u32,
    strategy: &impl Strategy<Value = T>,
    property: impl Fn(T) -> F,
) {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let config = Config {
        cases: wanted.unwrap_or(cases),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(strategy, |value| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(property(value));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
