//! Runs every check of the project: `cargo verify`.
//!
//! The last line says what came of it: `N passed, N failed, N skipped`. A failure makes the
//! command fail; a skip does so where `CI` is set or `--strict` is given, since a suite that is
//! skipped in silence protects nothing.

mod count;
mod manifest;
mod setup;
mod step;

use std::path::Path;
use std::process::ExitCode;

use count::Counts;
use setup::{SUITES, Suite};
use step::{Cargo, Step, Watch};

const USAGE: &str = "usage: cargo verify [--strict]\n\n  --strict  fail on a skip, as under CI";

fn main() -> ExitCode {
    let strict = match arguments(std::env::args().skip(1)) {
        Ok(strict) => strict || in_ci(),
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    let root = oauth_tests::root();
    let (mut report, begun) = (Report::default(), Watch::start());
    report.run(&root);
    println!("\nall steps: {}", begun.minutes());
    report.close();
    ExitCode::from(exit_code(report.counts, strict))
}

fn arguments(args: impl Iterator<Item = String>) -> Result<bool, String> {
    let mut strict = false;
    for argument in args {
        match argument.as_str() {
            "--strict" => strict = true,
            "--help" | "-h" => return Err(USAGE.to_owned()),
            other => return Err(format!("unknown argument {other:?}\n\n{USAGE}")),
        }
    }
    Ok(strict)
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

fn exit_code(counts: Counts, strict: bool) -> u8 {
    let nothing = counts.passed == 0;
    u8::from(nothing || counts.failed > 0 || (strict && counts.skipped > 0))
}

/// What all steps together have come to.
#[derive(Default)]
struct Report {
    counts: Counts,
    remarks: Vec<String>,
}

impl Report {
    fn run(&mut self, root: &Path) {
        let cargo = Cargo::new(root, in_ci());
        step::heading("what the suites need");
        let missing = setup::prepare();
        for step in before_the_suites(root) {
            self.add(cargo.run(&step));
        }
        for (suite, missing) in SUITES.iter().zip(missing) {
            if missing.is_empty() {
                self.add(run_suite(suite, root, &cargo));
            } else {
                let missing = missing.join(", ");
                self.skip(&format!("suite {}: not found: {missing}", suite.feature));
            }
        }
        self.add(suites_are_complete(root));
        for step in oldest_versions().into_iter().chain(after_the_suites()) {
            self.add(cargo.run(&step));
        }
    }

    fn add(&mut self, (counts, remarks): (Counts, Vec<String>)) {
        self.counts += counts;
        self.remarks.extend(remarks);
    }

    fn skip(&mut self, why: &str) {
        self.counts.skipped += 1;
        self.remarks.push(format!("skipped: {why}"));
    }

    fn close(&self) {
        step::heading("in short");
        for remark in &self.remarks {
            println!("{remark}");
        }
        println!("{}", self.counts);
    }
}

fn run_suite(suite: &Suite, root: &Path, cargo: &Cargo) -> (Counts, Vec<String>) {
    match suite.install_extras(root) {
        Ok(()) => cargo.run(&suite.step()),
        Err(remark) => (Counts::one(false), vec![format!("suite {}: {remark}", suite.feature)]),
    }
}

fn before_the_suites(root: &Path) -> Vec<Step> {
    let mut steps = vec![
        Step::check("fmt", "fmt --all --check"),
        Step::check("clippy", "clippy --workspace --all-features --all-targets -- -D warnings"),
    ];
    steps.extend(each_feature_alone(&features_of(root, "oauth-runtime")));
    steps.push(Step::tests("tests", "test --workspace --no-fail-fast"));
    steps.extend(over_a_store());
    steps
}

/// Every flow once more, with rows in a store in the place of memory.
fn over_a_store() -> [Step; 2] {
    let flows = "test --workspace --test integration --no-fail-fast -- \
                 --skip ui:: --skip newcomer:: --skip house:: --skip stores::";
    ["memory", "sqlite"].map(|store| {
        Step::tests(&format!("tests over a store: {store}"), flows)
            .with_env("OAUTH_TESTS_STORE", store)
    })
}

/// Features unify in a workspace build, so that one which lacks another goes unseen there.
/// Clippy does what `cargo check` does and lets warnings count.
fn each_feature_alone(features: &[String]) -> Vec<Step> {
    let with = |name: &str, flags: &str| {
        let command =
            format!("clippy -p oauth-runtime --no-default-features{flags} -- -D warnings");
        Step::check(name, &command)
    };
    let mut steps = vec![with("no feature", "")];
    for feature in features {
        steps.push(with(&format!("feature {feature} alone"), &format!(" --features {feature}")));
    }
    steps.push(with("all features", " --all-features"));
    steps
}

/// The library with the oldest versions that its manifest allows: a bound that is too low breaks
/// whoever has another dependency that keeps one back. Only cargo's own unstable options do this.
fn oldest_versions() -> [Step; 2] {
    let file = "-Z lockfile-path --config resolver.lockfile-path=\"target/oldest/Cargo.lock\"";
    let resolve = format!("-Z direct-minimal-versions {file} generate-lockfile");
    let check =
        format!("{file} check --locked --target-dir target/oldest -p oauth-runtime --all-features");
    [("oldest versions", resolve), ("all features with the oldest versions", check)]
        .map(|(name, command)| Step::check(name, &command).with_env("RUSTC_BOOTSTRAP", "1"))
}

fn after_the_suites() -> [Step; 3] {
    let doc = "doc --workspace --no-deps --all-features";
    // Both together: neither is in a registry for the other to find it there.
    let package = "package --allow-dirty -p oauth-macros -p oauth-runtime";
    let sdk = "test --locked --manifest-path examples/google-sdk/Cargo.toml --target-dir \
               target/google-sdk";
    [
        Step::tests("example google-sdk", sdk),
        Step::check("docs", doc).with_env("RUSTDOCFLAGS", "-D warnings"),
        Step::check("package", package),
    ]
}

/// A feature of `tests` that no suite turns on would hold tests that never run; and a manifest
/// without features is one that was not understood.
fn suites_are_complete(root: &Path) -> (Counts, Vec<String>) {
    let mut remarks = Vec::new();
    for package in ["oauth-runtime", "tests"] {
        if features_of(root, package).is_empty() {
            remarks.push(format!("FAILED: no features were read from {package}/Cargo.toml"));
        }
    }
    for feature in features_of(root, "tests") {
        if SUITES.iter().all(|suite| suite.feature != feature) {
            remarks.push(format!(
                "FAILED: feature {feature} of tests is in no suite: add it to SUITES in setup.rs"
            ));
        }
    }
    (Counts::one(remarks.is_empty()), remarks)
}

fn features_of(root: &Path, package: &str) -> Vec<String> {
    let manifest = std::fs::read_to_string(root.join(package).join("Cargo.toml"));
    manifest::features(&manifest.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn a_failure_fails_and_a_skip_fails_only_when_strict() {
        for (given, strict, expected) in [
            (counts(5, 0, 0), false, 0),
            (counts(5, 0, 0), true, 0),
            (counts(5, 0, 1), false, 0),
            (counts(5, 0, 1), true, 1),
            (counts(5, 1, 0), false, 1),
            (counts(0, 0, 0), false, 1),
        ] {
            assert_eq!(exit_code(given, strict), expected, "{given} strict={strict}");
        }
    }

    #[test]
    fn an_unknown_argument_is_refused_and_strict_is_known() {
        let parse = |args: &[&str]| arguments(args.iter().map(ToString::to_string));
        assert_eq!(parse(&[]), Ok(false));
        assert_eq!(parse(&["--strict"]), Ok(true));
        assert!(parse(&["--strickt"]).unwrap_err().contains("--strickt"));
    }

    #[test]
    fn every_feature_of_the_runtime_gets_its_own_build() {
        let features = ["fake".to_owned(), "sqlite".to_owned()];
        let steps = each_feature_alone(&features);
        let names: Vec<_> = steps.iter().map(Step::name).collect();
        assert_eq!(
            names,
            ["no feature", "feature fake alone", "feature sqlite alone", "all features"]
        );
    }

    #[test]
    fn every_feature_of_the_tests_is_turned_on_by_a_suite() {
        let root = oauth_tests::root();
        assert_eq!(suites_are_complete(&root), (counts(1, 0, 0), Vec::new()));
        let (counted, remarks) = suites_are_complete(Path::new("no-such-folder"));
        assert_eq!((counted, remarks.len()), (counts(0, 1, 0), 2));
    }
}
