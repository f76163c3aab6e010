//! Forms that are sent before their scope is there: kept, shown, sent by a click.

use oauth_tests::browser::Engine;

use super::{ADA, DRIVE, GRACE, somebody, somebody_at};

in_every_engine![a_form_of_somebody_signed_out_meanwhile_is_kept_and_sent];

/// The words of the demo's handler that saves.
const WHY: &str = "save this note to your Drive";

/// H2, G14: the demo's pages send `form-action 'self'`, which browsers hold against a whole chain of
/// redirects; every way to the provider is a link.
async fn a_form_of_somebody_signed_out_meanwhile_is_kept_and_sent(engine: Engine) {
    let (demo, ada) = somebody_at(engine).await;
    ada.opens("/notes").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;
    let form = ada.chromium.tab().await;
    ada.writes("Lost", "a line").await;
    ada.opens_a_tab("/").await;
    ada.signs_out().await;
    ada.turns_to(&form).await;
    let asked = demo.asked();
    ada.clicks("main form button").await;
    assert!(ada.is_told(200).await.contains(WHY));
    assert_eq!(demo.asked(), asked, "a form never begins anything by itself");
    ada.goes_on().await;
    ada.chooses(ADA).await;
    ada.chromium.wait_for_text("main", "a line").await;
    assert!(demo.files_of(ADA).is_empty(), "nothing is sent without a click");
    ada.sends().await;
    ada.reads_of("Lost").await;
    assert_eq!(demo.files_of(ADA), ["Lost.txt"]);
    // The way back to the page that sent it, and once more, sends nothing twice. Firefox asks for
    // that page anew.
    ada.goes_back().await;
    if engine != Engine::Firefox {
        ada.sends().await;
    }
    ada.is_told(400).await;
    assert_eq!(demo.files_of(ADA), ["Lost.txt"]);
}

/// The form was Ada's; the session is Grace's by now, who has granted nothing.
#[tokio::test]
async fn a_form_without_its_scope_waits_for_it() {
    let (demo, person) = somebody().await;
    person.opens("/notes?draft=1").await;
    person.chooses(ADA).await;
    person.grants(&[DRIVE]).await;
    person.arrives_at("/notes?draft=1").await;
    let form = person.chromium.tab().await;
    person.writes("Lost", "a line").await;
    person.opens_a_tab("/").await;
    person.signs_out().await;
    person.signs_in_as(GRACE).await;
    person.turns_to(&form).await;
    let asked = demo.asked();
    person.clicks("main form button").await;
    assert!(person.is_told(200).await.contains(WHY));
    assert_eq!(demo.asked(), asked, "a form never begins anything by itself");
    person.goes_on().await;
    person.is_asked_for(&[DRIVE]).await;
    assert!(person.chromium.text(".account").await.contains(GRACE));
    person.grants(&[DRIVE]).await;
    person.chromium.wait_for_text("main", "a line").await;
    assert!(demo.files_of(ADA).is_empty() && demo.files_of(GRACE).is_empty());
    person.sends().await;
    person.reads_of("Lost").await;
    person.is_signed_in_as(GRACE).await;
    assert!(demo.files_of(ADA).is_empty());
    assert_eq!(demo.files_of(GRACE), ["Lost.txt"]);
}
