//! People who take their time, by a clock that is moved by hand.

use std::time::Duration;

use super::person::Person;
use super::{ADA, CALENDAR, DRIVE};
use crate::support::App;

const TOO_LONG: Duration = Duration::from_secs(11 * 60);

#[tokio::test]
async fn whoever_takes_too_long_is_told_and_begins_again() {
    let app = App::start().await;
    let ada = Person::at(&app.origin).await;
    ada.opens("/notes?sort=name").await;
    ada.chooses(ADA).await;
    ada.is_asked_for(&[DRIVE]).await;
    app.clock.advance(TOO_LONG);
    ada.grants(&[DRIVE]).await;
    ada.is_told(400).await;
    ada.goes_on().await;
    ada.chooses(ADA).await;
    ada.arrives_at("/notes?sort=name").await;
}

#[tokio::test]
async fn a_page_of_ours_that_was_left_open_too_long_says_so() {
    let app = App::start().await;
    let ada = Person::at(&app.origin).await;
    ada.opens("/week").await;
    ada.chooses(ADA).await;
    ada.grants(&[]).await;
    assert!(ada.is_told(403).await.contains(CALENDAR));
    app.clock.advance(TOO_LONG);
    ada.goes_on().await;
    ada.is_told(400).await;
    ada.goes_on().await;
    ada.arrives_at("/").await;
    ada.opens("/week").await;
    ada.is_told(403).await;
    ada.goes_on().await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
}
