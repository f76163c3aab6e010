//! `multipart/related` bodies (RFC 2046 §5.1, RFC 2387).

/// A part: its headers with names in small letters, and its content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    headers: Vec<(String, String)>,
    pub(crate) body: &'a [u8],
}

impl Part<'_> {
    pub(crate) fn content_type(&self) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(name, _)| name == "content-type");
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Splits a body at the boundary that its content type names.
pub(crate) fn parse<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, &'static str> {
    let boundary = boundary(content_type).ok_or("the content type names no boundary")?;
    let marks = delimiters(&boundary, body);
    if !marks.last().is_some_and(|last| last.closes) {
        return Err("the closing boundary is missing");
    }
    marks
        .windows(2)
        .map(|pair| part(body.get(pair[0].end..pair[1].start).unwrap_or_default()))
        .collect()
}

/// The `boundary` parameter, quoted or not, of 1 to 70 characters.
fn boundary(content_type: &str) -> Option<String> {
    let (essence, parameters) = content_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/related") {
        return None;
    }
    let value = parameter(parameters, "boundary")?;
    (1..=70).contains(&value.len()).then_some(value)
}

fn parameter(mut rest: &str, wanted: &str) -> Option<String> {
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after)?;
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after.trim_start().strip_prefix(';')?;
    }
}

fn value(text: &str) -> Option<(String, &str)> {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return Some((text[..end].trim().to_owned(), &text[end..]));
    };
    let (mut value, mut letters) = (String::new(), inner.char_indices());
    loop {
        match letters.next()? {
            (at, '"') => return Some((value, &inner[at + 1..])),
            (_, '\\') => value.push(letters.next()?.1),
            (_, letter) => value.push(letter),
        }
    }
}

/// A delimiter line with the line break before it, which belongs to it.
struct Mark {
    start: usize,
    end: usize,
    closes: bool,
}

/// All delimiters up to the closing one; what follows that is an epilogue.
fn delimiters(boundary: &str, body: &[u8]) -> Vec<Mark> {
    let dashed = format!("--{boundary}");
    let mut marks: Vec<Mark> = Vec::new();
    let mut line = 0;
    loop {
        let rest = &body[line..];
        let length = rest.windows(2).position(|pair| pair == b"\r\n");
        let text = &rest[..length.unwrap_or(rest.len())];
        let next = line + length.map_or(rest.len(), |length| length + 2);
        if let Some(closes) = delimiter(text, dashed.as_bytes()) {
            let floor = marks.last().map_or(0, |mark| mark.end);
            marks.push(Mark { start: line.saturating_sub(2).max(floor), end: next, closes });
            if closes {
                return marks;
            }
        }
        if length.is_none() {
            return marks;
        }
        line = next;
    }
}

/// Whether the line is a delimiter, and then whether it is the closing one.
fn delimiter(line: &[u8], dashed: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(dashed)?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn part(content: &[u8]) -> Result<Part<'_>, &'static str> {
    let (head, body) = split(content).ok_or("a part has no empty line after its headers")?;
    let head = str::from_utf8(head).map_err(|_| "the headers of a part are not text")?;
    let headers =
        head.split("\r\n").filter(|line| !line.is_empty()).map(header).collect::<Option<_>>();
    Ok(Part { headers: headers.ok_or("a header of a part has no colon")?, body })
}

/// The headers and the content, with the empty line between them taken out.
fn split(content: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(body) = content.strip_prefix(b"\r\n") {
        return Some((&[], body));
    }
    let end = content.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((&content[..end], &content[end + 4..]))
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/related; boundary=b";

    #[test]
    fn two_parts_with_preamble_padding_and_epilogue() {
        let body = b"preamble\r\n--b  \r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\n\
            content-type:text/plain\r\n\r\nline\r\n--bb is text\r\n\r\n--b--\r\nepilogue";
        let parts = parse(TYPE, body).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].content_type(), Some("application/json"));
        assert_eq!(parts[0].body, b"{}");
        assert_eq!(parts[1].content_type(), Some("text/plain"));
        assert_eq!(parts[1].body, b"line\r\n--bb is text\r\n");
    }

    #[test]
    fn content_is_kept_byte_for_byte() {
        let content = b"\x00\xff\r\n\r\n--\r\nb--b\n--b";
        let body = [b"--b\r\n\r\n", &content[..], b"\r\n--b--"].concat();
        let parts = parse(TYPE, &body).unwrap();
        assert_eq!(parts[0].body, content);
        assert_eq!(parts[0].content_type(), None);
    }

    #[test]
    fn an_empty_content_is_a_content() {
        let parts = parse(TYPE, b"--b\r\nA: b\r\n\r\n\r\n--b--").unwrap();
        assert_eq!(parts[0].body, b"");
    }

    #[test]
    fn boundaries_may_be_quoted_and_stand_anywhere() {
        let table = [
            ("multipart/related; boundary=abc", Some("abc")),
            ("Multipart/Related; type=\"a;b=c\"; Boundary=\"a b\\\"c\"", Some("a b\"c")),
            ("multipart/related; boundary=abc; type=x", Some("abc")),
            ("multipart/related", None),
            ("multipart/related; boundary=", None),
            ("multipart/related; boundary=\"open", None),
            ("multipart/form-data; boundary=abc", None),
        ];
        for (content_type, expected) in table {
            assert_eq!(boundary(content_type).as_deref(), expected, "{content_type}");
        }
    }

    #[test]
    fn broken_bodies_are_refused() {
        for body in
            ["", "--b\r\nA: b\r\n\r\nx", "--b\r\nA: b\r\n--b--", "--b\r\nno colon\r\n\r\n\r\n--b--"]
        {
            assert!(parse(TYPE, body.as_bytes()).is_err(), "{body:?}");
        }
    }
}
