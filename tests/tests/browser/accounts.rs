//! Two accounts in one browser, whose data never mix; and signing out.

use super::{ADA, CALENDAR, DRIVE, Endpoint, GRACE, Person, Served, somebody};

/// Both have a note; Ada is signed in, and met at the provider by a slip of the hand as Grace.
async fn a_mix_up() -> (Served, Person) {
    let (demo, person) = somebody().await;
    for (email, note) in [(GRACE, "Compilers"), (ADA, "Engines")] {
        person.opens("/notes").await;
        person.chooses(email).await;
        person.grants(&[DRIVE]).await;
        person.saves(note).await;
        if email == GRACE {
            person.signs_out().await;
        }
    }
    person.opens("/week").await;
    person.is_asked_for(&[CALENDAR]).await;
    person.wants_another_account().await;
    person.chooses(GRACE).await;
    person.grants(&[CALENDAR]).await;
    let page = person.is_told(409).await;
    assert!(page.contains(ADA) && page.contains(GRACE), "{page}");
    (demo, person)
}

#[tokio::test]
async fn whoever_chose_the_other_account_goes_on_as_the_first() {
    let (demo, person) = a_mix_up().await;
    person.goes_on().await;
    person.chooses(ADA).await;
    person.is_asked_for(&[CALENDAR]).await;
    person.grants(&[CALENDAR]).await;
    person.arrives_at("/week").await;
    person.is_signed_in_as(ADA).await;
    person.opens("/notes").await;
    person.is_signed_in_as(ADA).await;
    assert_eq!(person.notes().await, ["Engines.txt"]);
    person.saves("Looms").await;
    assert_eq!(demo.files_of(ADA), ["Engines.txt", "Looms.txt"]);
    assert_eq!(demo.files_of(GRACE), ["Compilers.txt"]);
}

#[tokio::test]
async fn whoever_chose_the_other_account_switches_to_it() {
    let (demo, person) = a_mix_up().await;
    person.goes_the_other_way().await;
    person.chooses(GRACE).await;
    person.arrives_at("/week").await;
    person.is_signed_in_as(GRACE).await;
    person.opens("/notes").await;
    person.is_signed_in_as(GRACE).await;
    assert_eq!(person.notes().await, ["Compilers.txt"]);
    person.saves("Bugs").await;
    assert_eq!(demo.files_of(GRACE), ["Compilers.txt", "Bugs.txt"]);
    assert_eq!(demo.files_of(ADA), ["Engines.txt"]);
}

/// Until one of the two ways is taken, nothing of the other account is there.
#[tokio::test]
async fn a_mix_up_that_is_left_alone_changes_nothing() {
    let (_demo, person) = a_mix_up().await;
    person.opens("/notes").await;
    person.is_signed_in_as(ADA).await;
    assert_eq!(person.notes().await, ["Engines.txt"]);
    // He was at the provider for this a moment ago: from now on it takes a click.
    person.opens("/week").await;
    person.is_told(403).await;
    person.goes_on().await;
    person.is_asked_for(&[CALENDAR]).await;
    assert!(person.chromium.text(".account").await.contains(ADA));
}

/// The page is at the callback's own address, and its answer was used: a reload leads out.
#[tokio::test]
async fn a_mix_up_that_is_loaded_again_says_what_is_missing() {
    let (demo, person) = a_mix_up().await;
    let calls = demo.fake.calls(Endpoint::Token);
    let asked = demo.asked();
    person.reloads().await;
    person.is_told(403).await;
    assert_eq!(demo.asked(), asked, "nobody is sent round and round");
    assert_eq!(demo.fake.calls(Endpoint::Token), calls, "a code is sent once");
    person.opens("/notes").await;
    person.is_signed_in_as(ADA).await;
    assert_eq!(person.notes().await, ["Engines.txt"]);
}

/// The choice of a mix-up is not final: whoever picks the wrong one again is told again.
#[tokio::test]
async fn a_mix_up_can_happen_twice() {
    let (_demo, person) = a_mix_up().await;
    person.goes_on().await;
    person.chooses(GRACE).await;
    let page = person.is_told(409).await;
    assert!(page.contains(ADA) && page.contains(GRACE), "{page}");
    person.goes_on().await;
    person.chooses(ADA).await;
    person.grants(&[CALENDAR]).await;
    person.arrives_at("/week").await;
    person.is_signed_in_as(ADA).await;
}

#[tokio::test]
async fn a_sign_out_ends_the_session_in_every_tab() {
    let (demo, ada) = somebody().await;
    ada.opens("/notes").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.saves("Private").await;
    let first = ada.chromium.tab().await;
    let second = ada.opens_a_tab("/notes").await;
    ada.reads_of("Private").await;
    ada.turns_to(&first).await;
    ada.signs_out().await;
    ada.arrives_at("/").await;

    ada.turns_to(&second).await;
    ada.reloads().await;
    ada.is_at_the_provider().await;
    ada.turns_to(&first).await;
    ada.goes_back().await;
    ada.is_at_the_provider().await;
    assert!(demo.fake.granted(ADA).contains(DRIVE), "a sign-out takes no grant back");

    ada.chooses(ADA).await;
    ada.arrives_at("/notes").await;
    assert_eq!(ada.notes().await, ["Private.txt"]);
}

/// What was begun before a sign-out does not sign anybody in afterwards.
#[tokio::test]
async fn a_sign_out_ends_what_another_tab_had_begun() {
    let (_demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    let first = ada.chromium.tab().await;
    let second = ada.opens_a_tab("/week").await;
    ada.is_asked_for(&[CALENDAR]).await;
    ada.turns_to(&first).await;
    ada.signs_out().await;
    ada.turns_to(&second).await;
    ada.grants(&[CALENDAR]).await;
    ada.is_told(400).await;
    ada.goes_on().await;
    ada.arrives_at("/").await;
    ada.chromium.wait_for("header a[href^='/oauth/sign-in']").await;
}

/// The page about the account leads to each end: of the access, and of every session.
#[tokio::test]
async fn the_account_page_leads_to_the_end_of_the_access_and_of_all_sessions() {
    let (demo, ada) = somebody().await;
    ada.opens("/notes").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;
    ada.opens("/access").await;
    ada.clicks("a[href^='/oauth/account']").await;
    ada.chromium.wait_for("a[href^='/oauth/disconnect']").await;
    ada.sees_nothing_odd().await;
    assert!(ada.chromium.text("main").await.contains("drive.file"));
    ada.clicks("a[href^='/oauth/disconnect']").await;
    ada.clicks("form[action^='/oauth/disconnect'] button").await;
    ada.chromium.wait_for("main nav a").await;
    assert_eq!(demo.fake.granted(ADA), "");
    ada.opens("/oauth/account").await;
    assert!(!ada.chromium.text("main").await.contains("drive.file"));
    ada.clicks("form[action^='/oauth/sign-out-everywhere'] button").await;
    ada.chromium.wait_for("main nav a").await;
    ada.opens("/notes").await;
    ada.is_at_the_provider().await;
}
