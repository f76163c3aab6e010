//! What the macros write, as a reader would see it, so that every change of it is looked at.
//!
//! `INSTA_UPDATE=always cargo test -p oauth-macros expansions` writes the snapshots anew.

use proc_macro2::TokenStream;

use crate::{handler, own, set};

/// The code as `rustfmt` would have it.
fn pretty(output: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(output).unwrap())
}

fn attribute(arguments: &str, item: &str) -> String {
    pretty(handler::expand(arguments.parse().unwrap(), &item.parse().unwrap()))
}

#[test]
fn a_handler_with_a_token() {
    let item = "/// Saves.\npub async fn save(token: Token, Form(note): Form<Note>) -> String { note.text }";
    insta::assert_snapshot!(attribute("\"drive.file\", why = \"save your note\"", item));
}

#[test]
fn a_handler_without_a_token_under_a_condition() {
    let item = "#[cfg(unix)] #[tracing::instrument] async fn r#type() {}";
    insta::assert_snapshot!(attribute("\"tasks\", resume = \"never\"", item));
}

#[test]
fn a_handler_with_choices() {
    let arguments =
        "any(\"calendar.events\", \"calendar.readonly\"), my::Bills, optional(scope::Contacts)";
    insta::assert_snapshot!(attribute(arguments, "async fn week(token: Token) {}"));
}

#[test]
fn a_handler_with_type_parameters_and_a_condition() {
    let item =
        "async fn f<'a, T: A<'a>, const N: usize>(#[cfg(x)] token: Token, b: B<T>) where T: C {}";
    insta::assert_snapshot!(attribute("\"tasks\"", item));
}

#[test]
fn a_handler_with_mistakes() {
    insta::assert_snapshot!(attribute("\"drive.fil\", wy = \"x\"", "async fn f(token: Token) {}"));
}

#[test]
fn a_set() {
    let input = "pub Backup(crate = rt) = \"drive.file\", \"https://api.example.com/x\"";
    insta::assert_snapshot!(pretty(set::expand(input.parse().unwrap())));
}

#[test]
fn a_scope_of_the_apps_own() {
    let input = "/// Bills.\npub Bills = \"https://api.example.com/auth/bills\"";
    insta::assert_snapshot!(pretty(own::expand(input.parse().unwrap())));
}
