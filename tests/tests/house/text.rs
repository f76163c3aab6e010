//! Rust read as text: code without comments, literals and tests.

use std::ops::Range;

/// The code with comments and the contents of literals blanked; every line stays where it was.
pub(super) fn without_comments(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_or_comment(&chars, at);
        match end {
            Some(end) => code.extend(chars[at..end].iter().map(|&c| blank(c))),
            None => code.push(chars[at]),
        }
        at = end.unwrap_or(at + 1);
    }
    code
}

fn blank(c: char) -> char {
    if c == '\n' { c } else { ' ' }
}

/// Where the comment or literal that begins at `at` ends, if one does.
fn literal_or_comment(chars: &[char], at: usize) -> Option<usize> {
    let rest = &chars[at..];
    let length = match rest {
        ['/', '/', ..] => rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => 1 + closing(&rest[1..], '"'),
        ['\'', '\\', ..] => 1 + closing(&rest[1..], '\''),
        ['\'', _, '\'', ..] => 3,
        ['r' | 'b' | 'c', ..] if at == 0 || !is_word(chars[at - 1]) => prefixed(rest)?,
        _ => return None,
    };
    Some(at + length)
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length up to and with the closing quote, past escapes.
fn closing(rest: &[char], quote: char) -> usize {
    let mut at = 0;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// `b"…"`, `c"…"`, `b'…'`, `r#"…"#` and their combinations; not `r#name` and not a plain word.
fn prefixed(rest: &[char]) -> Option<usize> {
    let letters = rest.iter().take_while(|c| matches!(c, 'r' | 'b' | 'c')).count();
    let raw = rest[letters - 1] == 'r';
    let hashes = rest[letters..].iter().take_while(|&&c| raw && c == '#').count();
    let open = letters + hashes;
    match rest.get(open)? {
        '"' if raw => Some(open + 1 + raw_end(&rest[open + 1..], hashes)),
        quote @ ('"' | '\'') if letters == 1 => Some(open + 1 + closing(&rest[open + 1..], *quote)),
        _ => None,
    }
}

fn raw_end(rest: &[char], hashes: usize) -> usize {
    let ends = |at: &usize| {
        rest[*at] == '"'
            && rest[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes
    };
    (0..rest.len()).find(ends).map_or(rest.len(), |at| at + 1 + hashes)
}

/// The code without the items that exist for tests alone; lines stay where they were.
pub(super) fn without_tests(code: &str) -> String {
    let mut chars: Vec<char> = code.chars().collect();
    for item in test_items(&chars) {
        chars[item].iter_mut().for_each(|c| *c = blank(*c));
    }
    chars.into_iter().collect()
}

/// How many lines the items take that exist for tests alone.
pub(super) fn lines_of_tests(code: &str) -> usize {
    let chars: Vec<char> = code.chars().collect();
    let lines = |item: Range<usize>| 1 + chars[item].iter().filter(|&&c| c == '\n').count();
    test_items(&chars).into_iter().map(lines).sum()
}

/// The code without what an `#[expect(…)]` of one of these lints stands before.
pub(super) fn without_exceptions(code: &str, lints: &[&str]) -> String {
    let mut chars: Vec<char> = code.chars().collect();
    let excepted = |attribute: &str| {
        let names =
            attribute.strip_prefix("#[expect(").is_some_and(|rest| rest.contains("reason="));
        names && lints.iter().any(|lint| attribute.contains(lint))
    };
    for item in attributed(&chars, &excepted) {
        chars[item].iter_mut().for_each(|c| *c = blank(*c));
    }
    chars.into_iter().collect()
}

fn test_items(chars: &[char]) -> Vec<Range<usize>> {
    let code: String = chars.iter().collect();
    if squeeze(&code).starts_with("#![cfg(test)]") {
        return vec![Range { start: 0, end: chars.len() }];
    }
    let for_tests =
        |attribute: &str| attribute == "#[cfg(test)]" || attribute.starts_with("#[cfg(all(test,");
    attributed(chars, &for_tests)
}

/// The items under an attribute of that kind, with the attribute.
fn attributed(chars: &[char], is_wanted: &dyn Fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let length =
            attribute(&chars[at..]).filter(|(text, _)| is_wanted(text)).map(|(_, length)| length);
        let end = length.map(|length| item_end(chars, at + length));
        items.extend(end.map(|end| at..end));
        at = end.unwrap_or(at + 1);
    }
    items
}

/// The attribute that begins here, without spaces, and its length.
fn attribute(rest: &[char]) -> Option<(String, usize)> {
    let length = 1 + rest.starts_with(&['#', '[']).then(|| matching(&rest[1..]))?;
    Some((squeeze(&rest[..length].iter().collect::<String>()), length))
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The length of the group that begins here, with its closing bracket.
fn matching(rest: &[char]) -> usize {
    let mut depth = 0_usize;
    for (at, c) in rest.iter().enumerate() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    rest.len()
}

/// Where the item ends that follows an attribute: at its body's brace, or at `;`; a field, a
/// variant or an arm at its comma.
fn item_end(chars: &[char], start: usize) -> usize {
    let mut at = start;
    let mut first_word = String::new();
    while at < chars.len() {
        match chars[at] {
            '#' if first_word.is_empty() => at += 1,
            '{' if !ends_with_semicolon(&first_word) => return at + matching(&chars[at..]),
            '(' | '[' | '{' => at += matching(&chars[at..]),
            ';' => return at + 1,
            ',' if !is_item(&first_word) => return at + 1,
            '}' | ')' | ']' => return at,
            c if is_word(c) => {
                let length = chars[at..].iter().take_while(|&&c| is_word(c)).count();
                let word: String = chars[at..at + length].iter().collect();
                if (first_word.is_empty() && word != "pub") || word == "fn" {
                    first_word = word;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    at
}

fn is_item(word: &str) -> bool {
    let words =
        "fn mod impl use struct enum const static trait type async unsafe extern let macro_rules";
    words.split(' ').any(|item| item == word)
}

fn ends_with_semicolon(word: &str) -> bool {
    matches!(word, "use" | "const" | "static" | "type" | "let")
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        for (text, expected) in [
            ("a // b\nc", "a     \nc"),
            ("a /* /* b */ \n */ c", "a            \n    c"),
            (r#"a("x \" // y", b)"#, r"a(           , b)"),
            (r##"a(r#"x " y"#, b)"##, "a(          , b)"),
            (r#"a(b"x", br"\", c"z")"#, "a(    ,      ,     )"),
            ("let r#type = 'a';", "let r#type =    ;"),
            ("fn f<'a>(x: &'a str, y: '\\'', z: '\"')", "fn f<'a>(x: &'a str, y:     , z:    )"),
            ("\"https://example.com\"", "                     "),
            ("bar\"x\"", "bar   "),
        ] {
            assert_eq!(without_comments(text), expected, "{text}");
        }
    }

    #[test]
    fn items_for_tests_are_blanked_and_nothing_else() {
        for (code, kept) in [
            ("a; #[cfg(test)] mod tests { fn f() { } } b;", "a;b;"),
            ("#[cfg(test)]\n#[allow(x)]\npub(crate) mod tests;\nb", "b"),
            ("#[cfg(test)] fn f<A, B>(a: [u8; 3]) -> A { x } b", "b"),
            ("#[cfg(all(test, unix))] use a::{b, c}; d", "d"),
            ("#[cfg(test)] const fn f() {} b", "b"),
            ("#[cfg(test)] const X: S = S { a: [1; 2] }; b", "b"),
            ("struct S { #[cfg(test)] pub a: u8, b: u8 }", "structS{b:u8}"),
            ("#[cfg(any(test, x))] fn f() {} b", "#[cfg(any(test,x))]fnf(){}b"),
            ("#[cfg(not(test))] fn f() {} b", "#[cfg(not(test))]fnf(){}b"),
            ("#![cfg(test)]\nfn f() {}", ""),
        ] {
            assert_eq!(squeeze(&without_tests(code)), kept, "{code}");
        }
        let kept = |code: &str| squeeze(&without_exceptions(code, &["unwrap_used"]));
        assert_eq!(kept("#[expect(clippy::unwrap_used, reason = )] fn f() { x.unwrap() } b"), "b");
        assert_eq!(
            kept("#[expect(clippy::unwrap_used)] fn f() {}"),
            "#[expect(clippy::unwrap_used)]fnf(){}"
        );
        assert_eq!(without_tests("a\n#[cfg(test)]\nmod t {\n}\nb").lines().count(), 5);
    }
}
