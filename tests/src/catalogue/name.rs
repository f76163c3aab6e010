//! The three names of a scope: the full one, the short one, and that of its marker type.

/// What the full names of nearly all scopes begin with; the rest is the short name.
const PREFIX: &str = "https://www.googleapis.com/auth/";

/// The full names that no `://` tells from short ones.
const BARE: [&str; 3] = ["email", "openid", "profile"];

/// The short name where there is one, else the full name.
pub(super) fn short(full: &str) -> &str {
    full.strip_prefix(PREFIX).unwrap_or(full)
}

/// The full name of a scope that is called by either.
pub(super) fn full(name: &str) -> String {
    if name.contains("://") || BARE.contains(&name) {
        name.to_owned()
    } else {
        format!("{PREFIX}{name}")
    }
}

/// What the macros call the type of a scope: `drive.file` is `DriveFile`.
pub(super) fn type_name(short: &str) -> String {
    let name = short.trim_start_matches("https://").trim_start_matches("www.");
    name.split(|letter: char| !letter.is_ascii_alphanumeric()).map(capitalized).collect()
}

/// Whether Rust takes it for a type: `Self` is a keyword, and a type begins with a letter.
pub(super) fn is_type_name(name: &str) -> bool {
    name != "Self" && name.starts_with(|letter: char| letter.is_ascii_uppercase())
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_one_full_name_and_the_short_one_leads_back_to_it() {
        for (full_name, short_name, type_of) in [
            ("https://www.googleapis.com/auth/drive.file", "drive.file", "DriveFile"),
            ("https://mail.google.com/", "https://mail.google.com/", "MailGoogleCom"),
            (
                "https://www.google.com/m8/feeds",
                "https://www.google.com/m8/feeds",
                "GoogleComM8Feeds",
            ),
            ("https://www.googleapis.com/auth/a_b-c/d", "a_b-c/d", "ABCD"),
            ("openid", "openid", "Openid"),
            ("email", "email", "Email"),
        ] {
            assert_eq!(short(full_name), short_name);
            assert_eq!(full(short_name), full_name);
            assert_eq!(full(full_name), full_name);
            assert_eq!(type_name(short_name), type_of);
        }
    }

    #[test]
    fn what_rust_takes_for_no_type_is_found() {
        assert!(is_type_name("Openid"));
        for name in ["", "Self", "3dPrint", "ünicode"] {
            assert!(!is_type_name(name), "{name}");
        }
    }
}
