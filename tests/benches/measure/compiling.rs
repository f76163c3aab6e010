//! What an annotated handler costs the compiler.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use oauth_tests::root;

use crate::report::Report;

/// Handlers of the crates that are compared.
const FEW: usize = 200;
const MANY: usize = 1_000;
/// Routes in one function: a chain of a thousand would be what is measured.
const CHAIN: usize = 50;
/// Of so many runs the shortest counts: the others were disturbed.
const RUNS: usize = 3;

/// What stands above and in each handler.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Variant {
    name: &'static str,
    attribute: &'static str,
    parameter: &'static str,
}

const NONE: Variant = Variant { name: "nothing", attribute: "", parameter: "" };
const OURS: Variant = Variant {
    name: "`#[requires_scopes]`",
    attribute: "#[oauth_runtime::requires_scopes(\"drive.file\", why = \"keep your notes\")]",
    parameter: "token: oauth_runtime::Token, ",
};
const OTHERS: [Variant; 3] = [
    Variant { name: "`#[tracing::instrument]`", attribute: "#[tracing::instrument]", ..NONE },
    Variant {
        name: "`#[axum::debug_handler]`",
        attribute: "#[axum::debug_handler(state = oauth_runtime::OAuth)]",
        ..NONE
    },
    Variant { name: "`#[utoipa::path]`", attribute: "#[utoipa::path(get, path = \"/\")]", ..NONE },
];

/// Milliseconds of a crate as a whole.
#[derive(Clone, Copy)]
struct Cost {
    check: f64,
    build: f64,
    edited: f64,
    moved: f64,
}

pub fn measure(report: &mut Report) {
    report.table(
        "Compiling",
        "Milliseconds for each handler, more than for the same handler without the attribute: the \
         crate alone, its dependencies compiled before, the shortest of 3 runs (for 1,000 handlers all of \
         it once). `cargo check` and \
         `cargo build` of all of it; `cargo check` after a letter of the first body was changed, and \
         after one was added, so that all that follows in the file moves by one.",
    );
    let project = Project::new("");
    let bare = [FEW, MANY].map(|count| project.cost(NONE, count));
    let ours = [FEW, MANY].map(|count| project.cost(OURS, count));
    for (at, count) in [FEW, MANY].into_iter().enumerate() {
        goals(report, &format!("{count} handlers"), bare[at].more(ours[at], count));
    }
    let added = [0, 1].map(|at| bare[at].more(ours[at], 1));
    goals(report, "each of 800 more", added[0].more(added[1], MANY - FEW));
    for other in OTHERS {
        figures(report, other.name, bare[0].more(project.cost(other, FEW), FEW));
    }
    let first = project.cost(NONE, 0).more(project.cost(OURS, 1), 1);
    report.figure("the first handler, build: the runtime is linked", first.build, "ms");
    let with_manifest = Project::new("manifest");
    let bare = with_manifest.cost(NONE, FEW);
    let name = format!("{} with feature `manifest`", OURS.name);
    figures(report, &name, bare.more(with_manifest.cost(OURS, FEW), FEW));
}

fn goals(report: &mut Report, of: &str, each: Cost) {
    let what = |sort: &str| format!("{}, {of}, {sort}", OURS.name);
    report.at_most(&what("check"), each.check, 2.0, "ms");
    report.at_most(&what("build"), each.build, 8.0, "ms");
    report.at_most(&what("check after an edit"), each.edited, 1.0, "ms");
    report.figure(&what("check after one that moves the others"), each.moved, "ms");
}

fn figures(report: &mut Report, name: &str, each: Cost) {
    let what = |sort: &str| format!("{name}, {FEW} handlers, {sort}");
    report.figure(&what("check"), each.check, "ms");
    report.figure(&what("build"), each.build, "ms");
    report.figure(&what("check after an edit"), each.edited, "ms");
    report.figure(&what("check after one that moves the others"), each.moved, "ms");
}

impl Cost {
    #[expect(clippy::cast_precision_loss, reason = "a thousand handlers at most")]
    fn more(self, other: Self, handlers: usize) -> Self {
        let each = |bare: f64, with: f64| (with - bare) / handlers as f64;
        Self {
            check: each(self.check, other.check),
            build: each(self.build, other.build),
            edited: each(self.edited, other.edited),
            moved: each(self.moved, other.moved),
        }
    }
}

/// A crate of its own, outside of the workspace.
struct Project(PathBuf);

impl Project {
    /// With this feature of the library, besides what it has by itself.
    fn new(feature: &str) -> Self {
        let folder = root().join("target").join(format!("compiling-{feature}"));
        fs::create_dir_all(folder.join("src")).unwrap();
        let runtime = root().canonicalize().unwrap().join("oauth-runtime");
        let feature = if feature.is_empty() { String::new() } else { format!("\"{feature}\"") };
        let manifest = format!(
            "[package]\nname = \"handlers\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [dependencies]\naxum = {{ version = \"0.8\", features = [\"macros\"] }}\n\
             oauth-runtime = {{ path = \"{}\", features = [{feature}] }}\ntracing = \"0.1\"\nutoipa = \"6\"\n\n\
             [profile.dev]\ndebug = \"line-tables-only\"\n\n[workspace]\n",
            runtime.display()
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let project = Self(folder);
        project.write(NONE, 0, "");
        project.run(&["check"]);
        project.run(&["build"]);
        project
    }

    fn cost(&self, variant: Variant, handlers: usize) -> Cost {
        let runs = if handlers > FEW { 1 } else { RUNS };
        let clean = |command: &'static str| {
            shortest(runs, || {
                self.write(variant, handlers, "0");
                self.run(&["clean", "--package", "handlers"]);
                self.timed(command)
            })
        };
        let (build, check) = (clean("build"), clean("check"));
        let mut edits = 0;
        let mut edit = |longer: bool| {
            shortest(RUNS, || {
                edits += 1;
                let text = if longer { "0".repeat(edits) } else { edits.to_string() };
                self.write(variant, handlers, &text);
                self.timed("check")
            })
        };
        let (edited, moved) = (edit(false), edit(true));
        Cost { check, build, edited, moved }
    }

    /// The sources, with something that changes in one body.
    fn write(&self, variant: Variant, handlers: usize, edit: &str) {
        fs::write(self.0.join("src/main.rs"), source(variant, handlers, edit)).unwrap();
    }

    fn timed(&self, command: &str) -> f64 {
        let start = Instant::now();
        self.run(&[command]);
        start.elapsed().as_secs_f64() * 1_000.0
    }

    fn run(&self, arguments: &[&str]) {
        let target = self.0.join("target");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(arguments).arg("--quiet").current_dir(&self.0).env("CARGO_TARGET_DIR", target);
        assert!(cargo.status().unwrap().success(), "cargo {arguments:?} in {}", shown(&self.0));
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn shortest(runs: usize, mut run: impl FnMut() -> f64) -> f64 {
    (0..runs).map(|_| run()).fold(f64::INFINITY, f64::min)
}

fn source(variant: Variant, handlers: usize, edit: &str) -> String {
    let Variant { attribute, parameter, .. } = variant;
    let used = if parameter.is_empty() { "" } else { "token.access_token().len() + " };
    let mut text =
        "#![allow(unused_imports)]\nuse axum::{Router, http::HeaderMap, routing::get};\n\n"
            .to_owned();
    for handler in 0..handlers {
        let edit = if handler == 0 { edit } else { "" };
        writeln!(
            text,
            "{attribute}\nasync fn handler_{handler}({parameter}headers: HeaderMap) -> String {{\n    \
             format!(\"{handler}{edit} {{}}\", {used}headers.len())\n}}\n"
        )
        .unwrap();
    }
    let chains = handlers.div_ceil(CHAIN);
    for chain in 0..chains {
        writeln!(text, "fn chain_{chain}() -> Router<oauth_runtime::OAuth> {{\n    Router::new()")
            .unwrap();
        for handler in chain * CHAIN..handlers.min((chain + 1) * CHAIN) {
            writeln!(text, "        .route(\"/{handler}\", get(handler_{handler}))").unwrap();
        }
        text.push_str("}\n\n");
    }
    text.push_str("fn main() {\n    let router = Router::new();\n");
    for chain in 0..chains {
        writeln!(text, "    let router = router.merge(chain_{chain}());").unwrap();
    }
    text.push_str("    let _: Router<oauth_runtime::OAuth> = router;\n}\n");
    text
}
