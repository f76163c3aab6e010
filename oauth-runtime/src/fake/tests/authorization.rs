use super::harness::{ADA, BOB, CALENDAR, DRIVE_FILE, DRIVE_READONLY, Fake, scopes};
use crate::fake::scopes::EMAIL;
use crate::fake::{FakeAccount, Quirk};

fn both() -> String {
    format!("openid email {DRIVE_FILE} {CALENDAR}")
}

#[tokio::test]
async fn the_chooser_lists_the_accounts_and_a_hint_skips_it() {
    let fake = Fake::new();
    let page = fake.authorize(&both(), &[]).await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("Choose an account") && text.contains(ADA) && text.contains(BOB));
    assert!(text.contains("Fake sign-in for development"));

    let page = fake.authorize(&both(), &[("login_hint", "Ada@Example.com")]).await.text();
    assert!(!page.contains("Choose an account") && page.contains("wants access"), "{page}");

    let ada = FakeAccount::new(ADA, "");
    for more in [
        [("login_hint", ADA), ("prompt", "select_account")],
        [("login_hint", "nobody@example.com"), ("prompt", "")],
        [("login_hint", ada.subject()), ("prompt", "")],
    ] {
        let page = fake.authorize(&both(), &more).await.text();
        assert!(page.contains("Choose an account"), "{more:?}");
    }
}

#[tokio::test]
async fn the_consent_page_has_a_box_for_each_scope_beyond_sign_in() {
    let fake = Fake::new();
    let page = fake.answer(&fake.query(&both(), &[]), &[("account", ADA)]).await.text();
    for scope in [DRIVE_FILE, CALENDAR] {
        assert!(page.contains(&format!("name=\"scope\" value=\"{scope}\">")), "{page}");
    }
    assert_eq!(page.matches("type=\"checkbox\"").count(), 2);
    let alone = format!("openid {DRIVE_FILE}");
    let page = fake.answer(&fake.query(&alone, &[]), &[("account", ADA)]).await.text();
    assert!(page.contains(&format!("value=\"{DRIVE_FILE}\" checked")), "{page}");
    let page = fake.answer(&fake.query("openid email", &[]), &[("account", ADA)]).await.text();
    assert!(page.contains("Sign in to localhost:8080") && !page.contains("checkbox"), "{page}");
}

#[tokio::test]
async fn what_is_unticked_is_absent_from_the_grant() {
    let fake = Fake::new();
    let reply = fake.consent(ADA, &fake.query(&both(), &[]), &[CALENDAR, DRIVE_READONLY]).await;
    let back = reply.callback();
    assert_eq!(back["scope"], format!("openid {EMAIL} {CALENDAR}"));
    assert_eq!(back["state"], "a state & more");
    assert_eq!(back["iss"], "https://accounts.google.com");
    assert_eq!(back["kept"], "1");
    assert_eq!(fake.google.granted(ADA), back["scope"]);
}

#[tokio::test]
async fn what_is_granted_is_not_asked_again_unless_the_app_wants_it() {
    let fake = Fake::new();
    fake.code(&both(), &[CALENDAR, DRIVE_FILE]).await;
    let hint = ("login_hint", ADA);
    assert!(fake.authorize(&both(), &[hint]).await.callback().contains_key("code"));
    let page = fake.authorize(&format!("{} {DRIVE_READONLY}", both()), &[hint]).await.text();
    assert_eq!(page.matches("type=\"checkbox\"").count(), 1, "{page}");
    let page = fake.authorize(&both(), &[hint, ("prompt", "consent")]).await.text();
    assert_eq!(page.matches(" checked>").count(), 2, "{page}");
    let again = fake.query(&both(), &[("prompt", "consent")]);
    fake.consent(ADA, &again, &[CALENDAR]).await.callback();
    assert_eq!(fake.google.granted(ADA), format!("openid {EMAIL} {CALENDAR}"));
}

#[tokio::test]
async fn cancel_comes_back_without_a_code() {
    let fake = Fake::new();
    let query = fake.query(&both(), &[]);
    for pairs in [vec![("decision", "cancel")], vec![("account", ADA), ("decision", "cancel")]] {
        let back = fake.answer(&query, &pairs).await.callback();
        assert_eq!(back["error"], "access_denied");
        assert_eq!(back["state"], "a state & more");
        assert_eq!(back["iss"], "https://accounts.google.com");
        assert!(!back.contains_key("code"));
    }
    assert_eq!(fake.google.granted(ADA), "");
    let nothing = fake.consent(ADA, &fake.query(DRIVE_FILE, &[]), &[]).await.callback();
    assert_eq!(nothing["error"], "access_denied");
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let fake = Fake::new();
    let error = async |more: &[(&str, &str)]| {
        let more: Vec<_> = [("prompt", "none")].iter().chain(more).copied().collect();
        let back = fake.authorize(&both(), &more).await.callback();
        back.get("error").cloned().unwrap_or_default()
    };
    assert_eq!(error(&[]).await, "interaction_required");
    assert_eq!(error(&[("login_hint", "nobody@example.com")]).await, "login_required");
    assert_eq!(error(&[("login_hint", ADA)]).await, "consent_required");
    fake.code(&both(), &[CALENDAR, DRIVE_FILE]).await;
    assert_eq!(error(&[("login_hint", ADA)]).await, "");
}

#[tokio::test]
async fn mistakes_of_the_app_stay_on_a_page() {
    let fake = Fake::new();
    let table = [
        ("scope", "openid drive.file", 400, "invalid_scope"),
        ("redirect_uri", "http://localhost:8080/other", 400, "redirect_uri_mismatch"),
        ("client_id", "nobody", 401, "invalid_client"),
        ("response_type", "", 400, "invalid_request"),
    ];
    for (name, value, status, error) in table {
        let page = fake.authorize("openid", &[(name, value), ("login_hint", ADA)]).await;
        assert_eq!((page.status, page.header("location")), (status, ""), "{name}");
        assert!(page.text().contains(&format!("Error {status}: {error}")), "{}", page.text());
    }
}

#[tokio::test]
async fn policies_of_an_organization_stay_on_a_page() {
    for (quirk, status, error) in [
        (Quirk::OrgInternal, 403, "org_internal"),
        (Quirk::AdminPolicyEnforced, 400, "admin_policy_enforced"),
    ] {
        let fake = Fake::with(quirk);
        let query = fake.query(&both(), &[]);
        for reply in [
            fake.answer(&query, &[("account", ADA)]).await,
            fake.consent(ADA, &query, &[CALENDAR]).await,
        ] {
            assert_eq!(reply.status, status);
            assert!(reply.text().contains(error), "{}", reply.text());
        }
        assert_eq!(fake.google.granted(ADA), "");
    }
}

#[tokio::test]
async fn the_issuer_of_the_redirect_can_be_left_out_or_forged() {
    let fake = Fake::with(Quirk::OmitIss);
    let back = fake.answer(&fake.query("openid", &[]), &[("decision", "cancel")]).await.callback();
    assert!(!back.contains_key("iss"));
    let fake = Fake::with(Quirk::WrongIss);
    let back = fake.answer(&fake.query("openid", &[]), &[("decision", "cancel")]).await.callback();
    assert_eq!(back["iss"], "https://issuer.example");
}

#[tokio::test]
async fn another_account_is_made_on_the_spot_and_policies_name_it() {
    let fake = Fake::new();
    let hint = [("login_hint", "grace@example.com")];
    let page = fake.authorize("openid", &hint).await.text();
    assert!(page.contains("value=\"grace@example.com\""), "{page}");
    let pairs = [("other_account", "grace@example.com")];
    let page = fake.answer(&fake.query("openid email", &hint), &pairs).await.text();
    assert!(page.contains("grace@example.com") && page.contains("Sign in"), "{page}");
}

#[tokio::test]
async fn nothing_of_a_request_becomes_markup() {
    let fake = Fake::new();
    let evil = "\"><script>alert(1)</script>@";
    let more = [("state", evil), ("login_hint", evil), ("nonce", evil)];
    let pages = [
        fake.authorize("openid", &more).await,
        fake.answer(&fake.query("openid", &more), &[("account", evil)]).await,
        fake.authorize(&format!("openid {evil}"), &[]).await,
        fake.authorize("openid", &[("redirect_uri", evil)]).await,
        fake.authorize("openid", &[("prompt", evil)]).await,
    ];
    for page in pages {
        assert!(!page.text().contains("<script"), "{}", page.text());
        assert!(page.text().contains("script"), "{}", page.text());
    }
}

#[tokio::test]
async fn pages_are_neither_cached_nor_framed() {
    let fake = Fake::new();
    let page = fake.authorize("openid", &[]).await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("form-action"));
    assert_eq!(fake.get("/style.css", "").await.header("content-type"), "text/css; charset=utf-8");
    let picture = fake.get(&format!("/picture/{}", FakeAccount::new(ADA, "").subject()), "").await;
    assert!(picture.status == 200 && picture.text().contains(">A</text>"));
}

#[tokio::test]
async fn without_include_granted_scopes_the_answer_is_what_was_asked() {
    let fake = Fake::new();
    fake.code(&both(), &[CALENDAR, DRIVE_FILE]).await;
    let alone = [("include_granted_scopes", "false"), ("login_hint", ADA)];
    let back = fake.authorize(&format!("openid {DRIVE_FILE}"), &alone).await.callback();
    let answer = fake.exchange(&back["code"]).await.json();
    assert_eq!(scopes(&answer), [DRIVE_FILE, "openid"]);
    let back = fake.authorize("openid", &[("login_hint", ADA)]).await.callback();
    let answer = fake.exchange(&back["code"]).await.json();
    assert_eq!(scopes(&answer), [CALENDAR, DRIVE_FILE, EMAIL, "openid"]);
}
