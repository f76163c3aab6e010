//! What an API says in `WWW-Authenticate` about the bearer token that it got.

use http::{HeaderMap, header};

/// No challenge has as many parameters.
const MOST: usize = 32;

/// The parameters of the challenges for a bearer token (RFC 9110 §11.6.1, RFC 6750 §3), each with
/// its name in lower case. What is no challenge is passed over.
pub(super) struct Challenge(Vec<(String, String)>);

impl Challenge {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut found = Vec::new();
        for value in headers.get_all(header::WWW_AUTHENTICATE) {
            read(&String::from_utf8_lossy(value.as_bytes()), &mut found);
        }
        Self(found)
    }

    /// Each value of a parameter.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| &**value)
    }
}

fn read(text: &str, found: &mut Vec<(String, String)>) {
    let (mut rest, mut is_bearer, mut begins) = (text, false, true);
    while found.len() < MOST {
        let before = rest;
        rest = rest.trim_start_matches([' ', '\t', ',']);
        begins |= before[..before.len() - rest.len()].contains(',');
        let end = rest.find([' ', '\t', ',', '=', '"']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if let Some(value) = after.trim_start().strip_prefix('=').filter(|_| !word.is_empty()) {
            let (value, after) = value_of(value.trim_start());
            if is_bearer {
                found.push((word.to_ascii_lowercase(), value));
            }
            rest = after;
        } else if word.is_empty() {
            // A sign that belongs to nothing.
            let mut signs = rest.chars();
            if signs.next().is_none() {
                return;
            }
            rest = signs.as_str();
        } else {
            // Behind a value without quotes it is no scheme, but the rest of that value.
            if begins {
                is_bearer = word.eq_ignore_ascii_case("bearer");
            }
            rest = after;
        }
        begins = false;
    }
}

/// A value with quotes or, as some servers send it, without, and what comes after it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut signs) = (String::new(), quoted.chars());
    loop {
        match signs.next() {
            Some('\\') => value.extend(signs.next()),
            Some('"') | None => return (value, signs.as_str()),
            Some(sign) => value.push(sign),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn challenge(values: &[&str]) -> Challenge {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(header::WWW_AUTHENTICATE, value);
        }
        Challenge::of(&headers)
    }

    #[test]
    fn parameters_are_read_in_each_form_that_servers_write_them_in() {
        const LACKS: &str = "insufficient_scope";
        for (values, error, scope) in [
            (&["Bearer error=\"insufficient_scope\", scope=\"a b\""][..], Some(LACKS), Some("a b")),
            (&["bearer ERROR=insufficient_scope"], Some(LACKS), None),
            (&["Bearer realm=\"x, y\",error = \"insufficient_scope\""], Some(LACKS), None),
            (&["Bearer scope=a b, error=insufficient_scope"], Some(LACKS), Some("a")),
            (&["Basic realm=\"x\", Bearer error=\"insufficient_scope\""], Some(LACKS), None),
            (&["Negotiate YIIJ==", "Bearer error=\"insufficient_scope\""], Some(LACKS), None),
            (
                &["Bearer realm=\"a \\\"b\\\" c\", error=\"invalid_token\""],
                Some("invalid_token"),
                None,
            ),
            (&["Bearer"], None, None),
            (&["Bearer realm=\"\", error=\"insufficient_scope"], Some(LACKS), None),
            (&["Bearer error_description=\"error=insufficient_scope\""], None, None),
            (&["Bearer realm=\"x\", Basic error=\"insufficient_scope\""], None, None),
            (&["Basic realm=\"insufficient_scope\""], None, None),
            (&["BearerError error=\"insufficient_scope\""], None, None),
            (&[",, =\"=, Bearer ,error=\"insufficient_scope\","], Some(LACKS), None),
            (&[""], None, None),
        ] {
            let read = challenge(values);
            assert_eq!(read.all("error").next(), error, "{values:?}");
            assert_eq!(read.all("scope").next(), scope, "{values:?}");
        }
    }

    #[test]
    fn a_header_without_an_end_is_read_to_a_bound() {
        let many = format!("Bearer {}", "a=b, ".repeat(9999));
        assert_eq!(challenge(&[&many]).all("a").count(), MOST);
        assert_eq!(challenge(&["Bearer error=\"\u{fc}\""]).all("error").next(), Some("ü"));
    }
}
