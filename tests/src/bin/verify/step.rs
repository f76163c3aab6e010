//! One command of cargo: run, shown as it runs, and judged.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::count::{Counts, Reading};

/// A command of cargo and how it is judged.
pub(crate) struct Step {
    name: String,
    arguments: String,
    env: Option<(&'static str, &'static str)>,
    tests: bool,
}

impl Step {
    /// A command that counts as one check.
    pub(crate) fn check(name: &str, arguments: &str) -> Self {
        Self { name: name.to_owned(), arguments: arguments.to_owned(), env: None, tests: false }
    }

    /// A command whose tests are counted.
    pub(crate) fn tests(name: &str, arguments: &str) -> Self {
        Self { tests: true, ..Self::check(name, arguments) }
    }

    pub(crate) fn with_env(self, name: &'static str, value: &'static str) -> Self {
        Self { env: Some((name, value)), ..self }
    }

    #[cfg(test)]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn judge(&self, reading: Reading, success: bool) -> (Counts, Vec<String>) {
        let (counts, remarks) = if self.tests {
            reading.close(success)
        } else {
            let complaint = (!success).then(|| format!("FAILED: cargo {}", self.arguments));
            (Counts::one(success), complaint.into_iter().collect())
        };
        let of_step = |remark| format!("{}: {remark}", self.name);
        (counts, remarks.into_iter().map(of_step).collect())
    }
}

/// Cargo in the root of the workspace, with the environment that the checks want.
pub(crate) struct Cargo {
    program: OsString,
    root: PathBuf,
    env: Vec<(&'static str, &'static str)>,
}

impl Cargo {
    pub(crate) fn new(root: &Path, ci: bool) -> Self {
        let mut env = vec![("RUST_BACKTRACE", "1")];
        if ci {
            env.push(("CARGO_INCREMENTAL", "0"));
        }
        // Cargo sees a pipe where it writes to us, and would leave the colours out.
        if ci || std::io::stdout().is_terminal() {
            env.push(("CARGO_TERM_COLOR", "always"));
        }
        env.retain(|(name, _)| std::env::var_os(name).is_none());
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self { program, root: root.to_owned(), env }
    }

    pub(crate) fn run(&self, step: &Step) -> (Counts, Vec<String>) {
        heading(&step.name);
        println!("cargo {}", step.arguments);
        let mut command = Command::new(&self.program);
        command.args(step.arguments.split(' ')).current_dir(&self.root);
        command.envs(self.env.iter().copied()).envs(step.env);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let (mut reading, begun) = (Reading::default(), Watch::start());
        let ended = command.spawn().and_then(|mut child| {
            let output = child.stdout.take().into_iter();
            output.for_each(|output| pass_on(output, &mut |line| reading.line(line)));
            child.wait()
        });
        if let Err(error) = &ended {
            println!("cannot run {}: {error}", self.program.display());
        }
        println!("{}: {}", step.name, begun.minutes());
        step.judge(reading, ended.is_ok_and(|status| status.success()))
    }
}

pub(crate) fn heading(name: &str) {
    println!("\n==> {name}");
}

/// Says how long something takes.
pub(crate) struct Watch(Instant);

#[expect(clippy::disallowed_methods, reason = "how long a step takes is only shown")]
impl Watch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn minutes(&self) -> String {
        minutes(self.0.elapsed())
    }
}

fn minutes(took: Duration) -> String {
    format!("{:.1} minutes", took.as_secs_f64() / 60.0)
}

/// Shows every line as it comes and hands it to `read`.
fn pass_on(output: impl Read, read: &mut dyn FnMut(&str)) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let mut shown = std::io::stdout().lock();
        // Whoever stopped reading what we show still gets the exit code.
        drop(shown.write_all(&line).and_then(|()| shown.flush()));
        read(&String::from_utf8_lossy(&line));
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_counts_by_its_exit_code_alone() {
        let step = Step::check("fmt", "fmt --check");
        assert_eq!(step.judge(Reading::default(), true), (Counts::one(true), vec![]));
        let (counts, remarks) = step.judge(Reading::default(), false);
        assert_eq!(counts, Counts::one(false));
        assert_eq!(remarks, ["fmt: FAILED: cargo fmt --check"]);
    }

    #[test]
    fn a_step_is_timed_in_minutes() {
        let shown = [0, 3, 90, 1_559].map(|seconds| minutes(Duration::from_secs(seconds)));
        assert_eq!(shown, ["0.0 minutes", "0.1 minutes", "1.5 minutes", "26.0 minutes"]);
    }

    #[test]
    fn a_command_that_cannot_be_started_is_a_failure() {
        let root = std::env::temp_dir();
        let cargo = Cargo { program: "no-such-program".into(), root, env: Vec::new() };
        assert_eq!(cargo.run(&Step::check("x", "y")).0, Counts::one(false));
        assert_eq!(cargo.run(&Step::tests("x", "y")).0, Counts::one(false));
    }

    #[test]
    fn lines_that_are_not_text_are_passed_on_all_the_same() {
        let mut lines = Vec::new();
        pass_on(&b"running \xff\nlast"[..], &mut |line| lines.push(line.to_owned()));
        assert_eq!(lines, ["running \u{fffd}\n", "last"]);
    }
}
