//! A program with the handlers, outside of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use oauth_tests::root;
use serde_json::Value;

use super::family::Signature;
use crate::support::{Folder, Running, cargo};

/// The dependencies of the README's first app, so that it and this program share what is
/// compiled; and a crate of macros that rewrite the functions they stand on.
const MANIFEST: &str = r#"[package]
name = "signatures"
version = "0.0.0"
edition = "2024"

[features]
extra = []

[dependencies]
axum = { version = "0.8", features = ["macros"] }
oauth-runtime = { path = "CHECKOUT/oauth-runtime", features = ["fake"] }
rewrites = { path = "rewrites" }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
tracing-subscriber = "0.3"

[workspace]
"#;

const REWRITES: &str = r#"[package]
name = "rewrites"
version = "0.0.0"
edition = "2024"

[lib]
proc-macro = true
"#;

const MACROS: &str = include_str!("rewrites.in");
const MAIN: &str = include_str!("main.in");

/// The folder of the program.
pub struct Program(Folder);

/// The program while it runs, and what it said of itself.
pub struct Server {
    pub origin: String,
    /// The cookie of somebody who granted what the handlers need.
    pub cookie: String,
    _running: Running,
}

impl Program {
    pub fn new() -> Self {
        let folder = Folder::new();
        for directory in ["src", "rewrites/src"] {
            fs::create_dir_all(folder.path(directory)).unwrap();
        }
        let checkout = fs::canonicalize(root()).unwrap();
        let manifest = MANIFEST.replace("CHECKOUT", checkout.to_str().unwrap());
        fs::write(folder.path("Cargo.toml"), manifest).unwrap();
        fs::write(folder.path("rewrites/Cargo.toml"), REWRITES).unwrap();
        fs::write(folder.path("rewrites/src/lib.rs"), MACROS).unwrap();
        fs::copy(checkout.join("Cargo.lock"), folder.path("Cargo.lock")).unwrap();
        Self(folder)
    }

    /// Compiles it with these handlers; says which of them the compiler complains about, and
    /// what it says.
    pub fn build(&self, handlers: &BTreeMap<usize, &Signature>) -> BTreeMap<usize, String> {
        let (text, places) = written(handlers);
        fs::write(self.0.path("src/main.rs"), text).unwrap();
        let mut build = cargo(&self.0.path(""), "build --quiet --message-format=json");
        let output = build.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let mut blamed = BTreeMap::new();
        for error in stdout.lines().filter_map(error_of) {
            let lines: BTreeSet<_> = lines(&error["spans"]).collect();
            let at = lines.iter().filter_map(|line| places.range(..=line).next_back());
            let said = error["rendered"].as_str().unwrap();
            let at: Vec<_> = at.map(|(_, handler)| *handler).collect();
            // One that names no handler sums up the others.
            assert!(!at.is_empty() || said.starts_with("error: aborting"), "{said}");
            for handler in at {
                blamed.entry(handler).or_insert_with(String::new).push_str(said);
            }
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), blamed.is_empty(), "{stderr}");
        blamed
    }

    pub fn run(&self) -> Server {
        let mut run = cargo(&self.0.path(""), "run --quiet");
        let mut running = Running(run.stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
        let mut next = || lines.next().unwrap().unwrap();
        Server { origin: next(), cookie: next(), _running: running }
    }
}

/// The program, and the line on which each handler begins.
fn written(handlers: &BTreeMap<usize, &Signature>) -> (String, BTreeMap<u64, usize>) {
    let (mut text, mut places) = (MAIN.to_owned(), BTreeMap::new());
    let mut arms = String::new();
    for (number, signature) in handlers {
        let line = u64::try_from(text.lines().count()).unwrap() + 1;
        places.insert(line, *number);
        writeln!(text, "mod s{number} {{ use super::*;\n{}\n}}", signature.items).unwrap();
        writeln!(arms, "        {number} => s{number}::call(at, oauth),").unwrap();
    }
    writeln!(text, "fn call(number: usize, at: Request, oauth: OAuth) -> Answer {{").unwrap();
    writeln!(text, "    match number {{\n{arms}        _ => unreachable!(),\n    }}\n}}").unwrap();
    (text, places)
}

/// An error of the compiler in the program itself, as it reports to cargo.
fn error_of(line: &str) -> Option<Value> {
    let mut message: Value = serde_json::from_str(line).ok()?;
    let error = message["message"].take();
    (error["level"] == "error").then_some(error)
}

/// The lines of the program that an error is about, whichever macros it came through.
fn lines(spans: &Value) -> impl Iterator<Item = u64> {
    let primary = spans.as_array().into_iter().flatten().filter(|span| span["is_primary"] == true);
    primary.filter_map(|span| {
        let mut span = span;
        while let Some(outer) = span["expansion"].get("span") {
            span = outer;
        }
        let is_here = Path::new(span["file_name"].as_str()?) == Path::new("src/main.rs");
        span["line_start"].as_u64().filter(|_| is_here)
    })
}
