//! The reading order: a module imports only from those above it.

use std::collections::HashMap;

use super::source::{Crate, Source, declared, load, load_from};
use super::words::{PathUse, paths, tokens};
use super::{READING_ORDER, demand};

const RUNTIME: &str = "oauth-runtime/src";

#[test]
fn lib_rs_declares_its_modules_in_reading_order() {
    let Crate { sources, .. } = load(RUNTIME);
    let remedy = "Put the `mod` lines of lib.rs into the order of READING_ORDER in tests/tests/house.rs;\n\
                  a new module gets its place there first.";
    demand(remedy, &misplaced(&sources[0].code));
}

#[test]
fn a_module_imports_only_modules_above_it() {
    let Crate { sources, .. } = load(RUNTIME);
    let exports = exports(&sources[0].code);
    let violations: Vec<_> = sources.iter().flat_map(|source| upward(source, &exports)).collect();
    let remedy = "Move what is needed up, or the use of it down: an `impl` for a type of an upper module\n\
                  may sit in the lower one. Within the crate, name the module and not the re-export.";
    demand(remedy, &violations);
}

#[test]
fn every_file_of_the_libraries_is_reached() {
    for directory in [RUNTIME, "oauth-macros/src"] {
        demand("Declare the module, or delete the file.", &load(directory).orphans);
    }
}

#[test]
fn every_file_of_tests_is_compiled_into_them() {
    let mut orphans = load_from("tests/tests", "main.rs").orphans;
    orphans.extend(load("tests/src").orphans);
    // Each file of these is a program of its own.
    orphans
        .retain(|path| !path.starts_with("tests/tests/ui") && !path.starts_with("tests/src/bin/"));
    demand("Declare the module in main.rs or lib.rs: its tests never run.", &orphans);
}

/// The modules of `lib.rs` that the order does not know, or that stand after a later one.
fn misplaced(lib: &str) -> Vec<String> {
    let mut last = 0;
    let mut violations = Vec::new();
    for module in declared(lib).into_iter().filter(|module| module.len() == 1) {
        match place(&module[0]) {
            None => {
                violations.push(format!("`mod {}` has no place in the reading order", module[0]));
            }
            Some(place) if place < last => {
                violations.push(format!(
                    "`mod {}` stands after `mod {}`",
                    module[0], READING_ORDER[last]
                ));
            }
            Some(place) => last = place,
        }
    }
    violations
}

fn place(module: &str) -> Option<usize> {
    READING_ORDER.iter().position(|name| *name == module)
}

/// What `lib.rs` brings to the crate's root, with the module or crate it comes from.
fn exports(lib: &str) -> HashMap<String, String> {
    let all =
        paths(&tokens(lib)).into_iter().filter(|path| path.depth == 0 && path.segments.len() > 1);
    let origin = |path: &PathUse<'_>| {
        let mut segments = path.segments.iter().filter(|word| !matches!(**word, "crate" | "self"));
        segments.next().map(ToString::to_string).unwrap_or_default()
    };
    all.map(|path| (path.name.to_owned(), origin(&path))).collect()
}

/// The imports of a file that do not come from above.
fn upward(source: &Source, exports: &HashMap<String, String>) -> Vec<String> {
    let Some(own) = source.top() else { return Vec::new() };
    let tokens = tokens(&source.code);
    let mut violations = Vec::new();
    for path in paths(&tokens) {
        let Some(name) = from_the_root(&path, source.module.len()) else { continue };
        let origin = if place(name).is_some() {
            name
        } else {
            exports.get(name).map_or(name, String::as_str)
        };
        let foreign = origin != name && place(origin).is_none();
        let above = place(origin).is_some_and(|origin| place(own).is_some_and(|own| origin < own));
        if origin != own && !foreign && !above {
            let written = path.segments.join("::");
            violations.push(format!("{}:{}: {own} imports `{written}`", source.path, path.line));
        }
    }
    violations
}

/// The name in the crate's root that a path of a file `level` modules deep begins with. What a
/// macro writes with `$crate` is named from outside and is no import.
fn from_the_root<'a>(path: &PathUse<'a>, level: usize) -> Option<&'a str> {
    let mut words = path.segments.iter().copied().skip_while(|word| *word == "self").peekable();
    if words.peek() == Some(&"crate") {
        return words.nth(1);
    }
    let mut up = 0;
    while words.next_if_eq(&"super").is_some() {
        up += 1;
    }
    (up > 0 && up >= level + path.depth).then(|| words.next()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_out_of_order_or_without_a_place_is_named() {
        assert!(misplaced("mod secret; pub mod clock; mod __private { } mod error;").is_empty());
        let found = misplaced("mod clock; mod secret; mod mystery;");
        assert_eq!(
            found,
            [
                "`mod secret` stands after `mod clock`",
                "`mod mystery` has no place in the reading order"
            ]
        );
    }

    #[test]
    fn an_import_from_below_is_found_however_it_is_written() {
        let lib = "mod secret; mod error; mod http; mod flow; pub use flow::{Flow, begin as start};\
                   pub use error::Error; pub use oauth_macros::requires_scopes;";
        let exports = exports(lib);
        let found = |module: &[&str], code: &str| {
            upward(&Source::new("x.rs", module, code), &exports).len()
        };
        for (module, code, violations) in [
            (&["http"][..], "use crate::error::Error;", 0),
            (&["http"], "use crate::{error::Error, secret::{Secret, Redacted}};", 0),
            (&["http"], "use crate::Error; use crate::requires_scopes;", 0),
            (&["http"], "use crate::http::x; use super::http::y; use self::z::w;", 0),
            (&["http"], "use crate::flow::Flow;", 1),
            (&["http"], "use crate::{error::Error, flow::{Flow, begin}};", 2),
            (&["http"], "fn f() { crate::flow::begin() }", 1),
            (&["http"], "fn f() { crate::start() }", 1),
            (&["http"], "use crate::Flow;", 1),
            (&["http"], "use crate::*;", 1),
            (&["http"], "use super::flow::Flow;", 1),
            (&["http"], "use crate::unknown::X;", 1),
            (&["http", "body"], "use super::x; use super::*;", 0),
            (&["http", "body"], "use super::super::flow::Flow;", 1),
            (&["http"], "mod inner { use super::x; use super::super::flow::Flow; }", 1),
            (&["http"], "// use crate::flow::Flow;\nconst X: &str = \"crate::flow\";", 0),
            (&["http"], "#[cfg(test)] mod tests { use crate::flow::Flow; }", 0),
            (&["http"], "macro_rules! m { () => { $crate::flow::f() } }", 0),
            (&["http"], "pub(in crate::flow) fn f() {}", 1),
            (&["flow"], "use crate::http::x; use crate::error::Error;", 0),
            (&[], "use crate::flow::Flow;", 0),
        ] {
            assert_eq!(found(module, code), violations, "{module:?}: {code}");
        }
    }
}
