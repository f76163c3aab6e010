//! The back button, reloads, and addresses that are used twice.

use super::{ADA, CALENDAR, DRIVE, Endpoint, GRACE, somebody};

#[tokio::test]
async fn the_way_back_after_a_consent_breaks_nothing() {
    let (demo, ada) = somebody().await;
    ada.opens("/").await;
    ada.clicks("a[href='/notes']").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.saves("Once").await;
    let mut places = Vec::new();
    for _ in 0..4 {
        ada.goes_back().await;
        ada.sees_nothing_odd().await;
        places.push(ada.chromium.url().await);
    }
    let of_app = |place: &&String| place.starts_with(&demo.origin);
    assert!(places.iter().any(|place| !of_app(&place)), "back at the consent: {places:?}");
    assert!(places.iter().filter(of_app).all(|place| !place.contains("/oauth/")), "{places:?}");
    ada.opens("/notes").await;
    assert_eq!(ada.notes().await, ["Once.txt"]);
    ada.is_signed_in_as(ADA).await;
    assert_eq!(demo.files_of(ADA), ["Once.txt"]);
}

/// The consent page in the history has nothing left to ask, and sends on by itself:
/// the way back ends there once, and then leads out.
#[tokio::test]
async fn the_way_back_to_a_consent_that_was_given_arrives_again() {
    let (demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    ada.opens("/notes").await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;
    let calls = demo.fake.calls(Endpoint::Token);
    ada.goes_back().await;
    ada.arrives_at("/notes").await;
    ada.is_signed_in_as(ADA).await;
    assert_eq!(demo.fake.calls(Endpoint::Token), calls, "the answer was used");
    ada.goes_back().await;
    ada.arrives_at("/").await;
}

/// G11: the way back after a sign-out shows nothing of the person.
#[tokio::test]
async fn the_way_back_after_a_sign_out_shows_nothing() {
    let (_demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    ada.opens("/notes").await;
    ada.grants(&[DRIVE]).await;
    ada.saves("Secret").await;
    ada.signs_out().await;
    ada.goes_back().await;
    ada.is_at_the_provider().await;
    assert!(!ada.chromium.text("body").await.contains("Secret"));
}

/// After a note was saved, no way through the history saves it again.
#[tokio::test]
async fn a_saved_note_is_not_saved_again_by_the_way_back() {
    let (demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    ada.opens("/notes").await;
    ada.grants(&[DRIVE]).await;
    ada.saves("Once").await;
    ada.reloads().await;
    ada.reads_of("Once").await;
    ada.goes_back().await;
    ada.chromium.forward().await;
    ada.reads_of("Once").await;
    ada.reloads().await;
    assert_eq!(ada.notes().await, ["Once.txt"]);
    assert_eq!(demo.files_of(ADA), ["Once.txt"]);
}

/// The list of accounts in the history still works: whoever takes the same one arrives, and
/// whoever takes another one is not signed in by an answer that was used.
#[tokio::test]
async fn an_account_that_is_chosen_again_arrives_again() {
    for email in [ADA, GRACE] {
        let (_demo, person) = somebody().await;
        person.opens("/notes").await;
        person.chooses(ADA).await;
        person.grants(&[DRIVE]).await;
        person.saves("Once").await;
        while !person.chromium.url().await.contains("/auth?") {
            person.goes_back().await;
        }
        person.chooses(email).await;
        if email == GRACE {
            person.grants(&[DRIVE]).await;
        }
        person.arrives_at("/notes").await;
        person.is_signed_in_as(ADA).await;
        assert_eq!(person.notes().await, ["Once.txt"]);
    }
}

#[tokio::test]
async fn a_callback_that_is_loaded_again_arrives_again() {
    let (demo, ada) = somebody().await;
    ada.opens("/notes?sort=name").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes?sort=name").await;
    let callback = ada.last_callback().await;
    let calls = demo.fake.calls(Endpoint::Token);
    for _ in 0..2 {
        ada.opens(&callback).await;
        ada.arrives_at("/notes?sort=name").await;
        ada.is_signed_in_as(ADA).await;
    }
    ada.opens_a_tab(&callback).await;
    ada.arrives_at("/notes?sort=name").await;
    assert_eq!(demo.fake.calls(Endpoint::Token), calls, "a code is sent once");
}

/// A callback is good in the browser that began it, and nowhere else.
#[tokio::test]
async fn a_callback_of_another_browser_is_refused() {
    let (demo, ada) = somebody().await;
    ada.opens("/notes").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.saves("Private").await;
    let callback = ada.last_callback().await;
    let calls = demo.fake.calls(Endpoint::Token);
    let other = ada.somebody_else().await;
    other.opens(&callback).await;
    let page = other.is_told(400).await;
    assert!(!page.contains(ADA), "{page}");
    assert_eq!(demo.fake.calls(Endpoint::Token), calls);
    other.goes_on().await;
    other.arrives_at("/").await;
    other.chromium.wait_for("header a[href^='/oauth/sign-in']").await;
    other.opens("/notes").await;
    other.is_at_the_provider().await;
    ada.reloads().await;
    ada.reads_of("Private").await;
}

/// The page that explains a no is at the callback's own address: a reload shows it again.
#[tokio::test]
async fn a_no_that_is_loaded_again_is_explained_again() {
    let (demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    ada.opens("/week").await;
    ada.grants(&[]).await;
    ada.is_told(403).await;
    let asked = demo.asked();
    ada.reloads().await;
    assert!(ada.is_told(403).await.contains(CALENDAR));
    assert_eq!(demo.asked(), asked);
    ada.goes_on().await;
    ada.is_asked_for(&[CALENDAR]).await;
    ada.cancels().await;
    ada.is_told(403).await;
    ada.reloads().await;
    assert!(ada.is_told(403).await.contains(CALENDAR));
    ada.goes_on().await;
    ada.goes_back().await;
    assert!(ada.is_told(403).await.contains(CALENDAR));
    ada.goes_on().await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
}
