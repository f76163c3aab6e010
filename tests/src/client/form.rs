//! The forms of a page, filled in and sent as a browser would.

use reqwest::Method;
use url::Url;
use url::form_urlencoded::Serializer;

use super::html::{Piece, Tag, sections, text_of, words};
use super::page::Page;
use super::site::Initiator;

/// A form as it would be sent by a press of its first button.
#[derive(Clone, Debug)]
pub struct Form {
    action: Url,
    pub(super) method: Method,
    pub(super) initiator: Initiator,
    fields: Vec<Field>,
    buttons: Vec<Button>,
    pressed: usize,
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    value: String,
    /// Whether it is sent: not so a box that is not ticked.
    sent: bool,
}

#[derive(Clone, Debug)]
struct Button {
    label: String,
    field: Option<(String, String)>,
    action: Option<Url>,
}

impl Form {
    pub(super) fn read(page: &Page, tag: &Tag, inside: &[Piece]) -> Self {
        let action = tag.attribute("action").unwrap_or_default();
        let post =
            tag.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let mut form = Self {
            action: page
                .url
                .join(action)
                .unwrap_or_else(|error| panic!("the action {action:?}: {error}")),
            method: if post { Method::POST } else { Method::GET },
            initiator: page.initiator(),
            fields: Vec::new(),
            buttons: Vec::new(),
            pressed: 0,
        };
        for (at, piece) in inside.iter().enumerate() {
            if let Piece::Open(tag) = piece {
                form.control(page, tag, &inside[at + 1..]);
            }
        }
        form
    }

    fn control(&mut self, page: &Page, tag: &Tag, after: &[Piece]) {
        if tag.attribute("disabled").is_some() {
            return;
        }
        let kind = tag.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let ticked = tag.attribute("checked").is_some();
        match (tag.name.as_str(), kind.as_str()) {
            ("input", "submit" | "image") | ("button", "submit" | "") => {
                self.buttons.push(Button::read(page, tag, after));
            }
            ("input", "button" | "reset") => {}
            ("input", "checkbox" | "radio") => {
                self.field(tag, tag.attribute("value").unwrap_or("on"), ticked);
            }
            ("input", _) => self.field(tag, tag.attribute("value").unwrap_or_default(), true),
            ("textarea", _) => {
                self.field(tag, enclosed(after, "textarea").trim_start_matches('\n'), true);
            }
            ("select", _) => self.options(tag, after),
            _ => {}
        }
    }

    fn field(&mut self, tag: &Tag, value: &str, sent: bool) {
        if let Some(name) = tag.attribute("name").filter(|name| !name.is_empty()) {
            self.fields.push(Field { name: name.to_owned(), value: value.to_owned(), sent });
        }
    }

    /// The options that are selected, or else the first one.
    fn options(&mut self, select: &Tag, after: &[Piece]) {
        let end =
            after.iter().position(|piece| matches!(piece, Piece::Close(name) if name == "select"));
        let options = sections(&after[..end.unwrap_or(after.len())], "option");
        let first = self.fields.len();
        for (option, inside) in options {
            let label = words(&text_of(inside, ""));
            let selected = option.attribute("selected").is_some();
            self.field(select, option.attribute("value").unwrap_or(&label), selected);
        }
        let several = select.attribute("multiple").is_some();
        let any = self.fields[first..].iter().any(|field| field.sent);
        if let Some(field) = self.fields.get_mut(first).filter(|_| !any && !several) {
            field.sent = true;
        }
    }

    /// Sets a field to this one value; one that the form lacks is added.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let place = self.fields.iter().position(|field| field.name == name);
        self.fields.retain(|field| field.name != name);
        let field = Field { name: name.to_owned(), value: value.to_owned(), sent: true };
        self.fields.insert(place.unwrap_or(self.fields.len()).min(self.fields.len()), field);
        self
    }

    /// Ticks the box of that name and value.
    pub fn tick(self, name: &str, value: &str) -> Self {
        self.set(name, value, true)
    }

    /// Clears the box of that name and value.
    pub fn untick(self, name: &str, value: &str) -> Self {
        self.set(name, value, false)
    }

    fn set(mut self, name: &str, value: &str, sent: bool) -> Self {
        let field = self.fields.iter_mut().find(|field| field.name == name && field.value == value);
        match field {
            Some(field) => field.sent = sent,
            None => panic!("no box {name}={value} among {:#?}", self.fields),
        }
        self
    }

    /// Will be sent by the button with that label, name or value in place of the first.
    pub fn press(mut self, label: &str) -> Self {
        let is = |button: &Button| {
            let field = button.field.as_ref();
            button.label == label
                || field.is_some_and(|(name, value)| name == label || value == label)
        };
        let found = self.buttons.iter().position(is);
        self.pressed =
            found.unwrap_or_else(|| panic!("no button {label:?} among {:#?}", self.buttons));
        self
    }

    /// The value that a field would be sent with.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|field| field.sent && field.name == name)
            .map(|field| field.value.as_str())
    }

    /// Where the form leads, without what it sends.
    pub fn action(&self) -> &Url {
        self.button().and_then(|button| button.action.as_ref()).unwrap_or(&self.action)
    }

    fn button(&self) -> Option<&Button> {
        self.buttons.get(self.pressed)
    }

    fn encoded(&self) -> String {
        let fields = self.fields.iter().filter(|field| field.sent);
        let pairs = fields.map(|field| (field.name.as_str(), field.value.as_str()));
        let button = self.button().and_then(|button| button.field.as_ref());
        encode(pairs.chain(button.map(|(name, value)| (name.as_str(), value.as_str()))))
    }

    /// The address to send it to: a GET form replaces the query of its action.
    pub(super) fn target(&self) -> Url {
        let mut target = self.action().clone();
        if self.method == Method::GET {
            target.set_query(Some(&self.encoded()));
        }
        target
    }

    pub(super) fn body(&self) -> Option<String> {
        (self.method == Method::POST).then(|| self.encoded())
    }
}

impl Button {
    fn read(page: &Page, tag: &Tag, after: &[Piece]) -> Self {
        let value = tag.attribute("value").unwrap_or_default();
        let label =
            if tag.name == "button" { words(&enclosed(after, "button")) } else { value.to_owned() };
        let field = tag.attribute("name").map(|name| (name.to_owned(), value.to_owned()));
        let action = tag.attribute("formaction").and_then(|action| page.url.join(action).ok());
        Self { label, field, action }
    }
}

/// The text up to the closing tag.
fn enclosed(after: &[Piece], name: &str) -> String {
    let end = after.iter().position(|piece| matches!(piece, Piece::Close(close) if close == name));
    text_of(&after[..end.unwrap_or(after.len())], "")
}

pub(super) fn encode<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}
