//! The page of the week keeps it as a note by a script, which asks for Drive in a small window.

use oauth_tests::browser::{Engine, Looks, Tab};

use super::{ADA, CALENDAR, DRIVE, Person, Served, somebody_at};

in_every_engine![
    the_week_is_kept_once_drive_is_granted_in_the_window,
    without_a_window_there_is_a_link,
];

/// Somebody who granted the calendar, and has just asked to keep the week: in the window that
/// this opened, with the tab that waits.
async fn keeping(person: Person) -> (Person, Tab) {
    person.opens("/week").await;
    person.chooses(ADA).await;
    person.grants(&[CALENDAR]).await;
    person.arrives_at("/week").await;
    let page = person.chromium.tab().await;
    enter_window(&person).await;
    (person, page)
}

async fn enter_window(person: &Person) {
    let page = person.chromium.tab().await;
    person.clicks("#keep button").await;
    let windows = person.chromium.tabs(2).await;
    person.turns_to(windows.iter().find(|window| **window != page).unwrap()).await;
}

/// The window has closed by itself, and the page says how it ended.
async fn reads(person: &Person, page: &Tab, text: &str) {
    person.chromium.tabs(1).await;
    person.turns_to(page).await;
    person.chromium.wait_for_text("#kept", text).await;
    person.arrives_at("/week").await;
}

async fn the_week_is_kept_once_drive_is_granted_in_the_window(engine: Engine) {
    let (demo, person) = somebody_at(engine).await;
    let (person, page) = keeping(person).await;
    person.is_asked_for(&[DRIVE]).await;
    person.grants(&[DRIVE]).await;
    reads(&person, &page, "is in your Drive").await;
    person.chromium.screenshot(format!("wide-light/week-kept-{engine:?}")).await;
    assert_eq!(demo.files_of(ADA).len(), 1);
    // From now on nothing is left to ask.
    person.clicks("#keep button").await;
    person.chromium.wait_for_text("#kept a", "See all notes").await;
    person.clicks("#kept a").await;
    person.arrives_at("/notes").await;
    assert_eq!(demo.files_of(ADA).len(), 2);
}

#[tokio::test]
async fn whoever_leaves_the_box_empty_can_still_tick_it() {
    let demo = Served::start().await;
    let (person, page) = keeping(Person::with(Looks::phone(), &demo.origin).await).await;
    person.grants(&[]).await;
    assert!(person.is_told(403).await.contains("keep this week as a note"));
    person.goes_on().await;
    person.grants(&[DRIVE]).await;
    reads(&person, &page, "is in your Drive").await;
    assert_eq!(demo.files_of(ADA).len(), 1);
}

#[tokio::test]
async fn whoever_cancels_is_told_that_nothing_was_saved() {
    let demo = Served::start().await;
    let (person, page) = keeping(Person::with(Looks::phone(), &demo.origin).await).await;
    person.cancels().await;
    person.is_told(403).await;
    person.goes_the_other_way().await;
    reads(&person, &page, "Nothing was saved").await;
    person.chromium.screenshot("phone-dark/week-cancelled").await;
    assert_eq!(demo.files_of(ADA).len(), 0);
    // A second no is no more than that, and the third time he says yes.
    enter_window(&person).await;
    person.cancels().await;
    person.is_told(403).await;
    person.goes_the_other_way().await;
    reads(&person, &page, "Nothing was saved").await;
    enter_window(&person).await;
    person.grants(&[DRIVE]).await;
    reads(&person, &page, "is in your Drive").await;
}

/// A browser that opens no window: the page offers the way by a page instead.
async fn without_a_window_there_is_a_link(engine: Engine) {
    let (demo, person) = somebody_at(engine).await;
    person.opens("/week").await;
    person.chooses(ADA).await;
    person.grants(&[CALENDAR]).await;
    person.arrives_at("/week").await;
    person.chromium.script("window.open = () => null; return ''").await;
    person.clicks("#keep button").await;
    person.chromium.wait_for_text("#kept", "opened no window").await;
    person.clicks("#kept a").await;
    person.grants(&[DRIVE]).await;
    person.arrives_at("/week").await;
    person.clicks("#keep button").await;
    person.chromium.wait_for_text("#kept", "is in your Drive").await;
    assert_eq!(demo.files_of(ADA).len(), 1);
}
