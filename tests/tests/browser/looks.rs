//! Every page in a wide window by day and on a telephone by night: it fits, can be read and
//! touched, and a picture of it is kept.

use std::time::Duration;

use oauth_runtime::fake::Fault;
use oauth_tests::browser::Looks;

use super::{ADA, CALENDAR, DRIVE, Endpoint, GRACE, Person, Served};
use crate::support::App;

/// What is wrong with the page, line by line.
const FAULTS: &str = "
    const faults = [], root = document.documentElement;
    const seen = css => [...document.querySelectorAll(css)].filter(e => e.checkVisibility());
    if (root.scrollWidth > innerWidth) faults.push(`is ${root.scrollWidth} wide`);
    if (seen('h1').length !== 1) faults.push(`has ${seen('h1').length} headings`);
    if (!root.lang) faults.push('has no language');
    if (!document.title) faults.push('has no title');
    if (!document.querySelector('meta[name=viewport]')) faults.push('does not scale');
    for (const e of seen('button, nav a, .button, input[type=checkbox] + label')) {
        const { height } = e.getBoundingClientRect();
        if (height < 24) faults.push(`is ${height} high at ${e.textContent.trim()}`);
    }
    for (const e of seen('input:not([type=hidden]), textarea')) {
        if (!e.labels?.length && !e.ariaLabel) faults.push(`names no field ${e.id}`);
    }
    const pen = document.createElement('canvas').getContext('2d');
    pen.fillStyle = getComputedStyle(seen('h1')[0]).color;
    pen.fillRect(0, 0, 1, 1);
    const ink = pen.getImageData(0, 0, 1, 1).data;
    const bright = (ink[0] + ink[1] + ink[2]) / 3 > 128;
    if (bright !== matchMedia('(prefers-color-scheme: dark)').matches) faults.push('has wrong ink');
    return faults.join('; ');";

/// What a form of another site does.
const FOREIGN_FORM: &str = "
    document.body.innerHTML = `<form method=post action='ORIGIN/notes'><button>x</button></form>`;
    document.querySelector('button').click(); return '';";

impl Person {
    /// Looks at the page as a whole, and keeps a picture of it.
    async fn looks_at(&self, name: &str) {
        self.chromium.wait_for("h1").await;
        self.sees_nothing_odd().await;
        assert_eq!(self.chromium.script(FAULTS).await, "", "{name}");
        self.chromium.screenshot(self.picture(name)).await;
    }

    fn picture(&self, name: &str) -> String {
        let folder = if self.looks.dark { "phone-dark" } else { "wide-light" };
        format!("{folder}/{name}")
    }
}

#[tokio::test]
async fn a_yes_looks_well_in_a_wide_window() {
    a_yes(Looks::default()).await;
}

#[tokio::test]
async fn a_yes_looks_well_on_a_telephone() {
    a_yes(Looks::phone()).await;
}

#[tokio::test]
async fn a_no_looks_well_in_a_wide_window() {
    a_no(Looks::default()).await;
}

#[tokio::test]
async fn a_no_looks_well_on_a_telephone() {
    a_no(Looks::phone()).await;
}

#[tokio::test]
async fn trouble_looks_well_in_a_wide_window() {
    trouble(Looks::default()).await;
}

#[tokio::test]
async fn trouble_looks_well_on_a_telephone() {
    trouble(Looks::phone()).await;
}

async fn a_yes(looks: Looks) {
    let demo = Served::start().await;
    let ada = Person::with(looks, &demo.origin).await;
    ada.opens("/").await;
    ada.looks_at("demo-home").await;
    ada.clicks("header a[href^='/oauth/sign-in']").await;
    ada.chromium.wait_for("button[value='ada@example.com']").await;
    ada.looks_at("fake-accounts").await;
    ada.chooses(ADA).await;
    ada.is_asked_for(&[]).await;
    ada.looks_at("fake-sign-in").await;
    ada.grants(&[]).await;
    ada.is_signed_in_as(ADA).await;
    ada.looks_at("demo-home-signed-in").await;
    ada.opens("/notes").await;
    ada.is_asked_for(&[DRIVE]).await;
    ada.looks_at("fake-consent").await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;
    ada.looks_at("demo-notes-empty").await;
    ada.saves("Groceries").await;
    ada.saves("A title that is as long as the titles of some people are").await;
    ada.looks_at("demo-notes").await;
    ada.opens("/week").await;
    ada.grants(&[CALENDAR]).await;
    ada.arrives_at("/week").await;
    ada.looks_at("demo-week").await;
    ada.opens("/").await;
    ada.looks_at("demo-home-granted").await;
    ada.opens("/oauth/manifest").await;
    ada.looks_at("manifest").await;
    ada.opens("/oauth/doctor").await;
    ada.looks_at("doctor").await;
    ada.opens("/oauth/account").await;
    ada.looks_at("page-account").await;
    ada.opens("/").await;
    ada.chromium.script(&format!("{SIGN_OUT}.action = '/oauth/sign-out'; return ''")).await;
    ada.clicks("header form button").await;
    ada.is_told(200).await;
    ada.looks_at("page-signed-out").await;
}

const SIGN_OUT: &str = "document.querySelector(`header form[action^='/oauth/sign-out']`)";

async fn a_no(looks: Looks) {
    let demo = Served::start().await;
    let ada = Person::with(looks, &demo.origin).await;
    ada.opens("/week").await;
    ada.cancels().await;
    ada.is_told(403).await;
    ada.looks_at("page-cancelled").await;
    ada.goes_on().await;
    ada.chooses(ADA).await;
    ada.grants(&[]).await;
    ada.is_told(403).await;
    ada.looks_at("page-declined").await;
    ada.goes_on().await;
    ada.wants_another_account().await;
    ada.chooses(GRACE).await;
    ada.grants(&[CALENDAR]).await;
    ada.is_told(409).await;
    ada.looks_at("page-other-account").await;
    ada.opens("/notes").await;
    ada.grants(&[DRIVE]).await;
    ada.arrives_at("/notes").await;
    ada.writes("Lost", "a line").await;
    let form = ada.chromium.tab().await;
    ada.opens_a_tab("/").await;
    ada.signs_out().await;
    ada.turns_to(&form).await;
    ada.clicks("main form button").await;
    ada.is_told(200).await;
    ada.looks_at("page-form-kept").await;
    ada.goes_on().await;
    ada.chooses(ADA).await;
    ada.chromium.wait_for_text("main", "a line").await;
    ada.looks_at("page-form-ready").await;
}

async fn trouble(looks: Looks) {
    let demo = Served::start().await;
    let ada = Person::with(looks, &demo.origin).await;
    ada.opens("/oauth/callback?code=a&state=b").await;
    ada.is_told(400).await;
    ada.looks_at("page-not-yours").await;
    ada.opens("/notes").await;
    ada.chooses(ADA).await;
    demo.fake.fault(Endpoint::Token, Fault::RetryAfter(2));
    ada.grants(&[DRIVE]).await;
    ada.is_told(503).await;
    ada.looks_at("page-try-again").await;
    ada.opens("/week").await;
    let url = ada.chromium.url().await.replace("%2Foauth%2Fcallback", "%2Felsewhere");
    ada.opens(&url).await;
    assert!(ada.chromium.texts("main button").await.is_empty(), "there is no way on");
    ada.looks_at("fake-refusal").await;
    ada.chromium.script(&FOREIGN_FORM.replace("ORIGIN", &demo.origin)).await;
    let there = format!("{}/notes", demo.origin);
    ada.chromium.arrive("the form's target", move |at| at == there).await;
    ada.looks_at("page-cross-site").await;
    drop(ada);

    let app = App::start().await;
    let ada = Person::with(looks, &app.origin).await;
    ada.opens("/both").await;
    ada.chooses(ADA).await;
    ada.is_asked_for(&[DRIVE, CALENDAR]).await;
    ada.looks_at("fake-consent-two").await;
    app.clock.advance(Duration::from_secs(11 * 60));
    ada.grants(&[DRIVE, CALENDAR]).await;
    ada.is_told(400).await;
    ada.looks_at("page-expired").await;
}
