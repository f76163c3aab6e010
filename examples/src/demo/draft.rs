//! A note as its form sends it, and what is wrong with it.

use serde::Deserialize;

const TITLE: usize = 80;
const TEXT: usize = 20_000;

/// What somebody typed. Whatever is wrong with it, it is shown again as it was.
#[derive(Default, Deserialize)]
pub(crate) struct Draft {
    title: String,
    text: String,
}

impl Draft {
    pub(crate) fn title(&self) -> &str {
        self.title.trim()
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn has_problems(&self) -> bool {
        self.title_problem().is_some() || self.text_problem().is_some()
    }

    pub(crate) fn title_problem(&self) -> Option<String> {
        match self.title().chars().count() {
            0 => Some("Give the note a title: it becomes the name of the file.".to_owned()),
            count => too_long("title", count, TITLE),
        }
    }

    pub(crate) fn text_problem(&self) -> Option<String> {
        match self.text.chars().count() {
            _ if self.text.trim().is_empty() => Some("Write something to keep.".to_owned()),
            count => too_long("text", count, TEXT),
        }
    }
}

fn too_long(what: &str, count: usize, most: usize) -> Option<String> {
    let over = count.checked_sub(most).filter(|over| *over > 0)?;
    let characters = if over == 1 { "character" } else { "characters" };
    Some(format!("The {what} is {over} {characters} too long: at most {most} fit."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(title: &str, text: &str) -> (Option<String>, Option<String>) {
        let draft = Draft { title: title.to_owned(), text: text.to_owned() };
        (draft.title_problem(), draft.text_problem())
    }

    #[test]
    fn a_note_needs_a_title_and_a_text_of_a_length_that_fits() {
        assert_eq!(problems("Groceries", "milk"), (None, None));
        assert_eq!(problems(&"ü".repeat(TITLE), &"ü".repeat(TEXT)), (None, None));
        let (title, text) = problems(" \t", "\r\n");
        assert!(title.unwrap().contains("title") && text.unwrap().contains("Write"));
        let (title, text) = problems(&"x".repeat(TITLE + 1), &"x".repeat(TEXT + 2));
        assert_eq!(title.unwrap(), "The title is 1 character too long: at most 80 fit.");
        assert_eq!(text.unwrap(), "The text is 2 characters too long: at most 20000 fit.");
    }
}
