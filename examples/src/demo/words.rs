//! Scopes in the words of the people who grant them.

use oauth_runtime::Scope;

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
        "openid" | "email" | "userinfo.email" | "profile" | "userinfo.profile" => "Signing in",
        "drive.file" => "Notes",
        "calendar.events.readonly" => "This week, and what is next",
        _ => "Not used by this app",
    }
}

/// The name without what nearly all of Google's have in common.
pub(crate) fn short(name: &str) -> &str {
    Scope::find(name).map_or(name, |scope| scope.short_name())
}

/// What nearly all names of Google have in common, where this one has it.
pub(crate) fn common(name: &str) -> &str {
    name.strip_suffix(short(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_it_has_in_common_and_what_is_its_own() {
        let auth = "https://www.googleapis.com/auth/";
        for (before, own) in [(auth, "drive.file"), ("", "openid"), ("", "https://a.example/x")] {
            let name = format!("{before}{own}");
            assert_eq!((common(&name), short(&name)), (before, own));
        }
    }
}
