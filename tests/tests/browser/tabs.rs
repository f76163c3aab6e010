//! Several tabs of one browser, which begin and finish in whatever order.

use super::{ADA, CALENDAR, DRIVE, GRACE, somebody};

#[tokio::test]
async fn two_tabs_that_finish_in_reverse_order_both_arrive() {
    let (demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    let notes = ada.opens_a_tab("/notes").await;
    ada.is_asked_for(&[DRIVE]).await;
    let week = ada.opens_a_tab("/week").await;
    ada.is_asked_for(&[CALENDAR]).await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
    ada.turns_to(&notes).await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;

    let asked = demo.asked();
    ada.saves("Both").await;
    ada.turns_to(&week).await;
    ada.reloads().await;
    ada.arrives_at("/week").await;
    assert_eq!(demo.asked(), asked, "both scopes are held");
    assert_eq!(demo.files_of(ADA), ["Both.txt"]);
}

/// The second tab finds a session that its own authorization did not begin with.
#[tokio::test]
async fn two_tabs_that_began_signed_out_both_arrive() {
    let (demo, ada) = somebody().await;
    let first = ada.chromium.tab().await;
    ada.opens("/notes").await;
    let second = ada.opens_a_tab("/week").await;
    ada.chooses(ADA).await;
    ada.is_asked_for(&[CALENDAR]).await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
    ada.turns_to(&first).await;
    ada.chooses(ADA).await;
    ada.is_asked_for(&[DRIVE]).await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;

    let asked = demo.asked();
    ada.turns_to(&second).await;
    ada.reloads().await;
    ada.arrives_at("/week").await;
    ada.is_signed_in_as(ADA).await;
    ada.opens("/notes").await;
    ada.arrives_at("/notes").await;
    assert_eq!(demo.asked(), asked, "both scopes are held");
}

/// The first to finish decides who is signed in, and the second is asked, not overruled.
#[tokio::test]
async fn two_tabs_that_choose_different_accounts_do_not_mix() {
    let (_demo, person) = somebody().await;
    let first = person.chromium.tab().await;
    person.opens("/notes").await;
    let second = person.opens_a_tab("/notes").await;
    person.chooses(GRACE).await;
    person.grants(&[DRIVE]).await;
    person.saves("Compilers").await;
    person.turns_to(&first).await;
    person.chooses(ADA).await;
    person.grants(&[DRIVE]).await;
    let page = person.is_told(409).await;
    assert!(page.contains(ADA) && page.contains(GRACE), "{page}");
    person.turns_to(&second).await;
    person.reloads().await;
    person.is_signed_in_as(GRACE).await;
    assert_eq!(person.notes().await, ["Compilers.txt"]);

    person.turns_to(&first).await;
    person.goes_the_other_way().await;
    person.chooses(ADA).await;
    person.arrives_at("/notes").await;
    person.is_signed_in_as(ADA).await;
    assert!(person.notes().await.is_empty());
    person.turns_to(&second).await;
    person.reloads().await;
    person.is_signed_in_as(ADA).await;
    assert!(person.notes().await.is_empty(), "the second tab shows the same account");
}

/// The link of a page of ours stays good when another tab was faster: there is nothing to ask.
#[tokio::test]
async fn a_way_on_that_another_tab_has_gone_leads_straight_there() {
    let (demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    let first = ada.chromium.tab().await;
    ada.opens("/week").await;
    ada.cancels().await;
    ada.is_told(403).await;
    ada.opens_a_tab("/week").await;
    ada.goes_on().await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
    let asked = demo.asked();
    ada.turns_to(&first).await;
    ada.goes_on().await;
    ada.arrives_at("/week").await;
    assert_eq!(demo.asked(), asked);
}

/// A browser keeps four of them; whoever opens more loses the oldest, and is told so.
#[tokio::test]
async fn of_many_tabs_the_newest_arrive_and_the_oldest_begins_again() {
    let (_demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    let mut tabs = Vec::new();
    for day in 0..5 {
        tabs.push((day, ada.opens_a_tab(&format!("/week?day={day}")).await));
    }
    for (day, tab) in tabs.iter().rev() {
        ada.turns_to(tab).await;
        ada.grants(&[CALENDAR]).await;
        if *day == 0 {
            ada.is_told(400).await;
            ada.opens("/week?day=0").await;
        }
        ada.arrives_at(&format!("/week?day={day}")).await;
    }
}
