#![deny(warnings, missing_docs, clippy::pedantic)]
//! Scopes of other providers: by name, by type, in sets, and none at all.

use oauth_runtime::{Covers, MayHold, Requirement, Token, requires_scopes, scope, scope_set};

scope! {
    /// Repositories.
    pub Repo(provider = "github") = "repo"
}
scope_set! {
    /// What the backup needs.
    pub Backup(provider = "github") = Repo, "read:org", any("gist", "user")
}

#[requires_scopes(provider = "github", "repo", optional("gist"))]
async fn by_name(_token: Token) {}

#[requires_scopes(Repo, provider = "github", why = "list your repositories")]
async fn by_type(token: Token) -> usize {
    helper(&token)
}

#[requires_scopes(provider = "github")]
async fn by_account(_token: Token) {}

scope! {
    /// Of one's own API, behind Google's sign-in.
    pub Invoices(provider = "google") = "https://api.example.com/auth/invoices"
}

#[requires_scopes("drive.file", Invoices, scope::Tasks, provider = "google")]
async fn at_google(token: Token) {
    covers::<at_google, scope::DriveFile>();
    drop(token);
}

fn helper(token: &Token<impl Covers<Repo>>) -> usize {
    token.access_token().len()
}

fn covers<R: Covers<T>, T>() {}
fn may_hold<R: MayHold<T>, T>() {}

fn main() {
    covers::<by_type, Repo>();
    covers::<Backup, Repo>();
    let _ = (by_name, by_type, by_account, at_google, may_hold::<Held, Repo>);
    assert_eq!(<Backup as Requirement>::DECLARATION.provider, Some("github"));
    assert_eq!(Backup::SCOPES, ["repo", "read:org", "gist"]);
}

scope_set!(Held(provider = "github") = "gist", optional(Repo));
