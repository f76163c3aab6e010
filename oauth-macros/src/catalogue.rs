//! The scopes of Google that both crates know: reads `scopes.txt`, resolves and suggests names.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What the names of nearly all scopes begin with; the rest is the short name.
const PREFIX: &str = "https://www.googleapis.com/auth/";

/// The full names that no `://` tells from short ones.
const BARE: [&str; 3] = ["email", "openid", "profile"];

static CATALOGUE: LazyLock<Vec<Entry>> = LazyLock::new(|| read(include_str!("scopes.txt")));

static ADVICE: LazyLock<Vec<Advice>> = LazyLock::new(|| {
    let lines = include_str!("advice.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(Advice::read).collect()
});

/// A reason not to ask for a scope.
pub(crate) enum Advice {
    /// The provider has taken it out of use.
    Retired { full_name: String, remedy: &'static str },
    /// It spoils a token that holds one of the others too.
    Conflict { scope: usize, spoils: Vec<usize>, why: &'static str },
}

impl Advice {
    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        match (next()?, next()?) {
            ("retired", name) => {
                Some(Self::Retired { full_name: full_name(name), remedy: next()? })
            }
            (_, name) => {
                let spoils = next()?.split(' ').filter_map(find).collect();
                Some(Self::Conflict { scope: find(name)?, spoils, why: next()? })
            }
        }
    }
}

/// All reasons not to ask for something.
pub(crate) fn advice() -> &'static [Advice] {
    &ADVICE
}

/// What to do instead, if the provider has retired the scope of this short or full name.
pub(crate) fn retired(name: &str) -> Option<&'static str> {
    advice().iter().find_map(|advice| match advice {
        Advice::Retired { full_name, remedy } => {
            (*full_name == name || full_name.strip_prefix(PREFIX) == Some(name)).then_some(*remedy)
        }
        Advice::Conflict { .. } => None,
    })
}

/// Why one scope spoils the other, if it does.
pub(crate) fn conflict(one: usize, other: usize) -> Option<&'static str> {
    advice().iter().find_map(|advice| match advice {
        Advice::Conflict { scope, spoils, why } => {
            (*scope == one && spoils.contains(&other)).then_some(*why)
        }
        Advice::Retired { .. } => None,
    })
}

/// One scope of the catalogue.
pub(crate) struct Entry {
    /// The short name, or the full one where there is no shorter.
    pub(crate) name: &'static str,
    pub(crate) full_name: String,
    /// The name of its type in `oauth_runtime::scope`.
    pub(crate) marker: String,
    pub(crate) sensitivity: &'static str,
    /// Whether the sensitivity rests on a source other than the provider's own documents.
    pub(crate) is_weak: bool,
    pub(crate) api: Option<&'static str>,
    covers: Vec<&'static str>,
}

impl Entry {
    fn read(line: &'static str) -> Self {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (name, sensitivity, api, covers) = (next(), next(), next(), next());
        Self {
            name,
            full_name: full_name(name),
            marker: marker_name(name),
            sensitivity: sensitivity.trim_end_matches('~'),
            is_weak: sensitivity.ends_with('~'),
            api: Some(api).filter(|api| !matches!(*api, "" | "-")),
            covers: names(covers).collect(),
        }
    }

    fn is_named(&self, name: &str) -> bool {
        self.name == name || self.full_name == name
    }
}

fn read(text: &'static str) -> Vec<Entry> {
    text.lines().filter(|line| !line.starts_with('#')).map(Entry::read).collect()
}

/// An alias is written `=name`, and on both lines; here it covers like any other.
fn names(column: &'static str) -> impl Iterator<Item = &'static str> {
    column.split(' ').filter(|name| *name != "-").map(|name| name.trim_start_matches('='))
}

fn full_name(name: &str) -> String {
    if name.contains("://") || BARE.contains(&name) {
        name.into()
    } else {
        format!("{PREFIX}{name}")
    }
}

/// `drive.file` is `DriveFile`, `https://mail.google.com/` is `MailGoogleCom`.
fn marker_name(name: &str) -> String {
    let name = name.trim_start_matches("https://").trim_start_matches("www.");
    let segments = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    segments.map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

/// All scopes, sorted by full name; the place of one is its index in the runtime's table.
pub(crate) fn entries() -> &'static [Entry] {
    &CATALOGUE
}

/// The scope of this short or full name.
pub(crate) fn find(name: &str) -> Option<usize> {
    entries().iter().position(|entry| entry.is_named(name))
}

/// These scopes and all that they cover, directly or through others.
pub(crate) fn closure(scopes: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
    let mut covered = BTreeSet::new();
    let mut open: Vec<usize> = scopes.into_iter().collect();
    while let Some(scope) = open.pop() {
        if covered.insert(scope) {
            open.extend(entries()[scope].covers.iter().filter_map(|name| find(name)));
        }
    }
    covered
}

/// What a literal names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A scope of the catalogue.
    Known(usize),
    /// A full name that the catalogue lacks: no list of scopes is ever complete.
    Verbatim,
    /// What a type stands for that the app made itself, with `scope!`.
    Own,
}

/// Finds out which scope the last segment of a path names, or says what is wrong with it.
pub(crate) fn resolve_type(name: &str) -> Result<Name, String> {
    if let Some(scope) = entries().iter().position(|entry| entry.marker == name) {
        return Ok(Name::Known(scope));
    }
    let is_own = is_type_name(name) && same_letters(name).is_none();
    if is_own { Ok(Name::Own) } else { Err(neither(name)) }
}

/// Whether a name is written as that of a type: one all in capitals is that of a constant.
pub(crate) fn is_type_name(name: &str) -> bool {
    name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
}

/// What is said of code that is neither form of a scope.
pub(crate) fn neither(code: &str) -> String {
    let last = code.rsplit("::").next().unwrap_or(code);
    let (name, marker) =
        same_letters(last).map_or(("drive.file", "DriveFile"), |entry| (entry.name, &entry.marker));
    format!(
        "a scope is a string literal or the path of its type: write `\"{name}\"` or \
         `scope::{marker}`"
    )
}

/// The same at a provider whose scopes nobody here knows: any name that a scope may have
/// (RFC 6749 §3.3).
pub(crate) fn resolve_foreign(name: &str) -> Result<Name, String> {
    if name.is_empty() || name.contains(char::is_whitespace) {
        return resolve(name);
    }
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if name.bytes().all(allowed) {
        return Ok(Name::Verbatim);
    }
    Err("a scope is visible ASCII without quotes and backslashes: copy it from the provider's \
         documentation"
        .into())
}

/// Finds out what a literal names, or says what is wrong with it.
pub(crate) fn resolve(name: &str) -> Result<Name, String> {
    if name.is_empty() {
        return Err("a scope is not empty: expected a name such as `\"drive.file\"`".into());
    }
    if name.contains(char::is_whitespace) {
        let list: Vec<_> = name.split_whitespace().map(|name| format!("\"{name}\"")).collect();
        return Err(format!("one literal is one scope: write `{}`", list.join(", ")));
    }
    match find(name) {
        Some(scope) => Ok(Name::Known(scope)),
        None if name.contains("://") => verbatim(name),
        None => Err(retired(name)
            .map_or_else(|| unknown(name, &suggestions(name)), |remedy| is_retired(name, remedy))),
    }
}

/// What is said of a scope that is out of use.
pub(crate) fn is_retired(name: &str, remedy: &str) -> String {
    format!("Google has retired `{name}`: {remedy}")
}

fn verbatim(name: &str) -> Result<Name, String> {
    // RFC 6749, section 3.3: what a scope may consist of.
    if !name.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
        return Err(format!("a scope holds visible ASCII without `\"` and `\\`, unlike `{name}`"));
    }
    match misspelled(name) {
        Some(meant) => Err(unknown(name, &[meant])),
        None => Ok(Name::Verbatim),
    }
}

fn unknown(name: &str, suggestions: &[&str]) -> String {
    let list: Vec<_> = suggestions.iter().map(|name| format!("`{name}`")).collect();
    let help = match list.as_slice() {
        [] => "a scope that the catalogue lacks is written in full, with its `://`".into(),
        [one] => format!("did you mean {one}?"),
        [others @ .., worst] => format!("did you mean {} or {worst}?", others.join(", ")),
    };
    format!("unknown scope `{name}`: {help}")
}

/// The known scope whose full name is all but this one, in the form it was written in.
fn misspelled(name: &str) -> Option<&'static str> {
    let full_names = entries().iter().map(|entry| entry.full_name.as_str());
    let near = full_names.map(|full| (strsim::osa_distance(full, name), full));
    let near = near.filter(|(distance, _)| *distance <= 2).min();
    // A scope of somebody else's may well end like one of Google's.
    let alike = || same_letters(name).filter(|_| name.contains("google"));
    near.map(|(_, full)| full).or_else(|| alike().map(|entry| entry.full_name.as_str()))
}

/// Up to three short names that may have been meant, the likeliest first.
fn suggestions(name: &str) -> Vec<&'static str> {
    if let Some(entry) = same_letters(name) {
        return vec![entry.name];
    }
    let lower = name.to_ascii_lowercase();
    let near = entries().iter().filter_map(|entry| rank(entry.name, &lower));
    near.collect::<BTreeSet<_>>().into_iter().take(3).map(|(.., name)| name).collect()
}

/// How far a name is from what was written, then how long it is; none if too far.
fn rank(name: &'static str, written: &str) -> Option<(usize, usize, &'static str)> {
    let distance = if begins(name, written) { 0 } else { strsim::osa_distance(name, written) };
    (distance <= 1 + written.len() / 4).then_some((distance, name.len(), name))
}

/// Whether a name may have been cut short: `gmail`, `drive.read`.
fn begins(name: &str, start: &str) -> bool {
    start.len() >= 4 && name.starts_with(start)
}

/// The scope whose name differs in case, prefix or separators alone.
fn same_letters(name: &str) -> Option<&'static Entry> {
    let (_, short) = name.rsplit_once("/auth/").unwrap_or(("", name));
    let short = letters(short.trim_start_matches("auth/"));
    entries().iter().find(|entry| letters(entry.name) == short)
}

fn letters(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Name, closure, entries, find, resolve};
    use std::collections::HashSet;

    fn error(name: &str) -> String {
        resolve(name).unwrap_err()
    }

    fn covered(name: &str) -> Vec<&'static str> {
        closure(find(name)).into_iter().map(|scope| entries()[scope].name).collect()
    }

    #[test]
    fn a_scope_of_somebody_else_may_end_like_one_of_googles() {
        assert!(matches!(resolve("https://api.example.com/auth/tasks"), Ok(Name::Verbatim)));
        assert!(error("https://www.google.com/auth/tasks").contains("googleapis.com/auth/tasks"));
    }

    #[test]
    fn the_catalogue_is_sorted_by_full_name_and_well_formed() {
        let names: Vec<_> = entries().iter().map(|entry| &entry.full_name).collect();
        assert!(names.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()));
        for entry in entries() {
            let known = ["non-sensitive", "sensitive", "restricted", "unknown"];
            assert!(known.contains(&entry.sensitivity), "{}", entry.name);
            assert!(resolve(entry.name).is_ok() && resolve(&entry.full_name).is_ok());
            for name in &entry.covers {
                assert!(find(name).is_some(), "{} covers the unknown {name}", entry.name);
            }
        }
    }

    #[test]
    fn marker_names_are_unique_and_hide_nothing_of_the_scope_module() {
        let own = ["Scope", "ScopeSet", "Sensitivity", "Requirement", "Covers", "Declaration"];
        let mut seen: HashSet<&str> = own.into_iter().collect();
        for entry in entries() {
            assert!(syn::parse_str::<syn::Ident>(&entry.marker).is_ok(), "{}", entry.marker);
            assert!(entry.marker.starts_with(|first: char| first.is_ascii_uppercase()));
            assert!(seen.insert(&entry.marker), "{} twice", entry.marker);
        }
    }

    #[test]
    fn a_marker_is_the_name_in_camel_case() {
        let cases = [
            ("drive.file", "DriveFile"),
            ("https://mail.google.com/", "MailGoogleCom"),
            ("openid", "Openid"),
            ("https://www.google.com/m8/feeds", "GoogleComM8Feeds"),
            ("fitness.blood_glucose.read", "FitnessBloodGlucoseRead"),
        ];
        for (name, marker) in cases {
            assert_eq!(entries()[find(name).unwrap()].marker, marker);
        }
    }

    #[test]
    fn a_name_is_found_by_its_short_and_its_full_form() {
        for name in ["drive.file", "https://www.googleapis.com/auth/drive.file"] {
            let Ok(Name::Known(scope)) = resolve(name) else { panic!("{name}") };
            assert_eq!(entries()[scope].name, "drive.file");
        }
        assert_eq!(resolve("https://api.example.com/read"), Ok(Name::Verbatim));
        assert_eq!(resolve("https://www.googleapis.com/auth/brand.new.thing"), Ok(Name::Verbatim));
    }

    #[test]
    fn a_closure_holds_aliases_both_ways_and_what_is_covered_through_others() {
        assert_eq!(covered("email"), ["email", "userinfo.email"]);
        assert_eq!(covered("userinfo.email"), ["email", "userinfo.email"]);
        assert_eq!(covered("drive.file"), ["drive.file"]);
        assert!(covered("https://mail.google.com/").contains(&"gmail.labels"));
        assert!(!covered("drive").contains(&"drive.file"));
    }

    #[test]
    fn a_slip_gets_the_name_that_was_meant() {
        let cases = [
            ("drive.fil", "unknown scope `drive.fil`: did you mean `drive.file`?"),
            ("Drive_File", "unknown scope `Drive_File`: did you mean `drive.file`?"),
            ("DriveFile", "unknown scope `DriveFile`: did you mean `drive.file`?"),
            ("auth/drive.file", "unknown scope `auth/drive.file`: did you mean `drive.file`?"),
            (
                "www.googleapis.com/auth/drive.file",
                "unknown scope `www.googleapis.com/auth/drive.file`: did you mean `drive.file`?",
            ),
            ("calender", "unknown scope `calender`: did you mean `calendar`?"),
            (
                "gmail",
                "unknown scope `gmail`: did you mean `gmail.send`, `gmail.insert` or `gmail.labels`?",
            ),
            ("drive.read", "unknown scope `drive.read`: did you mean `drive.readonly`?"),
            (
                "xylophone",
                "unknown scope `xylophone`: a scope that the catalogue lacks is written in full, \
                 with its `://`",
            ),
        ];
        for (name, text) in cases {
            assert_eq!(error(name), text);
        }
    }

    #[test]
    fn a_full_name_with_a_slip_is_not_taken_verbatim() {
        let drive = "https://www.googleapis.com/auth/drive.file";
        for name in [
            "https://www.googleapis.com/auth/drive.fil",
            "http://www.googleapis.com/auth/drive.file",
            "https://googleapis.com/auth/drive.file",
            "https://www.googleapis.com/auth/Drive_File",
        ] {
            assert_eq!(error(name), format!("unknown scope `{name}`: did you mean `{drive}`?"));
        }
        assert!(
            error("https://mail.google.com").ends_with("did you mean `https://mail.google.com/`?")
        );
    }

    #[test]
    fn what_can_be_no_scope_is_refused() {
        assert!(error("").starts_with("a scope is not empty"));
        assert_eq!(error("a  b"), "one literal is one scope: write `\"a\", \"b\"`");
        assert!(error("https://example.com/ä").starts_with("a scope holds visible ASCII"));
    }
}
