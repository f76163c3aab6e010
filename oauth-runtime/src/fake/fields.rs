//! The parameters of a query or a form, in their order.

/// Decoded name-value pairs; names may repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The first value of that name, unless it is empty: an empty parameter is an absent one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        (!value.is_empty()).then_some(value)
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first name that occurs twice; no OAuth parameter may (RFC 6749 §3.1, §3.2).
    pub(crate) fn repeated(&self) -> Option<&str> {
        let mut names = self.0.iter().map(|(name, _)| name.as_str());
        names.find(|name| self.all(name).count() > 1)
    }

    pub(crate) fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn empty_values_count_as_absent_and_repetitions_are_found() {
        let fields = Fields::parse(b"a=1&b=&a=2&c=x+y%21");
        assert_eq!(fields.get("a"), Some("1"));
        assert_eq!(fields.get("b"), None);
        assert_eq!(fields.get("c"), Some("x y!"));
        assert_eq!(fields.repeated(), Some("a"));
        assert_eq!(Fields::parse(b"a=1&b=2").repeated(), None);
    }
}
