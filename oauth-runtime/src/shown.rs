//! What an operator typed, as an error or a log line may show it.
//!
//! A secret that was pasted where a path, a name or an address belongs must not come back in an
//! error. So text is quoted only if it is short, printable, on one line, and looks like what was
//! asked for; within it, what looks random is replaced by `…`. All else is counted, not quoted.

mod pasted;

use std::path::Path;

pub(crate) use pasted::Pasted;

/// Longer text is not quoted.
const LONGEST: usize = 200;
/// The scheme of an address is no longer: `safari-web-extension`.
const LONGEST_SCHEME: usize = 20;
/// Text shorter than this gives no secret away.
const SHORT: usize = 8;
/// How a path begins that was written as one: no key or token does.
const BEGINNINGS: [&str; 6] = ["./", "../", "~/", ".\\", "..\\", "\\\\"];
/// The first folder of an absolute path.
const ROOTS: [&str; 20] = [
    "app",
    "data",
    "etc",
    "home",
    "mnt",
    "nix",
    "opt",
    "private",
    "root",
    "run",
    "secrets",
    "srv",
    "tmp",
    "usr",
    "var",
    "Users",
    "Volumes",
    "work",
    "workspace",
    "workspaces",
];
/// How the name of a file ends, and no secret does.
const ENDINGS: [&str; 16] = [
    ".json", ".key", ".pem", ".db", ".sqlite", ".sqlite3", ".txt", ".toml", ".yaml", ".yml", ".md",
    ".env", ".conf", ".p8", ".p12", ".com",
];

/// What a text looks like.
enum Looks {
    /// Like a path, a host or another text of parts. What is odd in it is left out.
    Parts(String),
    /// Like a single word.
    Word,
    /// Like a secret, or like nothing that is known.
    Odd,
}

/// The path of a file.
pub(crate) fn path(path: &Path) -> String {
    let text = path.to_string_lossy();
    let word = text.chars().count() < SHORT;
    match looks(&text) {
        Looks::Parts(shown) => shown,
        Looks::Word if word => text.into_owned(),
        // A folder that is there makes a path of it, however odd its names are.
        _ if is_in_a_folder(path) && is_printable(&text) && Pasted::of(&text).is_none() => {
            without_odd_runs(&text)
        }
        _ => hidden(&text),
    }
}

/// A name, a host, or another text that may be a single word: in quotation marks.
pub(crate) fn name(text: &str) -> String {
    match looks(text) {
        Looks::Odd => hidden(text),
        _ => format!("{:?}", part(text)),
    }
}

/// The same without quotation marks, as a part of a name of our own.
pub(crate) fn part(text: &str) -> String {
    match looks(text) {
        Looks::Parts(shown) => shown,
        Looks::Word => text.to_owned(),
        Looks::Odd => hidden(text),
    }
}

/// An address: in quotation marks, without user, password, query and fragment.
pub(crate) fn address(text: &str) -> String {
    let known = Pasted::of(text).is_some_and(|pasted| pasted != Pasted::Url);
    let Some((scheme, rest)) = text.split_once("://") else { return name(text) };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let scheme_is_plain = scheme.bytes().all(is_plain) && scheme.len() <= LONGEST_SCHEME;
    if known || !is_printable(text) || !scheme_is_plain {
        return hidden(text);
    }
    // A password may hold a slash; what is before the last `@` may be one.
    let (user, place) = rest.rsplit_once('@').map_or(("", rest), |(_, place)| ("…@", place));
    let (place, end) = match place.find(['?', '#']) {
        Some(at) => (&place[..at], format!("{}…", &place[at..=at])),
        None => (place, String::new()),
    };
    let shown = format!("{scheme}://{user}{}{end}", without_odd_runs(place));
    format!("{shown:?}")
}

/// The help where others can use a file.
pub(crate) fn chmod(path: &Path) -> String {
    let shown = self::path(path);
    if path.to_str() == Some(&*shown) {
        return format!("run `chmod 600 {shown}`");
    }
    "run `chmod 600` on that file".to_owned()
}

/// Whether a file may be made under this name, which then stands in folders and backups. Names may
/// be longer and odder than what is shown, where it is certain that they are names.
pub(crate) fn is_fit_for_a_file(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let is_name = is_rooted(&text) || is_in_a_folder(path) || !matches!(looks(&text), Looks::Odd);
    path.exists() || is_name && has_no_controls(&text) && Pasted::of(&text).is_none()
}

fn looks(text: &str) -> Looks {
    if !is_printable(text) || Pasted::of(text).is_some() {
        return Looks::Odd;
    }
    if is_rooted(text) || ENDINGS.iter().any(|end| text.ends_with(end)) {
        return Looks::Parts(without_odd_runs(text));
    }
    if !text.chars().all(is_plain) || is_odd(text) {
        return if text.chars().count() < SHORT { Looks::Word } else { Looks::Odd };
    }
    if text.contains(['/', '\\']) || has_extension(text) {
        return Looks::Parts(text.to_owned());
    }
    // Words with spaces between them are how passwords for apps and pass phrases are given.
    if text.contains(' ') { Looks::Odd } else { Looks::Word }
}

fn is_printable(text: &str) -> bool {
    text.len() <= LONGEST && has_no_controls(text)
}

fn has_no_controls(text: &str) -> bool {
    let turns = |sign| matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}');
    !text.chars().any(|sign| sign.is_control() || turns(sign))
}

fn is_rooted(text: &str) -> bool {
    let absolute = text.strip_prefix('/').and_then(|rest| rest.split_once('/'));
    let drive = |text: &[u8]| match text {
        [letter, b':', b'\\' | b'/', ..] => letter.is_ascii_alphabetic(),
        _ => false,
    };
    absolute.is_some_and(|(root, _)| ROOTS.contains(&root))
        || drive(text.as_bytes())
        || BEGINNINGS.iter().any(|begin| text.starts_with(begin))
}

/// What paths, hosts and names are made of. `=` and `$` are not: they stand in lines of settings.
fn is_plain(sign: char) -> bool {
    sign.is_alphanumeric() || "/\\.-_ @+,:~#*()[]".contains(sign)
}

fn has_extension(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(_, end)| {
        (1..=10).contains(&end.len()) && end.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn is_in_a_folder(path: &Path) -> bool {
    let is_named = |parent: &&Path| parent.file_name().is_some();
    path.parent().filter(is_named).is_some_and(Path::is_dir)
}

/// Whether letters of both cases and digits change as they do in random text, and not in words.
fn is_odd(text: &str) -> bool {
    let (changes, pairs) = changes(text);
    changes > 2 && changes * 10 > pairs
}

/// How often a letter or digit is followed by one of another class, and by any. An upper-case
/// letter before a lower-case one is how words begin.
fn changes(text: &str) -> (usize, usize) {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => Some(0),
        b'a'..=b'z' => Some(1),
        b'A'..=b'Z' => Some(2),
        _ => None,
    };
    let pairs = text.as_bytes().windows(2);
    let pairs = pairs.filter_map(|pair| Some((class(pair[0])?, class(pair[1])?)));
    pairs.fold((0, 0), |(changes, all), pair| {
        let changed = pair.0 != pair.1 && pair != (2, 1);
        (changes + usize::from(changed), all + 1)
    })
}

/// The text with `…` for each run of letters and digits that looks random.
fn without_odd_runs(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(|sign: char| !sign.is_ascii_alphanumeric()) {
        let run = piece.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric());
        let odd = run.len() >= SHORT && changes(run).0 > 2;
        shown.push_str(if odd { "…" } else { run });
        shown.push_str(&piece[run.len()..]);
    }
    shown
}

fn hidden(text: &str) -> String {
    let count = text.chars().count();
    format!("({count} characters that are not shown, since they may be a secret)")
}

#[cfg(test)]
mod tests;
