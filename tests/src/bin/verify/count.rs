//! Reads what cargo's test runner prints, and counts.

use std::fmt;
use std::ops::AddAssign;

use oauth_tests::SKIPPED;

/// How many checks passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// The count of a check that has one outcome.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed), skipped: 0 }
    }

    fn total(self) -> u64 {
        self.passed + self.failed + self.skipped
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// What one command's test runners have said so far.
#[derive(Default)]
pub(crate) struct Reading {
    /// Runners that began, and the tests they announced.
    begun: u64,
    announced: u64,
    /// Runners that closed with a result.
    ended: u64,
    counts: Counts,
    failures: Vec<String>,
    skips: Vec<String>,
}

impl Reading {
    pub(crate) fn line(&mut self, line: &str) {
        let line = plain(line);
        let line = line.trim();
        if let Some(tests) = announcement(line) {
            self.begun += 1;
            self.announced += tests;
        } else if let Some(counts) = result(line) {
            self.ended += 1;
            self.counts += counts;
        } else if let Some(name) = failure(line) {
            self.failures.push(format!("FAILED: test {name}"));
        } else if line.starts_with(SKIPPED) {
            self.skips.push(line.to_owned());
        }
    }

    /// The counts of the command, and what is to be said about them.
    ///
    /// A runner that dies, or ends its process early, prints no result: the announcements tell
    /// that one is missing. A test that says it was skipped was counted as passed by its runner.
    pub(crate) fn close(self, success: bool) -> (Counts, Vec<String>) {
        let ran = self.counts.total();
        let silent = self.begun != self.ended || self.announced != ran;
        let skips = (self.skips.len() as u64).min(self.counts.passed);
        let mut counts = self.counts;
        counts.passed -= skips;
        counts.skipped += skips;
        let mut remarks = self.failures;
        let complaint = if ran == 0 {
            Some("no test ran")
        } else if silent {
            Some("a test binary ended without its result")
        } else if !success && counts.failed == 0 {
            Some("the command failed though no test did")
        } else {
            None
        };
        if let Some(complaint) = complaint {
            counts.failed += 1;
            remarks.push(format!("FAILED: {complaint}"));
        }
        remarks.extend(self.skips);
        (counts, remarks)
    }
}

/// `running 3 tests`
fn announcement(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("running ")?;
    rest.strip_suffix(" tests").or_else(|| rest.strip_suffix(" test"))?.parse().ok()
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in …`
fn result(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = Counts::default();
    for part in numbers.split(';') {
        let Some((number, word)) = part.trim().split_once(' ') else { continue };
        match (number.parse::<u64>(), word) {
            (Ok(number), "passed" | "measured") => counts.passed += number,
            (Ok(number), "failed") => counts.failed += number,
            (Ok(number), "ignored") => counts.skipped += number,
            _ => {}
        }
    }
    Some(counts)
}

/// `test scope::names ... FAILED`
fn failure(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// The line without the escape sequences of a coloured terminal.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        text.push_str(before);
        let end = after.find(|c: char| c.is_ascii_alphabetic()).map_or(after.len(), |at| at + 1);
        rest = &after[end..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str, success: bool) -> (Counts, Vec<String>) {
        let mut reading = Reading::default();
        output.lines().for_each(|line| reading.line(line));
        reading.close(success)
    }

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { passed, failed, skipped }
    }

    const GREEN: &str = "\
running 2 tests
test a ... ok
test b ... ignored
test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s

   Doc-tests oauth_runtime
running 1 test
test result: \u{1b}[32mok\u{1b}[0m. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
";

    #[test]
    fn results_of_all_runners_are_added_and_ignored_tests_are_skipped() {
        assert_eq!(read(GREEN, true), (counts(2, 0, 1), vec![]));
    }

    #[test]
    fn a_failed_test_is_counted_and_named() {
        let output = "running 2 tests\ntest a::b ... FAILED\ntest result: FAILED. 1 passed; \
                      1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(read(output, false), (counts(1, 1, 0), vec!["FAILED: test a::b".to_owned()]));
    }

    #[test]
    fn a_command_that_says_nothing_about_tests_has_failed() {
        let expected = (counts(0, 1, 0), vec!["FAILED: no test ran".to_owned()]);
        assert_eq!(read("", true), expected);
        let none = "running 0 tests\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; \
                    9 filtered out; finished in 0.00s";
        assert_eq!(read(none, true), expected);
    }

    #[test]
    fn a_runner_that_ends_before_its_result_has_failed() {
        let (seen, remarks) = read(&format!("{GREEN}running 3 tests\ntest a ... ok"), true);
        assert_eq!(seen, counts(2, 1, 1));
        assert_eq!(remarks, ["FAILED: a test binary ended without its result"]);
    }

    #[test]
    fn a_command_that_fails_without_a_failed_test_counts_as_one_failure() {
        let (seen, remarks) = read(GREEN, false);
        assert_eq!(seen, counts(2, 1, 1));
        assert_eq!(remarks, ["FAILED: the command failed though no test did"]);
    }

    #[test]
    fn a_test_that_says_it_was_skipped_does_not_count_as_passed() {
        let output = format!(
            "running 2 tests\ntest ui ... \n{SKIPPED}ui: wants 1.95.0\nok\ntest result: ok. 2 passed; \
             0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s"
        );
        assert_eq!(
            read(&output, true),
            (counts(1, 0, 1), vec![format!("{SKIPPED}ui: wants 1.95.0")])
        );
    }

    #[test]
    fn the_closing_line_has_its_one_form() {
        assert_eq!(counts(12, 0, 3).to_string(), "12 passed, 0 failed, 3 skipped");
    }
}
