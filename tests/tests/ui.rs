//! What the compiler says of a handler: the texts of the mistakes, and the shapes that are none.

/// Each file of `fail` makes the mistake that its name tells, and its `.stderr` is the answer;
/// each file of `pass` compiles without a warning, under the strictest lints.
///
/// `TRYBUILD=overwrite cargo test -p oauth-tests ui::` writes the answers anew.
#[test]
fn every_mistake_gets_its_answer_and_every_shape_of_handler_compiles() {
    if !oauth_tests::ui_compiler_matches() {
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/fail/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}
