//! Who may name what: the core no server, one file the clock, nobody a shortcut.

use super::source::{Source, load};
use super::text::without_exceptions;
use super::words::{paths, tokens};
use super::{READING_ORDER, demand};

/// A word, and the files of the runtime that may hold it. A path ending in `/` is a folder.
struct Rule {
    word: &'static str,
    allowed: &'static [&'static str],
}

const KEPT_TO_ONE_PLACE: &[Rule] = &[
    Rule { word: "reqwest", allowed: &["http.rs", "http/", "api/middleware.rs"] },
    Rule {
        word: "sqlx",
        allowed: &["store/sqlite.rs", "store/sqlite/", "store/postgres.rs", "store/postgres/"],
    },
    Rule { word: "redis", allowed: &["store/redis.rs", "store/redis/", "store/mod.rs"] },
    Rule { word: "SystemTime::now", allowed: &["clock.rs"] },
    Rule { word: "Instant::now", allowed: &["clock.rs"] },
    Rule { word: "tokio::time", allowed: &["clock.rs"] },
];

#[test]
fn the_core_names_no_server_client_or_database() {
    let violations: Vec<_> = runtime().iter().flat_map(impure).collect();
    let remedy = "scope/, protocol/ and all above take values and return values: move this to a lower module.";
    demand(remedy, &violations);
}

#[test]
fn clients_databases_and_the_time_are_kept_to_one_place_each() {
    let violations: Vec<_> = runtime().iter().flat_map(strays).collect();
    let remedy = "Use what http.rs, the store or the `Clock` offers, or add to it there.";
    demand(remedy, &violations);
}

#[test]
fn the_libraries_hold_no_unsafe_and_no_unwrap() {
    let macros = load("oauth-macros/src").sources;
    let violations: Vec<_> = runtime().iter().chain(&macros).flat_map(shortcuts).collect();
    let remedy = "Return an `Error`, make the case impossible by its types, or say with\n\
                  `#[expect(clippy::expect_used, reason = \"…\")]` why it cannot fail.";
    demand(remedy, &violations);
}

fn runtime() -> Vec<Source> {
    load("oauth-runtime/src").sources
}

/// What the modules down to `protocol` must not name; the clock needs tokio's timer.
fn impure(source: &Source) -> Vec<String> {
    let last = READING_ORDER.iter().position(|module| *module == "protocol");
    let place = source.top().and_then(|top| READING_ORDER.iter().position(|module| *module == top));
    if place.is_none() || place > last {
        return Vec::new();
    }
    let clock = source.top() == Some("clock");
    let foreign = ["axum", "reqwest", "tokio", "sqlx"]
        .into_iter()
        .filter(|word| !(clock && *word == "tokio"));
    foreign.flat_map(|word| named(source, word)).collect()
}

fn strays(source: &Source) -> Vec<String> {
    let path = source.path.strip_prefix("oauth-runtime/src/").unwrap_or(&source.path);
    let may = |rule: &Rule| {
        let fits = |allowed: &&str| {
            path == *allowed || (allowed.ends_with('/') && path.starts_with(*allowed))
        };
        rule.allowed.iter().any(fits)
    };
    KEPT_TO_ONE_PLACE
        .iter()
        .filter(|rule| !may(rule))
        .flat_map(|rule| named(source, rule.word))
        .collect()
}

/// Where a path of the file holds the words, side by side.
fn named(source: &Source, word: &str) -> Vec<String> {
    let words: Vec<_> = word.split("::").collect();
    let tokens = tokens(&source.code);
    let mut lines: Vec<_> = paths(&tokens)
        .iter()
        .filter(|path| path.segments.windows(words.len()).any(|part| part == words))
        .map(|path| path.line)
        .collect();
    lines.dedup();
    lines.iter().map(|line| format!("{}:{line}: names `{word}`", source.path)).collect()
}

/// `unwrap` and its like stand where an `#[expect(…, reason = "…")]` says why they cannot fail.
fn shortcuts(source: &Source) -> Vec<String> {
    let code = without_exceptions(&source.code, &["unwrap_used", "expect_used"]);
    let tokens = tokens(&code);
    let mut violations = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let called = at > 0 && matches!(tokens[at - 1].text, "." | "::");
        let forbidden = match token.text {
            "unsafe" => true,
            "unwrap" | "expect" | "unwrap_err" | "expect_err" => called,
            _ => false,
        };
        if forbidden {
            violations.push(format!("{}:{}: `{}`", source.path, token.line, token.text));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, code: &str) -> Source {
        let path = format!("oauth-runtime/src/{path}");
        let module = path.split('/').skip(2).map(|part| part.trim_end_matches(".rs"));
        Source::new(&path, &module.collect::<Vec<_>>(), code)
    }

    #[test]
    fn a_server_in_the_core_is_found() {
        for (path, code, violations) in [
            ("protocol/token.rs", "use axum::http;", 1),
            ("scope/set.rs", "fn f() { tokio::spawn(x) }", 1),
            ("keys.rs", "use {std::fmt, reqwest::Client};", 1),
            ("secret.rs", "#[sqlx(x)] struct S;", 1),
            ("clock.rs", "use tokio::sync::watch;", 0),
            ("clock.rs", "use axum::Router;", 1),
            ("protocol/token.rs", "// axum\nconst X: &str = \"tokio\"; use http::Method;", 0),
            ("protocol/token.rs", "#[cfg(test)] mod tests { #[tokio::test] async fn f() {} }", 0),
            ("web/routes.rs", "use axum::Router;", 0),
        ] {
            assert_eq!(impure(&source(path, code)).len(), violations, "{path}: {code}");
        }
    }

    #[test]
    fn what_belongs_to_one_place_is_found_elsewhere() {
        for (path, code, violations) in [
            ("http.rs", "use reqwest::Client;", 0),
            ("api/client.rs", "use reqwest::Client;", 1),
            ("store/sqlite.rs", "use sqlx::Pool;", 0),
            ("store/entries.rs", "use sqlx::Pool;", 1),
            ("store/mod.rs", "mod redis; pub use redis::RedisStore;", 0),
            ("tokens/refresh.rs", "use redis::Client;", 1),
            ("clock.rs", "fn f() { SystemTime::now() }", 0),
            ("flow/begin.rs", "fn f() { std::time::SystemTime::now() }", 1),
            ("flow/begin.rs", "fn f() { tokio :: time\n:: sleep(x) }", 1),
            ("flow/begin.rs", "use tokio::{sync, time::{self, sleep}};", 1),
            ("flow/begin.rs", "let f = Instant::now;", 1),
            ("flow/begin.rs", "use std::time::Duration; fn now() {}", 0),
        ] {
            assert_eq!(strays(&source(path, code)).len(), violations, "{path}: {code}");
        }
    }

    #[test]
    fn shortcuts_are_found_outside_tests() {
        for (code, violations) in [
            ("fn f() { x.unwrap() }", 1),
            ("fn f() { x\n    .expect(\"\") }", 1),
            ("fn f() { x.map(Option::unwrap) }", 1),
            ("unsafe fn f() {}", 1),
            ("#[expect(lint, reason = \"x\")] fn f() { x.unwrap_or(1) } // unwrap()", 0),
            ("#[expect(clippy::expect_used, reason = \"fixed\")] fn f() { x.expect(\"\") }", 0),
            ("fn f() { #[expect(clippy::expect_used, reason = \"fixed\")]\nx.expect(\"\") }", 0),
            ("#[expect(clippy::expect_used)] fn f() { x.expect(\"\") }", 1),
            ("#[expect(clippy::other, reason = \"x\")] fn f() { x.expect(\"\") }", 1),
            ("fn f() { \"x.unwrap()\" }", 0),
            ("#[cfg(test)] mod tests { fn f() { x.unwrap() } }", 0),
        ] {
            assert_eq!(shortcuts(&source("flow/a.rs", code)).len(), violations, "{code}");
        }
    }
}
