//! Saying no: leaving a box empty, cancelling. Nobody is sent round, and everybody finds on.

use super::{ADA, CALENDAR, DRIVE, somebody};
use crate::support::App;

use super::person::Person;

/// The words of the demo's handler for the week.
const WHY: &str = "show what is in your calendar this week";

#[tokio::test]
async fn an_unticked_scope_is_explained_once_and_granted_later() {
    let (demo, ada) = somebody().await;
    ada.opens("/week").await;
    ada.chooses(ADA).await;
    ada.grants(&[]).await;
    let page = ada.is_told(403).await;
    assert!(page.contains(CALENDAR) && page.contains(WHY), "{page}");
    let asked = demo.asked();
    for _ in 0..2 {
        ada.opens("/week").await;
        let page = ada.is_told(403).await;
        assert!(page.contains(CALENDAR) && page.contains(WHY), "{page}");
    }
    assert_eq!(demo.asked(), asked, "nobody was sent to the provider again");
    ada.opens("/").await;
    ada.is_signed_in_as(ADA).await;
    ada.opens("/week").await;
    ada.goes_on().await;
    ada.is_asked_for(&[CALENDAR]).await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
    assert!(!ada.chromium.text("#events").await.is_empty());
}

#[tokio::test]
async fn a_declined_scope_takes_nothing_else_away() {
    let (demo, ada) = somebody().await;
    ada.opens("/notes").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    ada.saves("Kept").await;
    ada.opens("/week").await;
    ada.grants(&[]).await;
    ada.is_told(403).await;
    ada.goes_the_other_way().await;
    ada.arrives_at("/").await;
    ada.opens("/notes").await;
    ada.arrives_at("/notes").await;
    assert_eq!(ada.notes().await, ["Kept.txt"]);
    assert!(demo.fake.granted(ADA).contains(DRIVE));
}

#[tokio::test]
async fn of_two_scopes_the_page_names_the_one_that_was_left_out() {
    let app = App::start().await;
    let ada = Person::at(&app.origin).await;
    ada.opens("/both").await;
    ada.chooses(ADA).await;
    ada.grants(&[DRIVE]).await;
    let page = ada.is_told(403).await;
    assert!(page.contains(CALENDAR) && !page.contains(DRIVE), "{page}");
    ada.opens("/both").await;
    let page = ada.is_told(403).await;
    assert!(page.contains(CALENDAR) && !page.contains(DRIVE), "{page}");
    ada.goes_on().await;
    ada.is_asked_for(&[CALENDAR]).await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/both").await;
    assert_eq!(ada.chromium.text("body").await, "both");
}

#[tokio::test]
async fn whoever_cancels_stays_signed_in_and_is_asked_again_on_a_click_only() {
    let (demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    ada.opens("/week").await;
    for _ in 0..2 {
        ada.cancels().await;
        let page = ada.is_told(403).await;
        assert!(page.contains(WHY), "{page}");
        let asked = demo.asked();
        ada.opens("/week").await;
        assert!(ada.is_told(403).await.contains(CALENDAR));
        assert_eq!(demo.asked(), asked, "nobody was sent to the provider again");
        ada.goes_the_other_way().await;
        ada.arrives_at("/").await;
        ada.is_signed_in_as(ADA).await;
        ada.opens("/week").await;
        ada.goes_on().await;
        ada.is_asked_for(&[CALENDAR]).await;
    }
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
}

/// Nobody is signed in yet: each of the two pages of the provider can be left.
#[tokio::test]
async fn whoever_cancels_before_signing_in_finds_a_way_back_and_a_way_on() {
    let (demo, ada) = somebody().await;
    ada.opens("/week").await;
    ada.cancels().await;
    assert!(ada.is_told(403).await.contains(WHY));
    ada.goes_the_other_way().await;
    ada.arrives_at("/").await;
    ada.chromium.wait_for("header a[href^='/oauth/sign-in']").await;
    let asked = demo.asked();
    ada.opens("/week").await;
    ada.is_told(403).await;
    assert_eq!(demo.asked(), asked, "nobody is sent to the provider again by himself");
    ada.goes_on().await;
    ada.chooses(ADA).await;
    ada.is_asked_for(&[CALENDAR]).await;
    ada.cancels().await;
    ada.is_told(403).await;
    ada.goes_on().await;
    ada.chooses(ADA).await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
    ada.is_signed_in_as(ADA).await;
}
