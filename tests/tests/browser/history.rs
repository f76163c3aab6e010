//! The back button, reloads, and addresses that are used twice.

use super::{ADA, CALENDAR, DRIVE, somebody};

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

/// The consent page is still open in the history, and its button still works.
#[tokio::test]
async fn a_consent_that_is_given_twice_arrives_twice() {
    let (demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    ada.opens("/notes").await;
    ada.is_asked_for(&[DRIVE]).await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;
    ada.goes_back().await;
    ada.is_at_the_provider().await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;
    ada.is_signed_in_as(ADA).await;
    ada.saves("Once").await;
    ada.goes_back().await;
    ada.reloads().await;
    ada.opens("/notes").await;
    assert_eq!(ada.notes().await, ["Once.txt"]);
    assert_eq!(demo.files_of(ADA), ["Once.txt"]);
}

#[tokio::test]
async fn a_callback_that_is_loaded_again_arrives_again() {
    let (demo, ada) = somebody().await;
    ada.opens("/notes?sort=name").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes?sort=name").await;
    let callback = ada.last_callback().await;
    let calls = demo.fake.calls(super::Endpoint::Token);
    for _ in 0..2 {
        ada.opens(&callback).await;
        ada.arrives_at("/notes?sort=name").await;
        ada.is_signed_in_as(ADA).await;
    }
    ada.opens_a_tab(&callback).await;
    ada.arrives_at("/notes?sort=name").await;
    assert_eq!(demo.fake.calls(super::Endpoint::Token), calls, "a code is sent once");
}

/// A callback is good in the browser that began it, and nowhere else: not even before its use.
#[tokio::test]
async fn a_callback_of_another_browser_is_refused() {
    let (demo, ada) = somebody().await;
    ada.opens("/notes").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.saves("Private").await;
    let callback = ada.last_callback().await;
    let own = ada.chromium.tab().await;
    ada.chromium.open_profile().await;
    let calls = demo.fake.calls(super::Endpoint::Token);
    ada.opens(&callback).await;
    let page = ada.is_told(400).await;
    assert!(!page.contains(ADA), "{page}");
    assert_eq!(demo.fake.calls(super::Endpoint::Token), calls);
    ada.goes_on().await;
    ada.arrives_at("/").await;
    ada.chromium.wait_for("header a[href^='/oauth/sign-in']").await;
    ada.opens("/notes").await;
    ada.is_at_the_provider().await;
    ada.turns_to(&own).await;
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
