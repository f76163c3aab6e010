//! JSON objects from a provider, read without second guesses.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads one object in which no name occurs twice, at any depth.
///
/// Two parsers that disagree on which of two members counts are a way around any check
/// (RFC 8725 §2.4), and a derived `Deserialize` alone would take a list for an object.
pub(super) fn object<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice::<Unique>(bytes).ok().filter(|read| read.is_object)?;
    serde_json::from_slice(bytes).ok()
}

/// For a member that may be absent, but not null.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// For a member that nothing depends on: of another type it counts as absent.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Any<T> {
        Wanted(T),
        Other(IgnoredAny),
    }
    Ok(match Any::deserialize(deserializer)? {
        Any::Wanted(value) => Some(value),
        Any::Other(IgnoredAny) => None,
    })
}

/// A value whose objects have unique names; what it holds is not kept.
struct Unique {
    is_object: bool,
}

const OTHER: Unique = Unique { is_object: false };

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(OTHER)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(OTHER)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(OTHER)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(OTHER)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(OTHER)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(OTHER)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unique, A::Error> {
        while list.next_element::<Unique>()?.is_some() {}
        Ok(OTHER)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, _)) = members.next_entry::<String, Unique>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(Unique { is_object: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wire {
        a: String,
        #[serde(default, deserialize_with = "present")]
        b: Option<u8>,
        #[serde(default, deserialize_with = "lenient")]
        c: Option<bool>,
    }

    fn read(text: &str) -> Option<(Option<u8>, Option<bool>)> {
        object::<Wire>(text.as_bytes()).map(|wire| (wire.b, wire.c))
    }

    #[test]
    fn only_one_object_with_unique_names_is_read() {
        assert_eq!(read(r#" {"a":"x","d":[{"e":1},{"e":-1.5},null,true]} "#), Some((None, None)));
        for text in [
            "",
            "null",
            "<html>",
            "a=x",
            r#""a""#,
            r#"["x"]"#,
            r#"["x",1,true]"#,
            r#"[{"a":"x"}]"#,
            r#"{"a":"x"} {}"#,
            r#"{"a":"x","a":"x"}"#,
            r#"{"a":"x","\u0061":"y"}"#,
            r#"{"a":"x","z":1,"z":2}"#,
            r#"{"a":"x","z":{"b":1,"b":2}}"#,
            r#"{"a":"x","z":[{"b":1,"b":2}]}"#,
            r#"{"a":"x","z":1e400}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(object::<Wire>(b"{\"a\":\"\xff\"}").is_none());
        let deep = format!(r#"{{"a":"x","z":{}"#, "[".repeat(100_000));
        assert_eq!(read(&deep), None);
    }

    #[test]
    fn what_may_be_absent_may_be_wrong_only_where_nothing_depends_on_it() {
        let cases = [
            (r#"{"a":"x","b":7,"c":true}"#, Some((Some(7), Some(true)))),
            (r#"{"a":"x","b":null}"#, None),
            (r#"{"a":"x","b":"7"}"#, None),
            (r#"{"a":"x","c":null}"#, Some((None, None))),
            (r#"{"a":"x","c":{"d":[]}}"#, Some((None, None))),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
