//! The source files of a crate, as its module tree reaches them.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::root;
use super::text::{lines_of_tests, without_comments, without_tests};
use super::words::{enclosing_modules, tokens};

/// One file of a crate.
#[derive(Debug)]
pub(super) struct Source {
    /// Relative to the root of the workspace, with `/`.
    pub(super) path: String,
    /// The module that the file is: empty for the crate's root.
    pub(super) module: Vec<String>,
    /// Code without comments, literals and tests.
    pub(super) code: String,
    /// How many lines are left once the tests are taken away.
    pub(super) lines: usize,
}

impl Source {
    pub(super) fn new(path: &str, module: &[&str], text: &str) -> Self {
        let module = module.iter().map(ToString::to_string).collect();
        let code = without_comments(text);
        let lines = text.lines().count() - lines_of_tests(&code);
        Self { path: path.to_owned(), module, code: without_tests(&code), lines }
    }

    /// The module of the crate's root that the file belongs to; none for the root itself.
    pub(super) fn top(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }
}

/// The files of a crate that its modules reach, those for tests alone left out, and the files
/// that nothing reaches.
pub(super) struct Crate {
    pub(super) sources: Vec<Source>,
    pub(super) orphans: Vec<String>,
}

/// The library in `directory`, such as `oauth-runtime/src`.
pub(super) fn load(directory: &str) -> Crate {
    load_from(directory, "lib.rs")
}

/// The crate in `directory` whose root is the file of that name.
pub(super) fn load_from(directory: &str, file: &str) -> Crate {
    let base = root().join(directory);
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let (sources, reached) = walk(base.join(file), &read);
    let mut orphans = rust_files(&base);
    orphans.retain(|path| !reached.contains(path));
    Crate { sources, orphans: orphans.iter().map(|path| named(path)).collect() }
}

/// Follows `mod x;` from the root on.
fn walk(root: PathBuf, read: &dyn Fn(&Path) -> Option<String>) -> (Vec<Source>, Vec<PathBuf>) {
    let mut waiting = VecDeque::from([(root, Vec::<String>::new(), false)]);
    let (mut sources, mut reached) = (Vec::new(), Vec::new());
    while let Some((path, module, for_tests)) = waiting.pop_front() {
        let Some(text) = read(&path) else { continue };
        let names: Vec<_> = module.iter().map(String::as_str).collect();
        let source = Source::new(&named(&path), &names, &text);
        let kept = declared(&source.code);
        for child in declared(&without_comments(&text)) {
            let for_tests = for_tests || !kept.contains(&child);
            let module = module.iter().cloned().chain(child.iter().cloned()).collect::<Vec<_>>();
            for path in candidates(&path, &child) {
                waiting.push_back((path, module.clone(), for_tests));
            }
        }
        if !for_tests {
            sources.push(source);
        }
        reached.push(path);
    }
    (sources, reached)
}

/// The modules that live in files of their own, each with the written-out modules around it.
pub(super) fn declared(code: &str) -> Vec<Vec<String>> {
    let tokens = tokens(code);
    let is_declaration = |at: &usize| {
        tokens[*at].text == "mod" && tokens.get(at + 2).is_some_and(|end| end.text == ";")
    };
    let module = |at: usize| {
        let around = enclosing_modules(&tokens, at).into_iter();
        around.chain([tokens[at + 1].text]).map(str::to_owned).collect()
    };
    (0..tokens.len()).filter(is_declaration).map(module).collect()
}

fn candidates(parent: &Path, child: &[String]) -> [PathBuf; 2] {
    let stem = parent.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let mut directory = parent.parent().unwrap_or(parent).to_owned();
    if !matches!(stem, "lib" | "main" | "mod") {
        directory.push(stem);
    }
    directory.extend(child);
    [directory.with_extension("rs"), directory.join("mod.rs")]
}

/// Every Rust file below a directory, in a fixed order.
pub(super) fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let (directories, mut files): (Vec<_>, Vec<_>) =
        paths.into_iter().partition(|path| path.is_dir());
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.extend(directories.iter().flat_map(|directory| rust_files(directory)));
    files
}

/// The path as messages show it.
pub(super) fn named(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_followed_and_those_for_tests_are_told_apart() {
        let read = |path: &Path| {
            let text = match path.to_str().unwrap() {
                "src/lib.rs" => {
                    "mod a; pub mod b;\n#[cfg(test)]\nmod checks;\n// mod c;\nmod d { mod e; }"
                }
                "src/a.rs" => "mod inner;",
                "src/a/inner.rs" | "src/checks.rs" | "src/c.rs" | "src/d/e.rs" => "",
                "src/b/mod.rs" => "mod leaf;",
                "src/b/leaf.rs" => "fn f() {}",
                _ => return None,
            };
            Some(text.to_owned())
        };
        let (sources, reached) = walk("src/lib.rs".into(), &read);
        let modules: Vec<_> = sources.iter().map(|source| source.module.join("::")).collect();
        assert_eq!(modules, ["", "a", "b", "d::e", "a::inner", "b::leaf"]);
        assert!(reached.contains(&PathBuf::from("src/checks.rs")));
        assert!(!reached.contains(&PathBuf::from("src/c.rs")));
    }

    #[test]
    fn the_lines_of_tests_are_not_counted() {
        assert_eq!(
            Source::new("a.rs", &[], "a\n// note\n\n#[cfg(test)]\nmod tests {\n\n    // x\n}\n")
                .lines,
            3
        );
    }
}
