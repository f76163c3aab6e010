//! Just enough of HTML to press the buttons of our own pages and of the fake's.

/// A form as it stands on a page.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    /// Hidden and text fields, with their values.
    pub fields: Vec<(String, String)>,
    /// The values of checkboxes, by name.
    pub checkboxes: Vec<(String, String)>,
    /// Name and value of each button.
    pub buttons: Vec<(String, String)>,
}

/// The target of the first link whose text contains `text`.
pub fn link(body: &str, text: &str) -> Option<String> {
    elements(body, "a")
        .find(|(_, inner)| inner.contains(text))
        .and_then(|(tag, _)| attribute(tag, "href"))
}

pub fn forms(body: &str) -> Vec<Form> {
    elements(body, "form").map(|(tag, inner)| form(tag, inner)).collect()
}

fn form(tag: &str, inner: &str) -> Form {
    let mut form = Form {
        action: attribute(tag, "action").unwrap_or_default(),
        fields: Vec::new(),
        checkboxes: Vec::new(),
        buttons: Vec::new(),
    };
    for piece in inner.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        let pair = || Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()));
        let Some(pair) = pair() else { continue };
        match tag.split_ascii_whitespace().next() {
            Some("input") if attribute(tag, "type").as_deref() == Some("checkbox") => {
                form.checkboxes.push(pair);
            }
            Some("input" | "textarea") => form.fields.push(pair),
            Some("button") => form.buttons.push(pair),
            _ => {}
        }
    }
    form
}

/// Opening tag and content of each element of that name; ours are never nested in themselves.
fn elements<'a>(body: &'a str, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let close = format!("</{name}>");
    body.split('<').enumerate().skip(1).filter_map(move |(_, piece)| {
        let rest = piece.strip_prefix(name).filter(|rest| rest.starts_with([' ', '>']))?;
        let start = rest.as_ptr() as usize - body.as_ptr() as usize;
        let whole = &body[start..];
        let (tag, after) = whole.split_once('>')?;
        Some((tag, after.split(close.as_str()).next().unwrap_or_default()))
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let text = rest.split('"').next()?;
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&amp;", "&"),
    ];
    Some(entities.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign)))
}
