//! The words of code, and the paths that they make.

use super::text::is_word;

/// A word, `::`, or one sign; with its line, counted from one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
}

impl Token<'_> {
    pub(super) fn is_word(&self) -> bool {
        self.text.starts_with(is_word)
    }
}

pub(super) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (line, content) in code.lines().enumerate() {
        let mut rest = content.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push(Token { text: &rest[..length], line: line + 1 });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// A path as written, with the groups of a `use` taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PathUse<'a> {
    pub(super) segments: Vec<&'a str>,
    /// The name it is given here, which is the last segment if there is no `as`.
    pub(super) name: &'a str,
    /// How many modules that are written out in the file enclose it.
    pub(super) depth: usize,
    pub(super) line: usize,
}

/// Every path of the code, one-word paths too.
pub(super) fn paths<'a>(tokens: &[Token<'a>]) -> Vec<PathUse<'a>> {
    let mut found = Vec::new();
    let (mut at, mut depth, mut open) = (0, 0, Vec::new());
    while at < tokens.len() {
        match tokens[at].text {
            "{" => {
                let module = at >= 2 && tokens[at - 2].text == "mod";
                depth += usize::from(module);
                open.push(module);
            }
            "}" => depth -= usize::from(open.pop().unwrap_or_default()),
            _ => {}
        }
        if tokens[at].is_word() {
            at = path(tokens, at, &[], depth, &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path, with whatever groups it ends in, and says where it ends.
fn path<'a>(
    tokens: &[Token<'a>],
    start: usize,
    prefix: &[&'a str],
    depth: usize,
    found: &mut Vec<PathUse<'a>>,
) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut segments = prefix.to_vec();
    let own_crate = text(start) == "crate" && start > 0 && text(start - 1) == "$";
    segments.push(if own_crate { "$crate" } else { tokens[start].text });
    let mut at = start + 1;
    while text(at) == "::" {
        match tokens.get(at + 1) {
            Some(next) if next.is_word() || next.text == "*" => segments.push(next.text),
            Some(next) if next.text == "{" => {
                return group(tokens, at + 2, &segments, depth, found);
            }
            _ => break,
        }
        at += 2;
    }
    let mut name = segments[segments.len() - 1];
    if text(at) == "as" && tokens.get(at + 1).is_some_and(Token::is_word) {
        name = text(at + 1);
        at += 2;
    }
    found.push(PathUse { segments, name, depth, line: tokens[start].line });
    at
}

fn group<'a>(
    tokens: &[Token<'a>],
    mut at: usize,
    prefix: &[&'a str],
    depth: usize,
    found: &mut Vec<PathUse<'a>>,
) -> usize {
    while at < tokens.len() && tokens[at].text != "}" {
        if tokens[at].is_word() || tokens[at].text == "*" {
            at = path(tokens, at, prefix, depth, found);
        } else {
            at += 1;
        }
    }
    at + 1
}

/// The modules written out in the file around a token, outermost first.
pub(super) fn enclosing_modules<'a>(tokens: &[Token<'a>], end: usize) -> Vec<&'a str> {
    let mut open: Vec<Option<&str>> = Vec::new();
    for at in 0..end {
        match tokens[at].text {
            "{" if at >= 2 && tokens[at - 2].text == "mod" => open.push(Some(tokens[at - 1].text)),
            "{" => open.push(None),
            "}" => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_a_use_are_taken_apart() {
        let code =
            "use crate::{a::{B, C as D}, e, f::*};\nmod m { x::y::<crate::z>(); $crate::q; }";
        let tokens = tokens(code);
        let found: Vec<_> = paths(&tokens)
            .into_iter()
            .filter(|path| path.segments.len() > 1)
            .map(|path| (path.segments.join("::"), path.name, path.depth, path.line))
            .collect();
        let expected = [
            ("crate::a::B", "B", 0, 1),
            ("crate::a::C", "D", 0, 1),
            ("crate::e", "e", 0, 1),
            ("crate::f::*", "*", 0, 1),
            ("x::y", "y", 1, 2),
            ("crate::z", "z", 1, 2),
            ("$crate::q", "q", 1, 2),
        ];
        assert_eq!(
            found,
            expected.map(|(path, name, depth, line)| (path.to_owned(), name, depth, line))
        );
    }
}
