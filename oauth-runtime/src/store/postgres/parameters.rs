//! The parameters of a URL.

use url::Url;
use zeroize::Zeroizing;

use super::super::remote::malformed;
use super::PRODUCT;
use crate::error::Error;
use crate::shown;

/// Those that sqlx reads.
const KNOWN: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// The URL without the parameters that sqlx would not read: it logs them with their values, and
/// behind a misspelt name a password may stand.
pub(super) fn without_unknown_parameters(url: &str) -> Result<Zeroizing<String>, Error> {
    // What the parser says of it is left out: any part may be the password.
    let mut parsed = Url::parse(url).map_err(|_| malformed(PRODUCT))?;
    let pairs = parsed.query_pairs().into_owned();
    let (known, unknown): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| is_known(name));
    if unknown.is_empty() {
        return Ok(Zeroizing::new(url.to_owned()));
    }
    for (name, _) in &unknown {
        let name = shown::name(name);
        tracing::warn!(name, "a parameter of the store's URL is not known and is passed over");
    }
    parsed.set_query(None);
    if !known.is_empty() {
        parsed.query_pairs_mut().extend_pairs(&known);
    }
    Ok(Zeroizing::new(String::from(parsed)))
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name) || name.starts_with("options[")
}

#[cfg(test)]
mod tests {
    use super::without_unknown_parameters;

    #[test]
    fn what_is_not_known_is_left_out_with_its_value() {
        for (url, expected) in [
            ("postgres://a:b@h/d", "postgres://a:b@h/d"),
            ("postgres://h/d?sslmode=require", "postgres://h/d?sslmode=require"),
            ("postgres://h/d?options[a]=b", "postgres://h/d?options[a]=b"),
            ("postgres://h/d?pasword=fake", "postgres://h/d"),
            ("postgres://h/d?x=fake&sslmode=require&y=1", "postgres://h/d?sslmode=require"),
        ] {
            assert_eq!(*without_unknown_parameters(url).unwrap(), expected);
        }
        let error = without_unknown_parameters("postgres://app:fake").unwrap_err();
        assert!(!format!("{error:?}").contains("fake"), "{error:?}");
    }
}
