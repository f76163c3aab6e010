//! How long files and functions may be.

use super::source::{Source, load, named, rust_files};
use super::words::{Token, tokens};
use super::{demand, root};

const FILE: usize = 300;
const FUNCTION: usize = 40;
const MACROS: usize = 1_700;

#[test]
fn no_file_is_too_long() {
    let violations: Vec<_> = sources().iter().filter_map(too_long).collect();
    demand(
        &format!("Split it by subject: a file has at most {FILE} lines besides its tests."),
        &violations,
    );
}

#[test]
fn no_function_is_too_long() {
    let violations: Vec<_> = sources().iter().flat_map(long_functions).collect();
    demand(&format!("Name its parts: a function has at most {FUNCTION} lines."), &violations);
}

#[test]
fn the_macros_stay_small() {
    let sources = load("oauth-macros/src").sources;
    let code = sources.iter().flat_map(|source| source.code.lines());
    let lines = code.filter(|line| !line.trim().is_empty()).count();
    let violation = (lines > MACROS).then(|| format!("oauth-macros/src has {lines} lines of code"));
    let remedy =
        format!("At most {MACROS} besides comments, tests and data: move the work to the runtime.");
    demand(&remedy, violation.as_slice());
}

/// The libraries and the examples.
fn sources() -> Vec<Source> {
    let mut sources = load("oauth-runtime/src").sources;
    sources.extend(load("oauth-macros/src").sources);
    for path in rust_files(&root().join("examples/src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        sources.push(Source::new(&named(&path), &[], &text));
    }
    sources
}

fn too_long(source: &Source) -> Option<String> {
    (source.lines > FILE).then(|| format!("{} has {} lines", source.path, source.lines))
}

fn long_functions(source: &Source) -> Vec<String> {
    let tokens = tokens(&source.code);
    let functions =
        tokens.windows(2).enumerate().filter(|(_, pair)| pair[0].text == "fn" && pair[1].is_word());
    let measured = functions.map(|(at, pair)| (pair[1], lines(&tokens[at..])));
    let long = measured.filter(|(_, lines)| *lines > FUNCTION);
    long.map(|(name, lines)| {
        format!("{}:{}: fn {} has {lines} lines", source.path, name.line, name.text)
    })
    .collect()
}

/// The lines of the function that begins here, from its name to its closing brace; none without
/// a body.
fn lines(function: &[Token<'_>]) -> usize {
    let (mut brackets, mut braces) = (0_usize, 0_usize);
    for token in function {
        match token.text {
            "(" | "[" if braces == 0 => brackets += 1,
            ")" | "]" if braces == 0 => brackets = brackets.saturating_sub(1),
            ";" if brackets + braces == 0 => return 0,
            "{" if brackets == 0 => braces += 1,
            "}" if braces == 1 => return token.line - function[0].line + 1,
            "}" if brackets == 0 => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("x.rs", &[], text)
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        assert!(too_long(&source(&"// x\n".repeat(FILE))).is_none());
        assert!(too_long(&source(&"// x\n".repeat(FILE + 1))).is_some());
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(FILE));
        assert!(too_long(&source(&tests)).is_none());
    }

    #[test]
    fn a_long_function_is_found() {
        let function = |lines: usize| format!("fn f(x: [u8; 3]) {{{}}}", "\n".repeat(lines - 1));
        assert!(long_functions(&source(&function(FUNCTION))).is_empty());
        assert_eq!(long_functions(&source(&function(FUNCTION + 1))).len(), 1);
        let nested = format!("mod m {{ impl X {{ {} fn g();\n fn h() {{}} }} }}", function(41));
        assert_eq!(long_functions(&source(&nested)), ["x.rs:1: fn f has 41 lines"]);
        let quoted = format!("fn f() {{ '{{'; \"{{{{\"; }}\n{}fn g() {{}}", "\n".repeat(50));
        assert!(long_functions(&source(&quoted)).is_empty());
    }
}
