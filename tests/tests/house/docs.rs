//! What the documents promise: the quickstart that compiles, links that lead somewhere.

use std::path::Path;

use super::{demand, read, root};

const QUICKSTART: &str = "examples/src/bin/quickstart.rs";
const QUICKSTART_LINES: usize = 40;
/// Where a path that a document names may begin.
const BASES: &[&str] = &["", "oauth-runtime/src", "oauth-macros/src"];
const ENDINGS: &[&str] =
    &[".rs", ".md", ".toml", ".txt", ".html", ".css", ".js", ".json", ".stderr"];

#[test]
fn the_quickstart_of_the_readme_is_the_one_that_compiles() {
    if root().join("README.md").exists() {
        let violations = quickstart(&read("README.md"), &read(QUICKSTART));
        demand(&format!("Copy {QUICKSTART} into a ```rust block of README.md."), &violations);
    }
}

#[test]
fn links_and_paths_in_the_documents_lead_somewhere() {
    let exists = |path: &str| root().join(path).exists();
    let text = |path: &str| std::fs::read_to_string(root().join(path)).ok();
    let mut violations = Vec::new();
    for document in documents() {
        let dead = dead_links(&document, &read(&document), &exists, &text);
        violations.extend(dead.into_iter().map(|link| format!("{document}: {link}")));
    }
    demand("Correct the link or path, or add what it names.", &violations);
}

/// README.md and docs/*.md, those that there are.
fn documents() -> Vec<String> {
    let mut documents: Vec<_> = ["README.md"].map(str::to_owned).into_iter().collect();
    let entries = std::fs::read_dir(root().join("docs")).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    documents.extend(names.filter(|name| is_markdown(name)).map(|name| format!("docs/{name}")));
    documents.retain(|path| root().join(path).exists());
    documents.sort();
    documents
}

fn is_markdown(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "md")
}

fn quickstart(readme: &str, example: &str) -> Vec<String> {
    let lines = example.trim().lines().count();
    let mut violations = Vec::new();
    if lines > QUICKSTART_LINES {
        violations.push(format!("the quickstart has {lines} lines, more than {QUICKSTART_LINES}"));
    }
    let blocks = rust_blocks(readme);
    if !blocks.iter().any(|block| block.trim() == example.trim()) {
        let nearest = blocks.iter().find(|block| block.contains("fn main"));
        violations.push(match nearest {
            Some(block) => {
                format!("the README's block differs: {}", first_difference(block, example))
            }
            None => "no ```rust block of the README holds a `fn main`".to_owned(),
        });
    }
    violations
}

fn rust_blocks(markdown: &str) -> Vec<String> {
    let fences = markdown.split("\n```rust").skip(1);
    let bodies = fences.filter_map(|rest| rest.split_once('\n')?.1.split("\n```").next());
    bodies.map(str::to_owned).collect()
}

fn first_difference(block: &str, example: &str) -> String {
    let (mut ours, mut theirs) = (block.trim().lines(), example.trim().lines());
    for line in 1.. {
        match (ours.next(), theirs.next()) {
            (ours, theirs) if ours == theirs && ours.is_some() => {}
            (ours, theirs) => return format!("line {line} is {ours:?} and should be {theirs:?}"),
        }
    }
    String::new()
}

/// The links and paths of a document that lead nowhere.
fn dead_links(
    document: &str,
    markdown: &str,
    exists: &dyn Fn(&str) -> bool,
    text: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    let prose = prose(markdown);
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut dead = Vec::new();
    for target in links(&without_code(&prose)) {
        let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
        let path = if path.is_empty() { document.to_owned() } else { join(folder, path) };
        let heading =
            || text(&path).is_none_or(|text| anchors(&text).iter().any(|known| known == anchor));
        if !exists(&path) {
            dead.push(format!("{target} does not exist"));
        } else if is_markdown(&path) && !anchor.is_empty() && !heading() {
            dead.push(format!("{target}: no such heading"));
        }
    }
    for path in code_spans(&prose).filter(|span| is_path(span)) {
        let path = path.trim_end_matches('/');
        let found = BASES.iter().chain([&folder]).any(|base| exists(&join(base, path)));
        if !found {
            dead.push(format!("`{path}` does not exist"));
        }
    }
    dead
}

/// The document without its fenced blocks.
fn prose(markdown: &str) -> String {
    let mut fenced = false;
    let mut kept = String::new();
    for line in markdown.lines() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if !fenced && !fence {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn code_spans(prose: &str) -> impl Iterator<Item = &str> {
    prose.split('`').skip(1).step_by(2)
}

fn without_code(prose: &str) -> String {
    prose.split('`').step_by(2).collect()
}

/// Targets of `](…)`, of `[x]: …`, of `href="…"` and `src="…"`, those within the project.
fn links(prose: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for (open, close) in [("](", ')'), ("href=\"", '"'), ("src=\"", '"'), ("]: ", '\n')] {
        let rests = prose.split(open).skip(1);
        let found = rests.filter_map(|rest| rest.split(close).next()?.split_whitespace().next());
        targets.extend(found.map(|target| target.trim_matches(['<', '>']).to_owned()));
    }
    targets.retain(|target| !target.contains("://") && !target.starts_with("mailto:"));
    targets
}

/// The names that headings get as targets of links.
fn anchors(markdown: &str) -> Vec<String> {
    let prose = prose(markdown);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| slug(line.trim_start_matches('#').trim())).collect()
}

fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Whether a span of code names a file or folder of the project: it begins with one of its
/// folders, or has a slash and the ending of a source file.
fn is_path(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let Some((first, rest)) = span.split_once('/') else { return false };
    let ours = !first.is_empty() && root().join(first).is_dir();
    span.chars().all(plain) && !first.is_empty() && (ours || (!rest.is_empty() && has_ending(span)))
}

fn has_ending(span: &str) -> bool {
    ENDINGS.iter().any(|ending| span.ends_with(ending))
}

/// The path from the root, with `.` and `..` resolved.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if Path::new(path).has_root() {
        parts.clear();
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quickstart_that_differs_lacks_or_is_long_is_found() {
        let example = "use a;\n\nfn main() {}\n";
        let readme =
            |body: &str| format!("# X\n\n```rust\n{body}\n```\n\nmore\n\n```text\ny\n```\n");
        assert!(quickstart(&readme("use a;\n\nfn main() {}"), example).is_empty());
        let changed = quickstart(&readme("use a;\n\nfn main() { }"), example);
        assert_eq!(
            changed,
            [
                "the README's block differs: line 3 is Some(\"fn main() { }\") and should be Some(\"fn main() {}\")"
            ]
        );
        assert_eq!(quickstart("# X\n", example).len(), 1);
        let long = "//\n".repeat(QUICKSTART_LINES + 1);
        assert_eq!(quickstart(&readme(&long), &long).len(), 1);
    }

    #[test]
    fn dead_links_are_found_in_all_their_forms() {
        let exists = |path: &str| {
            ["docs/a.md", "docs/b.md", "README.md", "oauth-runtime/src/clock.rs"].contains(&path)
        };
        let text = |path: &str| {
            (path == "docs/b.md").then(|| "# The big One, `x`\n```\n# no\n```".to_owned())
        };
        let dead = |markdown: &str| dead_links("docs/a.md", markdown, &exists, &text);
        for (markdown, count) in [
            ("[b](b.md) [r](../README.md) [w](https://example.com/x) [m](mailto:a@example.com)", 0),
            ("[b](b.md#the-big-one-x) ![i](b.md \"title\") <a href=\"b.md\">b</a>", 0),
            ("[b](c.md)", 1),
            ("[b](b.md#no)", 1),
            ("[b](README.md)", 1),
            ("[b]: c.md\n<img src=\"x.png\">", 2),
            ("`tests/no/such` and `store/none.rs` and `oauth-runtime/src/clock.rs`", 2),
            ("`application/json` `/oauth/start` `a/b` `Vec<T>/x.rs` `x[0](y)`", 0),
            ("```\n[b](c.md) `tests/none`\n```", 0),
        ] {
            assert_eq!(dead(markdown).len(), count, "{markdown}: {:?}", dead(markdown));
        }
    }
}
