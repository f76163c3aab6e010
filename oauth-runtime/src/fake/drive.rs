//! The files of a small Drive.

use serde::{Deserialize, Serialize};

use super::mint::Mint;
use crate::clock::Timestamp;

/// A file as it lies in somebody's Drive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DriveFile {
    /// The id, which no two files share.
    pub id: String,
    /// The name, which files may share.
    pub name: String,
    /// The media type.
    pub mime_type: String,
    /// The content.
    pub content: Vec<u8>,
    pub(crate) created: Timestamp,
    /// The client that made it, if none of its owner's own hands did.
    pub(crate) made_by: Option<String>,
    pub(crate) owner: String,
}

/// What a new file is made from.
pub(crate) struct NewFile {
    pub(crate) name: String,
    pub(crate) mime_type: String,
    pub(crate) content: Vec<u8>,
    pub(crate) made_by: Option<String>,
}

/// Who looks, and at what.
pub(crate) struct View<'a> {
    pub(crate) owner: &'a str,
    /// With `drive.file` alone, only what this client made is there.
    pub(crate) only_by: Option<&'a str>,
}

impl View<'_> {
    fn shows(&self, file: &DriveFile) -> bool {
        file.owner == self.owner
            && self.only_by.is_none_or(|client| file.made_by.as_deref() == Some(client))
    }
}

/// The files of everybody, the oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Drive(Vec<DriveFile>);

impl Drive {
    pub(crate) fn add(
        &mut self,
        mint: &mut Mint,
        now: Timestamp,
        owner: &str,
        new: NewFile,
    ) -> DriveFile {
        let NewFile { name, mime_type, content, made_by } = new;
        let id = format!("1{}", mint.name().get(..32).unwrap_or_default());
        let owner = owner.to_owned();
        let file = DriveFile { id, name, mime_type, content, created: now, made_by, owner };
        self.0.push(file.clone());
        file
    }

    pub(crate) fn visible<'a>(&'a self, view: &'a View<'_>) -> impl Iterator<Item = &'a DriveFile> {
        self.0.iter().filter(|file| view.shows(file))
    }

    /// Renames a file that is there.
    pub(crate) fn rename(&mut self, id: &str, name: &str) -> Option<DriveFile> {
        let file = self.0.iter_mut().find(|file| file.id == id)?;
        name.clone_into(&mut file.name);
        Some(file.clone())
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.0.retain(|file| file.id != id);
    }
}

/// A condition of a search: the `q` of the list, as far as this Drive understands it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Term {
    NameIs(String),
    NameContains(String),
    MimeTypeIs(String),
    NotTrashed,
}

impl Term {
    /// Reads conditions that are joined by `and`; `None` if one of them is not understood.
    pub(crate) fn parse_all(query: &str) -> Option<Vec<Self>> {
        let mut rest = query.trim_start();
        let mut terms = Vec::new();
        loop {
            let (term, after) = Self::parse(rest)?;
            terms.push(term);
            if after.trim().is_empty() {
                return Some(terms);
            }
            rest = after.trim_start().strip_prefix("and ")?.trim_start();
        }
    }

    fn parse(text: &str) -> Option<(Self, &str)> {
        let (word, rest) = split_word(text);
        let (operator, rest) = split_operator(rest.trim_start())?;
        let rest = rest.trim_start();
        if (word, operator) == ("trashed", "=") {
            return rest.strip_prefix("false").map(|rest| (Self::NotTrashed, rest));
        }
        let (value, rest) = quoted(rest)?;
        let term = match (word, operator) {
            ("name", "=") => Self::NameIs(value),
            ("name", "contains") => Self::NameContains(value),
            ("mimeType", "=") => Self::MimeTypeIs(value),
            _ => return None,
        };
        Some((term, rest))
    }

    pub(crate) fn admits(&self, file: &DriveFile) -> bool {
        match self {
            Self::NameIs(name) => file.name == *name,
            Self::NameContains(part) => file.name.to_lowercase().contains(&part.to_lowercase()),
            Self::MimeTypeIs(mime_type) => file.mime_type == *mime_type,
            Self::NotTrashed => true,
        }
    }
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(text.len()))
}

fn split_operator(text: &str) -> Option<(&str, &str)> {
    let operator = ["=", "contains"].into_iter().find(|operator| text.starts_with(operator))?;
    Some(text.split_at(operator.len()))
}

/// A text in single quotes, where `\'` and `\\` stand for themselves.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('\'')?;
    let (mut value, mut letters) = (String::new(), inner.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' => return Some((value, &inner[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            _ => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    fn new(name: &str, made_by: Option<&str>) -> NewFile {
        let (name, made_by) = (name.to_owned(), made_by.map(str::to_owned));
        NewFile { name, mime_type: "text/plain".to_owned(), content: Vec::new(), made_by }
    }

    #[test]
    fn one_sees_ones_own_files_and_an_app_only_its_own_of_them() {
        let (mut drive, mut mint) = (Drive::default(), Mint::new([0; 32]));
        drive.add(&mut mint, NOW, "ada", new("by hand", None));
        drive.add(&mut mint, NOW, "ada", new("by app", Some("app")));
        drive.add(&mut mint, NOW, "bob", new("of bob", Some("app")));
        let names = |owner, only_by| -> Vec<String> {
            let view = View { owner, only_by };
            drive.visible(&view).map(|file| file.name.clone()).collect()
        };
        assert_eq!(names("ada", None), ["by hand", "by app"]);
        assert_eq!(names("ada", Some("app")), ["by app"]);
        assert_eq!(names("ada", Some("other app")), [""; 0]);
    }

    #[test]
    fn searches_are_read_with_their_quotes() {
        use Term::{MimeTypeIs, NameContains, NameIs, NotTrashed};
        let text = |text: &str| text.to_owned();
        let table = [
            ("name = 'a'", Some(vec![NameIs(text("a"))])),
            ("name='a and b' and trashed = false", Some(vec![NameIs(text("a and b")), NotTrashed])),
            (r"name contains 'it\'s \\'", Some(vec![NameContains(text(r"it's \"))])),
            ("mimeType = 'text/plain'", Some(vec![MimeTypeIs(text("text/plain"))])),
            ("", None),
            ("name = 'open", None),
            ("name = 'a' or name = 'b'", None),
            ("fullText contains 'a'", None),
        ];
        for (query, terms) in table {
            assert_eq!(Term::parse_all(query), terms, "{query}");
        }
    }

    #[test]
    fn containing_ignores_case_and_being_does_not() {
        let (mut drive, mut mint) = (Drive::default(), Mint::new([0; 32]));
        let file = drive.add(&mut mint, NOW, "ada", new("Report", None));
        assert!(Term::NameContains("rep".to_owned()).admits(&file));
        assert!(!Term::NameIs("report".to_owned()).admits(&file));
    }
}
