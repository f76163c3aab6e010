//! An app with a login of its own, whose cookie a browser keeps from other sites.

use oauth_examples::own_login::OwnLogin;
use oauth_runtime::fake::{Endpoint, FakeAccount};
use oauth_tests::browser::Looks;

use super::{ADA, DRIVE, GRACE, Person, Served};
use crate::support::Folder;

impl Served {
    async fn own_login() -> Self {
        let app = OwnLogin::start(0).await.unwrap();
        let (origin, fake) = (app.origin().to_owned(), app.fake().clone());
        fake.add_account(FakeAccount::new(GRACE, "Grace Example"));
        let server = tokio::spawn(async move { app.serve(std::future::pending()).await.unwrap() });
        Self { origin, fake, server, _data: Folder::new() }
    }
}

/// One of the two users on the app's login page.
async fn log_in(person: &Person, id: &str) {
    person.clicks(&format!("input[value='{id}'] ~ button")).await;
}

async fn log_out(person: &Person) {
    person.clicks("form[action='/logout'] button").await;
    person.clicks("header a[href='/login']").await;
}

/// The cookie is `SameSite=Strict`, so it does not come along from the provider's site: the
/// person arrives all the same, and the other user of the same browser sees nothing of it.
#[tokio::test]
async fn a_user_of_an_app_with_its_own_login_comes_back_logged_in() {
    let app = Served::own_login().await;
    let person = Person::at(&app.origin).await;
    person.opens("/notes").await;
    log_in(&person, "1").await;
    person.chooses(ADA).await;
    person.is_asked_for(&[DRIVE]).await;
    person.grants(&[DRIVE]).await;
    person.arrives_at("/notes").await;
    assert_eq!(app.fake.calls(Endpoint::Token), 1);
    person.saves("Groceries").await;
    assert_eq!(app.files_of(ADA), ["Groceries.txt"]);
    log_out(&person).await;
    log_in(&person, "2").await;
    let home = person.chromium.text("main").await;
    assert!(home.contains("None yet") && !home.contains(ADA), "{home}");
}

/// One account belongs to one user of the app, and another choice is one click away.
#[tokio::test]
async fn a_second_user_cannot_have_the_account_of_the_first() {
    let app = Served::own_login().await;
    let person = Person::with(
        Looks { width: 390, height: 800, dark: true, ..Looks::default() },
        &app.origin,
    )
    .await;
    person.opens("/notes").await;
    log_in(&person, "1").await;
    person.chooses(ADA).await;
    person.grants(&[DRIVE]).await;
    person.arrives_at("/notes").await;
    log_out(&person).await;
    log_in(&person, "2").await;
    person.arrives_at("/").await;
    person.opens("/notes").await;
    // The account granted it already, to the first user; whoever links one is asked all the same.
    person.chooses(ADA).await;
    person.grants(&[DRIVE]).await;
    let page = person.is_told(409).await;
    assert!(page.contains("in use") && !page.contains("groceries"), "{page}");
    person.chromium.screenshot("own-login-taken").await;
    person.goes_on().await;
    person.chooses(GRACE).await;
    person.grants(&[DRIVE]).await;
    person.arrives_at("/notes").await;
    person.saves("Mine").await;
    assert_eq!((app.files_of(ADA).len(), app.files_of(GRACE).len()), (0, 1));
}
