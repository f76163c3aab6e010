//! What is printed and written.

use std::fmt::Write as _;
use std::process::ExitCode;

use crate::machine;

const INTRODUCTION: &str = "\
# Performance

Written by `cargo measure --write`; `cargo measure` prints the same. All figures are ratios or \
counts from one run on one machine, so that another machine should come to about the same.
";

/// What has been measured so far.
pub struct Report {
    text: String,
    missed: Vec<String>,
}

impl Report {
    pub fn new() -> Self {
        let mut report = Self { text: INTRODUCTION.to_owned(), missed: Vec::new() };
        report.say(&machine::described());
        report
    }

    fn say(&mut self, text: &str) {
        println!("{text}");
        writeln!(self.text, "{text}").unwrap();
    }

    /// A table, with how it was measured.
    pub fn table(&mut self, title: &str, method: &str) {
        self.say(&format!("\n## {title}\n\n{method}\n"));
        self.say("| what | measured | goal | |\n|---|---:|---:|---|");
    }

    /// A figure that has to be at most `goal`.
    pub fn at_most(&mut self, what: &str, measured: f64, goal: f64, unit: &str) {
        self.row(what, measured, "≤", goal, unit, measured <= goal);
    }

    /// A figure that has to be at least `goal`.
    pub fn at_least(&mut self, what: &str, measured: f64, goal: f64, unit: &str) {
        self.row(what, measured, "≥", goal, unit, measured >= goal);
    }

    /// A count that has to be exactly this.
    pub fn exactly(&mut self, what: &str, measured: u64, goal: u64) {
        let [shown, wanted] = [measured, goal].map(|count| grouped(&count.to_string()));
        self.mark(what, &shown, &wanted, measured == goal);
    }

    /// A figure without a goal.
    pub fn figure(&mut self, what: &str, measured: f64, unit: &str) {
        self.say(&format!("| {what} | {} |  |  |", shown(measured, unit)));
    }

    pub fn remark(&mut self, text: &str) {
        self.say(&format!("\n{text}"));
    }

    fn row(&mut self, what: &str, measured: f64, sign: &str, goal: f64, unit: &str, met: bool) {
        self.mark(what, &shown(measured, unit), &format!("{sign} {}", shown(goal, unit)), met);
    }

    fn mark(&mut self, what: &str, measured: &str, goal: &str, met: bool) {
        let word = if met { "met" } else { "**missed**" };
        self.say(&format!("| {what} | {measured} | {goal} | {word} |"));
        if !met {
            self.missed.push(what.to_owned());
        }
    }

    pub fn end(self) -> ExitCode {
        match self.missed.as_slice() {
            [] => ExitCode::SUCCESS,
            missed => {
                println!("\nmissed: {}", missed.join("; "));
                ExitCode::FAILURE
            }
        }
    }

    pub fn written(self) -> ExitCode {
        std::fs::write(oauth_tests::root().join("docs/performance.md"), &self.text).unwrap();
        self.end()
    }
}

/// Whole numbers with commas between thousands, others with two places.
fn shown(figure: f64, unit: &str) -> String {
    let whole = figure.fract() == 0.0 || figure >= 1_000.0;
    let text = if whole { grouped(&format!("{figure:.0}")) } else { format!("{figure:.2}") };
    format!("{text}{}{unit}", if unit.is_empty() { "" } else { " " })
}

pub fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
