//! What a signed-in person costs in memory, and whether many make the others slower.

use std::process::Command;

use crate::allocations;
use crate::app::App;
use crate::report::{Report, grouped};
use crate::requests::instructions;

const CROWDS: [u32; 3] = [1_000, 100_000, 1_000_000];
/// What was said of a scope, and when: one for each of the four that were granted.
const CONSENTS: f64 = 4.0 * 8.0;

pub fn measure(report: &mut Report) {
    report.table(
        "Memory, without a store",
        "The bytes that the program holds, by its allocator, more with so many people signed in \
         than without, for each; less those of tokens, subject, e-mail address, name and the times \
         of consents. Peers, measured once with a prototype: axum-login 989, tower-sessions 2,036.",
    );
    for people in CROWDS {
        let number = grouped(&people.to_string());
        let what = format!("bytes for each of {number} people");
        report.at_most(&what, bytes_each(people), 200.0, "");
    }
    // A million would take half an hour under callgrind.
    let (one, many) = (instructions("/hit", "ada", 0), instructions("/hit", "ada", 100_000));
    let what = "instructions of a hit with 100,000 people, of those with one";
    report.at_most(what, many / one, 1.05, "×");
}

fn bytes_each(people: u32) -> f64 {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["as", "crowd", &people.to_string()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// A process of its own, so that nothing else is counted.
pub fn run_role(people: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let app = App::new(|builder| builder).await;
        let before = allocations::live();
        let crowd = app.oauth.sign_in_many(0, u32::try_from(people).unwrap()).await.unwrap();
        let held = allocations::live() - before - crowd.bytes;
        #[expect(clippy::cast_precision_loss, reason = "they are far below 2^53")]
        let each = held as f64 / people as f64;
        println!("{}", (each - CONSENTS).round());
    });
}
