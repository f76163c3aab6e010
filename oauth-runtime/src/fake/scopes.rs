//! Scope names as Google's consent screen knows them.

use std::collections::BTreeSet;

/// Scopes by their long names.
pub(crate) type Scopes = BTreeSet<String>;

pub(crate) const OPENID: &str = "openid";
pub(crate) const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
pub(crate) const PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";

const PREFIX: &str = "https://www.googleapis.com/auth/";
/// Old names, and what the answer calls them.
const RENAMED: [(&str, &str); 4] = [
    ("email", EMAIL),
    ("profile", PROFILE),
    ("https://www.google.com/m8/feeds", "https://www.googleapis.com/auth/contacts"),
    ("https://www.google.com/calendar/feeds", "https://www.googleapis.com/auth/calendar"),
];
const OUTSIDE_THE_PREFIX: [&str; 2] = [OPENID, "https://mail.google.com/"];

/// The name that a token response uses, or `None` for what Google calls an invalid scope.
pub(crate) fn canonical(name: &str) -> Option<&str> {
    if let Some((_, long)) = RENAMED.iter().find(|(old, _)| *old == name) {
        return Some(long);
    }
    let known = OUTSIDE_THE_PREFIX.contains(&name)
        || name.strip_prefix(PREFIX).is_some_and(|short| !short.is_empty() && is_plain(short));
    known.then_some(name)
}

fn is_plain(short: &str) -> bool {
    short.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}

/// The long name of a short one such as `drive.file`, for grants that a test writes down.
pub(crate) fn long(name: &str) -> String {
    canonical(name).map_or_else(|| format!("{PREFIX}{name}"), str::to_owned)
}

/// What a `scope` parameter asks for, or the names in it that are not scopes.
pub(crate) fn parse(text: &str) -> Result<Scopes, Vec<String>> {
    let names = || text.split(' ').filter(|name| !name.is_empty());
    let unknown: Vec<_> = names().filter(|name| canonical(name).is_none()).collect();
    if !unknown.is_empty() {
        return Err(unknown.into_iter().map(str::to_owned).collect());
    }
    Ok(with_openid(names().filter_map(canonical).map(str::to_owned).collect()))
}

/// Google adds `openid` to whoever asks for an identity.
pub(crate) fn with_openid(mut scopes: Scopes) -> Scopes {
    if scopes.contains(EMAIL) || scopes.contains(PROFILE) {
        scopes.insert(OPENID.to_owned());
    }
    scopes
}

/// Whether the scope belongs to signing in, so that the consent page gives it no checkbox.
pub(crate) fn is_base(long: &str) -> bool {
    [OPENID, EMAIL, PROFILE].contains(&long)
}

/// The `scope` of an answer. Its order is nobody's: not that of the request.
pub(crate) fn join(scopes: &Scopes) -> String {
    scopes.iter().rev().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// What the consent page says about a scope; its name where nothing better is known.
pub(crate) fn describe(long: &str) -> &str {
    match long.strip_prefix(PREFIX) {
        Some("userinfo.email") => "Your e-mail address",
        Some("userinfo.profile") => "Your name and your picture",
        Some("drive") => "See, edit, create and delete all of your Drive files",
        Some("drive.file") => {
            "See, edit, create and delete only the Drive files used with this app"
        }
        Some("drive.readonly") => "See and download all your Drive files",
        Some("drive.metadata") => "See and manage the names and properties of your Drive files",
        Some("drive.metadata.readonly") => "See the names and properties of your Drive files",
        Some("drive.appdata") => "See and keep this app's own settings in your Drive",
        Some("calendar") => "See, edit, share and delete all your calendars",
        Some("calendar.readonly") => "See and download all your calendars",
        Some("calendar.events") => "See and edit the events of all your calendars",
        Some("calendar.events.readonly") => "See the events of all your calendars",
        Some("contacts") => "See, edit and delete your contacts",
        Some("contacts.readonly") => "See and download your contacts",
        Some("gmail.readonly") => "Read your mail and its settings",
        Some("gmail.send") => "Send mail in your name",
        Some("gmail.metadata") => "See the labels and headers of your mail, not its text",
        Some("spreadsheets") => "See, edit, create and delete all your spreadsheets",
        Some("spreadsheets.readonly") => "See all your spreadsheets",
        Some("documents") => "See, edit, create and delete all your documents",
        Some("tasks") => "Create, edit and delete all your tasks",
        Some("documents.readonly") => "See all your documents",
        Some("presentations") => "See, edit, create and delete all your presentations",
        Some("presentations.readonly") => "See all your presentations",
        Some("forms.body") => "See, edit, create and delete all your forms",
        Some("tasks.readonly") => "See all your tasks",
        Some("gmail.modify") => "Read, write and sort your mail, without deleting it for good",
        Some("gmail.compose") => "Write drafts and send mail in your name",
        Some("gmail.labels") => "See and change the labels of your mail",
        Some("photoslibrary.readonly") => "See your photo library",
        Some("youtube.readonly") => "See your YouTube account",
        _ if long == OPENID => "That it is you, by a number that stays the same",
        _ if long == "https://mail.google.com/" => "Read, write, send and delete all your mail",
        _ => long,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_answered_in_long_names_with_openid_and_in_another_order() {
        let asked = "email https://www.googleapis.com/auth/drive.file";
        assert_eq!(
            join(&parse(asked).unwrap()),
            "openid https://www.googleapis.com/auth/userinfo.email \
             https://www.googleapis.com/auth/drive.file"
        );
    }

    #[test]
    fn old_names_are_renamed() {
        let contacts = "https://www.googleapis.com/auth/contacts";
        assert_eq!(canonical("https://www.google.com/m8/feeds"), Some(contacts));
    }

    #[test]
    fn what_is_no_scope_is_named() {
        let bad = [
            "drive.file",
            "https://example.com/auth/x",
            PREFIX,
            "https://www.googleapis.com/auth/a\"b",
        ];
        for name in bad {
            assert_eq!(parse(&format!("openid {name}")), Err(vec![name.to_owned()]), "{name}");
        }
    }

    #[test]
    fn short_names_become_long_ones() {
        assert_eq!(long("drive.file"), "https://www.googleapis.com/auth/drive.file");
        assert_eq!(long("email"), EMAIL);
        assert_eq!(long("https://mail.google.com/"), "https://mail.google.com/");
    }
}
