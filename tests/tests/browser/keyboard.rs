//! The whole way without a mouse.

use oauth_tests::browser::thirtyfour::prelude::Key;

use super::{ADA, CALENDAR, DRIVE, Person, somebody};

/// More than any page of the demo has to step through.
const STEPS: usize = 40;

/// Whether the keyboard is there, and whether that can be seen.
const FOCUS: &str = "
    const at = document.activeElement, style = at && getComputedStyle(at);
    if (!at || !at.matches(arguments_css)) return 'elsewhere';
    const shown = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
    return at.matches(':focus-visible') && shown ? 'shown' : 'hidden';";

impl Person {
    /// Steps to an element, which has to show that it is reached.
    async fn steps_to(&self, css: &str) {
        self.chromium.wait_for(css).await;
        let script = FOCUS.replace("arguments_css", &format!("\"{css}\""));
        for _ in 0..STEPS {
            self.chromium.press(Key::Tab).await;
            match self.chromium.script(&script).await.as_str() {
                "shown" => return,
                "hidden" => panic!("{css} does not show that it has the keyboard"),
                _ => {}
            }
        }
        panic!("{css} is not reached by the keyboard")
    }

    async fn enters(&self, css: &str) {
        self.steps_to(css).await;
        self.chromium.press(Key::Enter).await;
    }
}

#[tokio::test]
async fn a_note_is_saved_by_the_keyboard_alone() {
    let (demo, ada) = somebody().await;
    ada.opens("/").await;
    ada.enters("a[href='/notes']").await;
    ada.enters("button[value='ada@example.com']").await;
    ada.steps_to("input[type='checkbox'][value$='/drive.file']").await;
    let ticked = "return document.activeElement.checked";
    assert_eq!(ada.chromium.script(ticked).await, "true");
    ada.chromium.press(" ").await;
    assert_eq!(ada.chromium.script(ticked).await, "false");
    ada.chromium.press(" ").await;
    ada.enters("button[value='continue']").await;
    ada.arrives_at("/notes").await;
    ada.steps_to("#title").await;
    ada.chromium.press("Groceries").await;
    ada.steps_to("#text").await;
    ada.chromium.press("milk").await;
    ada.steps_to("main form button").await;
    ada.chromium.press(" ").await;
    ada.reads_of("Groceries.txt").await;
    assert_eq!(demo.files_of(ADA), ["Groceries.txt"]);
    assert!(demo.fake.granted(ADA).contains(DRIVE));
    ada.enters("header form[action^='/oauth/sign-out'] button").await;
    ada.chromium.wait_for("header a[href^='/oauth/sign-in']").await;
}

/// Both ways of a page of ours, the second one first.
#[tokio::test]
async fn a_no_is_left_by_the_keyboard_alone() {
    let (_demo, ada) = somebody().await;
    ada.signs_in_as(ADA).await;
    ada.opens("/").await;
    ada.enters("a[href='/week']").await;
    ada.enters("button[value='cancel']").await;
    ada.is_told(403).await;
    ada.enters("main nav a.main + a").await;
    ada.arrives_at("/").await;
    ada.opens("/week").await;
    ada.is_told(403).await;
    ada.enters("main nav a.main").await;
    ada.is_asked_for(&[CALENDAR]).await;
    ada.enters("button[value='continue']").await;
    ada.arrives_at("/week").await;
}
