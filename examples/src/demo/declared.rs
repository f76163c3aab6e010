//! What the handlers declare, read from their own source: what the pages show is what runs.

const SOURCE: &str = include_str!("app.rs");

/// The declaration of a handler.
#[derive(Clone, Copy, Default)]
pub(crate) struct Declared {
    code: &'static str,
}

impl Declared {
    /// The attribute, where there is one, and the signature up to what it returns.
    pub(crate) fn of(handler: &str) -> Self {
        Self { code: find(handler).unwrap_or_default() }
    }

    /// The code in pieces, and whether each is a text in quotes.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = (bool, String)> {
        self.code.split('"').enumerate().map(|(number, piece)| {
            let quoted = number % 2 == 1;
            (quoted, if quoted { format!("\"{piece}\"") } else { piece.to_owned() })
        })
    }

    /// What the person is told it is for.
    pub(crate) fn why(&self) -> &'static str {
        self.code.split("why = \"").nth(1).and_then(|why| why.split('"').next()).unwrap_or_default()
    }
}

fn find(handler: &str) -> Option<&'static str> {
    let function = SOURCE.find(&format!("\nasync fn {handler}("))? + 1;
    let end = function + SOURCE[function..].find(" -> ")?;
    let start = SOURCE[..function].trim_end().rfind('\n')? + 1;
    let start = if SOURCE[start..].starts_with("#[") { start } else { function };
    Some(&SOURCE[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(handler: &str) -> String {
        Declared::of(handler).pieces().map(|(_, piece)| piece).collect()
    }

    #[test]
    fn a_handler_is_shown_as_it_stands_in_its_file() {
        let save = code("save");
        assert!(save.starts_with("#[requires_scopes(\"drive.file\", why = \"save"), "{save}");
        assert!(
            save.ends_with("\nasync fn save(token: Token, Form(draft): Form<Draft>)"),
            "{save}"
        );
        assert_eq!(Declared::of("save").why(), "save this note to your Drive");
        assert!(code("home").starts_with("async fn home(user: Option<User>"), "{}", code("home"));
        assert_eq!(code("nobody"), "");
    }
}
