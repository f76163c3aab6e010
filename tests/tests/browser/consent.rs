//! Saying yes: to signing in, to one scope, to the next one.

use oauth_tests::browser::Engine;

use super::{ADA, CALENDAR, DRIVE, Endpoint, somebody, somebody_at};

in_every_engine![
    whoever_signs_in_by_the_link_comes_back_to_the_page,
    a_person_consents_to_one_scope_and_saves_a_note,
    a_second_scope_is_asked_for_alone_and_both_serve_afterwards,
];

async fn whoever_signs_in_by_the_link_comes_back_to_the_page(engine: Engine) {
    let (demo, ada) = somebody_at(engine).await;
    ada.opens("/").await;
    ada.clicks("header a[href^='/oauth/sign-in']").await;
    ada.chooses(ADA).await;
    ada.is_asked_for(&[]).await;
    ada.grants(&[]).await;
    ada.arrives_at("/").await;
    ada.is_signed_in_as(ADA).await;
    assert!(!demo.fake.granted(ADA).contains("drive"), "a sign-in asks for no data");
    ada.opens("/oauth/sign-in?return_to=/").await;
    ada.arrives_at("/").await;
}

async fn a_person_consents_to_one_scope_and_saves_a_note(engine: Engine) {
    let (demo, ada) = somebody_at(engine).await;
    ada.opens("/").await;
    ada.clicks("a[href='/notes']").await;
    ada.chooses(ADA).await;
    ada.is_asked_for(&[DRIVE]).await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;
    ada.writes("Groceries", "milk\nbread").await;
    ada.clicks("main form button").await;
    ada.reads_of("Groceries.txt").await;
    ada.arrives_at("/notes").await;
    let files = demo.fake.drive().files_of(ADA);
    assert_eq!(demo.files_of(ADA), ["Groceries.txt"]);
    assert_eq!(files[0].content, b"milk\r\nbread");
    assert_eq!(demo.fake.calls(Endpoint::Token), 1);
}

async fn a_second_scope_is_asked_for_alone_and_both_serve_afterwards(engine: Engine) {
    let (demo, ada) = somebody_at(engine).await;
    ada.opens("/notes").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;
    ada.opens("/").await;
    ada.clicks("a[href='/week']").await;
    ada.is_asked_for(&[CALENDAR]).await;
    assert!(ada.chromium.text(".account").await.contains(ADA));
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
    assert!(!ada.chromium.text("#events").await.is_empty());
    let asked = demo.asked();
    ada.opens("/notes").await;
    ada.saves("Tickets").await;
    ada.opens("/week").await;
    ada.arrives_at("/week").await;
    assert_eq!(demo.asked(), asked, "nothing is left to ask");
    assert_eq!(demo.files_of(ADA), ["Tickets.txt"]);
}

/// The target is the whole address, with what the page was asked in its query.
#[tokio::test]
async fn a_consent_leads_back_to_the_very_address() {
    let (_demo, ada) = somebody().await;
    ada.opens("/week?from=monday&days=7").await;
    ada.chooses(ADA).await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week?from=monday&days=7").await;
}
