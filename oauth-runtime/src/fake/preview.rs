//! The pages of an app, without having to cause what they are about.

use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::clock::Timestamp;
use crate::error::Error;
use crate::oauth::OAuth;
use crate::pages::{
    Accounts, AskedScope, Connection, KeptForm, Language, LinkKind, Notice, PageHtml, PageKind,
};

impl OAuth {
    /// A page as this app would show it, with made-up scopes, accounts and links: to look at
    /// a [`Brand`](crate::Brand), or to test [`Pages`](crate::Pages) of your own.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oauth_runtime::Error> {
    /// use oauth_runtime::fake::FakeGoogle;
    /// use oauth_runtime::{Brand, Language, PageKind};
    ///
    /// let fake = FakeGoogle::start().await?;
    /// let oauth = fake
    ///     .builder_for("http://localhost:8080/oauth/callback")?
    ///     .with_brand(Brand::new("Field Notes"))
    ///     .build()?;
    /// for kind in PageKind::ALL {
    ///     let page = oauth.preview(*kind, Language::German)?;
    ///     assert!(page.html().contains("Zurück zu Field Notes"));
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the page cannot be written.
    pub fn preview(&self, kind: PageKind, language: Language) -> Result<PageHtml, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(language.tag()));
        self.0.appearance.show(sample(kind), self.first_provider().name(), &headers)
    }
}

/// What a page of this kind usually has to say.
fn sample(kind: PageKind) -> Notice {
    let scopes = ["https://www.googleapis.com/auth/drive.file"].into_iter().collect();
    let notice = match kind {
        PageKind::Rationale => Notice::rationale(scopes),
        PageKind::Declined => Notice::declined(scopes),
        PageKind::OtherAccount => Notice::other_account(Accounts {
            signed_in: "ada@example.com".to_owned(),
            chosen: Some("grace@example.com".to_owned()),
        }),
        PageKind::Confirm => {
            let body = "title=Expenses&text=train+and+hotel&csrf_token=not-shown";
            Notice::confirm(KeptForm::new("#".to_owned(), body))
        }
        PageKind::Disconnect => {
            let form = KeptForm::new("#".to_owned(), "");
            Notice::disconnect("ada@example.com".to_owned(), form)
        }
        PageKind::Account => account(),
        PageKind::Done => Notice::done("#".to_owned()),
        _ => Notice::new(kind, status(kind)),
    };
    let asks = matches!(
        kind,
        PageKind::Rationale
            | PageKind::Declined
            | PageKind::Denied
            | PageKind::Held
            | PageKind::SendAgain
    );
    let notice = notice.with_why(asks.then_some("save your report to your Drive"));
    let notice = ways(kind).iter().fold(notice, |notice, way| notice.with_link(*way, "#"));
    let notice = notice.with_link(LinkKind::Back, "#");
    let signed_out = matches!(kind, PageKind::SignedOut | PageKind::SignedOutEverywhere);
    if signed_out { notice.with_link(LinkKind::SignIn, "#") } else { notice }
}

/// Somebody with an account at one provider, who said yes and no.
fn account() -> Notice {
    let scope = |name: &str, is_granted, why: &[&str]| AskedScope {
        name: format!("https://www.googleapis.com/auth/{name}"),
        is_granted,
        since: Timestamp::from_unix_seconds(1_790_000_000),
        why: why.iter().map(ToString::to_string).collect(),
    };
    let reasons = ["save your report to your Drive"];
    let scopes = vec![
        scope("calendar.events.readonly", true, &[]),
        scope("drive.file", true, &reasons),
        scope("contacts.readonly", false, &[]),
    ];
    let email = || "ada@example.com".to_owned();
    let connection = Connection {
        provider: "Google".to_owned(),
        account: email(),
        scopes,
        disconnect: Some("#".to_owned()),
    };
    Notice::account(vec![connection])
        .with_action(LinkKind::SignOut, "#")
        .with_action(LinkKind::SignOutEverywhere, "#")
}

fn status(kind: PageKind) -> StatusCode {
    match kind {
        PageKind::Held
        | PageKind::SignedOut
        | PageKind::SignedOutEverywhere
        | PageKind::Disconnected
        | PageKind::DisconnectPending
        | PageKind::DisconnectedHere
        | PageKind::NotConnected => StatusCode::OK,
        PageKind::EndedMeanwhile => StatusCode::CONFLICT,
        PageKind::Expired | PageKind::Unusable => StatusCode::BAD_REQUEST,
        PageKind::AppRefused | PageKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        PageKind::Untrusted => StatusCode::BAD_GATEWAY,
        PageKind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::FORBIDDEN,
    }
}

/// Where such a page leads, beside back.
fn ways(kind: PageKind) -> &'static [LinkKind] {
    match kind {
        PageKind::Declined => &[LinkKind::Grant],
        PageKind::Denied => &[LinkKind::Retry],
        PageKind::Taken | PageKind::NotAllowed => &[LinkKind::ChooseAccount],
        PageKind::LoginNeeded => &[LinkKind::LogIn],
        PageKind::OtherAccount => &[LinkKind::KeepAccount, LinkKind::SwitchAccount],
        PageKind::Rationale
        | PageKind::Held
        | PageKind::SendAgain
        | PageKind::Framed
        | PageKind::Returning => &[LinkKind::Continue],
        PageKind::Confirm
        | PageKind::Done
        | PageKind::Account
        | PageKind::SignedOut
        | PageKind::SignedOutEverywhere
        | PageKind::Disconnect
        | PageKind::Disconnected
        | PageKind::DisconnectPending
        | PageKind::DisconnectedHere
        | PageKind::NotConnected
        | PageKind::CrossSite
        | PageKind::Unusable
        | PageKind::Forbidden
        | PageKind::AdminPolicy => &[],
        _ => &[LinkKind::StartAgain],
    }
}
