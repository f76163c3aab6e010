//! `cargo measure`: what the library costs, in ratios and counts from one run.
//!
//! `cargo measure hits` runs the tables whose names hold `hits`; `cargo measure --write` writes
//! `docs/performance.md` from a whole run. A goal that is missed makes it end with 1.

#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

mod allocations;
mod app;
mod compiling;
mod flood;
mod hits;
mod machine;
mod memory;
mod passing;
mod refused;
mod report;
mod requests;
mod servers;
mod stampede;
mod throughput;
mod trips;

use std::process::ExitCode;

use report::Report;

type Table = fn(&mut Report);

/// In the order in which they are written.
const TABLES: [(&str, Table); 9] = [
    ("hits", hits::measure),
    ("refused", refused::measure),
    ("stores", throughput::measure_stores),
    ("trips", trips::measure),
    ("passing", passing::measure),
    ("memory", memory::measure),
    ("stampede", stampede::measure),
    ("flood", flood::measure),
    ("compiling", compiling::measure),
];

fn main() -> ExitCode {
    // `cargo bench` adds it.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["as", role, rest @ ..] => {
            play(role, rest);
            ExitCode::SUCCESS
        }
        [] => run(&TABLES).end(),
        ["--write"] => run(&TABLES).written(),
        [filter] => {
            let chosen: Vec<_> =
                TABLES.into_iter().filter(|(name, _)| name.contains(filter)).collect();
            if chosen.is_empty() {
                eprintln!("no table is called {filter:?}: {:?}", TABLES.map(|(name, _)| name));
                return ExitCode::from(2);
            }
            run(&chosen).end()
        }
        _ => {
            eprintln!("give nothing, the name of a table, or --write");
            ExitCode::from(2)
        }
    }
}

fn run(tables: &[(&str, Table)]) -> Report {
    let mut report = Report::new();
    for (_, measure) in tables {
        measure(&mut report);
    }
    report
}

/// This program once more, as a process that is measured from outside.
fn play(role: &str, rest: &[&str]) {
    let number = |at: usize| rest.get(at).and_then(|text| text.parse().ok()).unwrap_or(0);
    match role {
        "loop" => requests::run_role(rest.first().unwrap_or(&""), number(1), number(2)),
        "server" => servers::run_role(rest),
        "crowd" => memory::run_role(number(0)),
        "flood" => flood::run_role(number(0)),
        _ => panic!("no role {role:?}"),
    }
}
