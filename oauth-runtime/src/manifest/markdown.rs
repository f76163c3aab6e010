//! The manifest as a table, for a verification form, a pull request or a page.

use std::fmt::Write as _;

use super::entry::{Manifest, ManifestEntry};
use crate::scope::Scope;

impl Manifest {
    /// The manifest as Markdown: a table of scopes, as a provider's verification form wants
    /// them, a table of handlers, and what was found.
    ///
    /// It names files and no lines, so that it changes when the scopes do and not whenever
    /// somebody types above them.
    pub fn to_markdown(&self) -> String {
        let mut text = "# OAuth scopes\n\n".to_owned();
        text += "| scope | sensitivity | what it is for |\n|---|---|---|\n";
        for name in self.base_scopes().names() {
            let sensitivity =
                Scope::find(name).map_or("unknown", |scope| scope.sensitivity().as_str());
            line(&mut text, &[&code(name), sensitivity, "sign-in"]);
        }
        for scope in self.scopes() {
            let why = scope.why().iter().map(|why| escaped(why)).collect::<Vec<_>>().join("; ");
            let sensitivity = scope.sensitivity().as_str();
            let name = at(scope.provider(), code(scope.scope().name()));
            line(&mut text, &[&name, sensitivity, &why]);
        }
        text +=
            "\n## Handlers\n\n| handler | routes | scopes | why | file |\n|---|---|---|---|---|\n";
        let mut handlers: Vec<_> = self.handlers().iter().collect();
        // Moving a function asks nobody for anything.
        handlers.sort_by_key(|handler| (handler.path(), handler.place().1));
        for handler in handlers {
            let routes: Vec<_> = handler.routes().iter().map(|route| code(route)).collect();
            let why = handler.why().map(escaped).unwrap_or_default();
            let name = code(&handler.path());
            let scopes = at(handler.provider(), scopes(handler));
            line(&mut text, &[&name, &routes.join(", "), &scopes, &why, &code(handler.place().0)]);
        }
        if !self.findings().is_empty() {
            text += "\n## Findings\n\n";
            for finding in self.findings() {
                let _ = writeln!(text, "- {finding}");
            }
        }
        text
    }
}

/// Says at which provider, where it is not the one that signs people in.
fn at(provider: Option<&str>, scopes: String) -> String {
    match provider {
        Some(key) => format!("{scopes} at {}", escaped(key)),
        None => scopes,
    }
}

fn scopes(handler: &ManifestEntry) -> String {
    let list = |scopes: &[Scope], word: &str| {
        let names: Vec<_> = scopes.iter().map(|scope| code(scope.short_name())).collect();
        names.join(word)
    };
    let required = handler.required().iter().map(|scope| code(scope.short_name()));
    let any = handler.any().iter().map(|scopes| format!("one of {}", list(scopes, " or ")));
    let optional = Some(handler.optional()).filter(|scopes| !scopes.is_empty());
    let optional = optional.map(|scopes| format!("optional {}", list(scopes, " and ")));
    required.chain(any).chain(optional).collect::<Vec<_>>().join(", ")
}

fn line(text: &mut String, cells: &[&str]) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// Nothing that somebody wrote into a reason ends a cell, or is more than text.
fn escaped(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => cell.push(' '),
            '\\' | '`' | '<' | '|' | '[' | '*' => cell.extend(['\\', character]),
            other => cell.push(other),
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{notes, of};

    #[test]
    fn a_reason_is_text_whatever_is_in_it() {
        let escaped = super::escaped("a|b\n`c` \\ <i> [d](e) *f*");
        assert_eq!(escaped, r"a\|b \`c\` \\ \<i> \[d](e) \*f\*");
    }

    #[test]
    fn the_tables_say_who_asks_for_what_and_why() {
        let text = of(vec![notes()], &[0]).to_markdown();
        let expected = "\
# OAuth scopes

| scope | sensitivity | what it is for |
|---|---|---|
| `openid` | non-sensitive | sign-in |
| `https://www.googleapis.com/auth/drive.file` | non-sensitive | keep \\| your notes |

## Handlers

| handler | routes | scopes | why | file |
|---|---|---|---|---|
| `app::web::notes` | `GET /x` | `drive.file` | keep \\| your notes | `src/web.rs` |
";
        assert_eq!(text, expected);
    }
}
