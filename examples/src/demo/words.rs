//! Scopes in the words of the people who grant them.

/// What a scope allows, or nothing where the demo has no words for it.
pub(crate) fn meaning(name: &str) -> &'static str {
    match short(name) {
        "openid" => "Know that it is you",
        "email" | "userinfo.email" => "See your e-mail address",
        "profile" | "userinfo.profile" => "See your name and picture",
        "drive.file" => "See and change the files that this app made in your Drive, and no others",
        "calendar.events.readonly" => "See the events of your calendars, without changing them",
        _ => "",
    }
}

/// What the demo does with it.
pub(crate) fn purpose(name: &str) -> &'static str {
    match short(name) {
        _ if is_identity(name) => "Signing in",
        "drive.file" => "Notes",
        "calendar.events.readonly" => "This week, and what is next",
        _ => "Not used by this app",
    }
}

/// What nearly all names of Google have in common.
pub(crate) const PREFIX: &str = "https://www.googleapis.com/auth/";

/// The name without that.
pub(crate) fn short(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// What nearly all names have in common, where this one has it.
pub(crate) fn common(name: &str) -> &'static str {
    if name.starts_with(PREFIX) { PREFIX } else { "" }
}

/// Whether the scope says who it is and opens nothing.
pub(crate) fn is_identity(name: &str) -> bool {
    ["openid", "email", "profile", "userinfo.email", "userinfo.profile"].contains(&short(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_that_the_demo_asks_for_has_words() {
        for name in ["openid", "email", "profile", "drive.file", "calendar.events.readonly"] {
            assert_ne!(meaning(name), "", "{name}");
            assert_ne!(purpose(&format!("{PREFIX}{name}")), purpose("another"), "{name}");
        }
        assert_eq!(meaning("https://example.com/auth/drive.file"), "");
    }
}
