//! A form on a page: what somebody filled in, to be sent by a click.

use std::fmt;

/// Longest value that is shown, in characters. What is sent is whole.
const SHOWN: usize = 300;
/// Parts of names whose values nobody should read over a shoulder.
const HIDDEN: [&str; 6] = ["pass", "secret", "token", "csrf", "pin", "otp"];

/// A field of a form that was kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    name: String,
    value: String,
}

impl fmt::Debug for Field {
    /// Without the value, which is nobody's business but its sender's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Field {
    /// Its name, as the form has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its whole value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What of it a page shows: the beginning of a long value, and nothing of one whose name
    /// sounds secret or that is empty.
    pub fn shown(&self) -> Option<String> {
        let name = self.name.to_ascii_lowercase();
        if self.value.is_empty() || HIDDEN.iter().any(|part| name.contains(part)) {
            return None;
        }
        let mut shown: String = self.value.chars().take(SHOWN).collect();
        if shown.len() < self.value.len() {
            shown.push('…');
        }
        Some(shown)
    }
}

/// A form that was kept while its sender granted what it needs.
///
/// ```
/// use oauth_runtime::Page;
///
/// /// What a person is about to send.
/// fn shown(page: &Page) -> Vec<String> {
///     let fields = page.form().map(|form| form.fields()).unwrap_or_default();
///     let shown = fields.iter().map(|field| (field.name(), field.shown().unwrap_or_default()));
///     shown.map(|(name, value)| format!("{name}: {value}")).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptForm {
    action: String,
    fields: Vec<Field>,
}

impl KeptForm {
    /// From the body that a browser sent (`application/x-www-form-urlencoded`).
    pub(crate) fn new(action: String, body: &str) -> Self {
        let pairs = url::form_urlencoded::parse(body.as_bytes());
        let field = |(name, value): (std::borrow::Cow<'_, str>, _)| Field {
            name: name.into_owned(),
            value: std::borrow::Cow::into_owned(value),
        };
        Self { action, fields: pairs.map(field).collect() }
    }

    /// Where the form on the page has to be posted to.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// All that it holds, in its order. The form on the page has to hold the same.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_secrets_are_not_shown() {
        let long = "é".repeat(301);
        let body = format!("title=a+b%26c&tag=1&tag=2&empty=&user_password=x&_csrf=y&text={long}");
        let form = KeptForm::new("/oauth/continue".to_owned(), &body);
        let pairs: Vec<_> = form.fields().iter().map(|f| (f.name(), f.value().len())).collect();
        assert_eq!(
            pairs,
            [
                ("title", 5),
                ("tag", 1),
                ("tag", 1),
                ("empty", 0),
                ("user_password", 1),
                ("_csrf", 1),
                ("text", 602)
            ]
        );
        let shown: Vec<_> = form.fields().iter().map(Field::shown).collect();
        assert_eq!(shown[0].as_deref(), Some("a b&c"));
        assert_eq!((&shown[3], &shown[4], &shown[5]), (&None, &None, &None));
        assert_eq!(shown[6].as_deref(), Some(format!("{}…", "é".repeat(300)).as_str()));
    }
}
