//! Just enough HTML for the pages of this project: tags, attributes and text, nothing nested.

/// One piece of a page, in its order.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Open(Tag),
    Close(String),
    Text(String),
}

#[derive(Debug, PartialEq)]
pub(super) struct Tag {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

pub(super) fn pieces(html: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        push_text(&mut pieces, &rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<!--") {
            rest = rest.split_once("-->").map_or("", |(_, after)| after);
        } else if let Some(after) = rest.strip_prefix("</") {
            let (name, after) = after.split_once('>').unwrap_or((after, ""));
            pieces.push(Piece::Close(name.trim().to_ascii_lowercase()));
            rest = after;
        } else if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (tag, after) = tag(&rest[1..]);
            rest = if matches!(tag.name.as_str(), "script" | "style") {
                past(after, &tag.name)
            } else {
                after
            };
            pieces.push(Piece::Open(tag));
        } else if rest.starts_with("<!") {
            rest = rest.split_once('>').map_or("", |(_, after)| after);
        } else {
            push_text(&mut pieces, "<");
            rest = &rest[1..];
        }
    }
    push_text(&mut pieces, rest);
    pieces
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(decode(text)));
    }
}

/// The text behind the closing tag, whose contents are no HTML.
fn past<'a>(html: &'a str, name: &str) -> &'a str {
    let close = format!("</{name}");
    html.find(&close).and_then(|at| html[at..].split_once('>')).map_or("", |(_, after)| after)
}

/// The tag whose name begins here, and what follows it.
fn tag(html: &str) -> (Tag, &str) {
    let end = |c: char| c.is_whitespace() || matches!(c, '>' | '/');
    let (name, mut rest) = html.split_at(html.find(end).unwrap_or(html.len()));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            break;
        }
        let end = |c: char| c.is_whitespace() || matches!(c, '>' | '=');
        let (key, after) = rest.split_at(rest.find(end).unwrap_or(rest.len()));
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(after) => attribute_value(after.trim_start()),
            None => ("", after),
        };
        attributes.push((key.to_ascii_lowercase(), decode(value)));
        rest = after;
    }
    let tag = Tag { name: name.to_ascii_lowercase(), attributes };
    (tag, rest.strip_prefix('>').unwrap_or(rest))
}

fn attribute_value(html: &str) -> (&str, &str) {
    match html.chars().next() {
        Some(quote @ ('"' | '\'')) => html[1..].split_once(quote).unwrap_or((&html[1..], "")),
        _ => {
            html.split_at(html.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(html.len()))
        }
    }
}

/// The text with its character references resolved; what is none stays as it is.
fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let reference =
            after.split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
        let (character, after) = reference.unwrap_or(('&', after));
        decoded.push(character);
        rest = after;
    }
    decoded + rest
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16));
        return char::from_u32(code.ok()?);
    }
    let named = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", '\u{a0}'),
        ("hellip", '…'),
    ];
    named.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}

/// Every element of that name with what it encloses.
pub(super) fn sections<'a>(pieces: &'a [Piece], name: &str) -> Vec<(&'a Tag, &'a [Piece])> {
    let mut found = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        if let Piece::Open(tag) = piece
            && tag.name == name
        {
            let inside = &pieces[at + 1..];
            let end = inside
                .iter()
                .position(|piece| matches!(piece, Piece::Close(close) if close == name));
            found.push((tag, &inside[..end.unwrap_or(inside.len())]));
        }
    }
    found
}

pub(super) fn text_of(pieces: &[Piece], between: &str) -> String {
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(between)
}

/// The words of a text, one space between them.
pub(super) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_falls_into_tags_and_text() {
        let html = "<!doctype html><!-- <a> --><A HREF='/x?a=1&amp;b=2' data-x disabled>go &#39;on&#39; \
                    &unknown; &amp;lt;</A><input value=\"a>b\" name=n/><script>if (a<b) {}</script>1 < 2";
        let pieces = pieces(html);
        let Piece::Open(link) = &pieces[0] else { panic!("{pieces:?}") };
        assert_eq!(link.attribute("href"), Some("/x?a=1&b=2"));
        assert_eq!(link.attribute("disabled"), Some(""));
        assert_eq!(pieces[1], Piece::Text("go 'on' &unknown; &lt;".to_owned()));
        assert_eq!(pieces[2], Piece::Close("a".to_owned()));
        let Piece::Open(input) = &pieces[3] else { panic!("{pieces:?}") };
        assert_eq!(input.attribute("value"), Some("a>b"));
        let text: Vec<_> =
            pieces[4..].iter().filter(|piece| matches!(piece, Piece::Text(_))).collect();
        assert_eq!(text.len(), 3, "{text:?}");
    }

    #[test]
    fn half_a_page_is_read_as_far_as_it_goes() {
        for html in
            ["<", "<a", "<a href", "<a href=\"x", "</", "<!--", "&", "&#xzz;", "<script>", "é<é"]
        {
            pieces(html);
        }
    }
}
