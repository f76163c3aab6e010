//! The pages a person sees.

use askama::Template;
use axum::response::Response;

use super::account::FakeAccount;
use super::answers::{page, redirect};
use super::auth_request::{AuthRequest, Refusal};
use super::authorize::{Consent, Outcome};
use super::scopes::{describe, is_base};

#[derive(Template)]
#[template(path = "fake/chooser.html")]
struct ChooserPage<'a> {
    request: &'a AuthRequest,
    app: String,
    accounts: &'a [FakeAccount],
    hint: &'a str,
}

#[derive(Template)]
#[template(path = "fake/consent.html")]
struct ConsentPage<'a> {
    request: &'a AuthRequest,
    app: String,
    account: &'a FakeAccount,
    identity: bool,
    scopes: Vec<Choice<'a>>,
}

struct Choice<'a> {
    number: usize,
    name: &'a str,
    text: &'a str,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "fake/refusal.html")]
struct RefusalPage<'a> {
    refusal: &'a Refusal,
}

#[derive(Template)]
#[template(path = "fake/picture.svg", escape = "html")]
struct Picture {
    initial: char,
    hue: u16,
}

/// The stylesheet of all pages.
pub(crate) const STYLE: &str = include_str!("../../templates/fake/style.css");

/// The page or the redirect for an outcome.
pub(crate) fn response(outcome: &Outcome) -> Response {
    match outcome {
        Outcome::Redirect(location) => redirect(location),
        Outcome::Choose(request, accounts) => html(200, &chooser(request, accounts)),
        Outcome::Consent(consent) => html(200, &consent_page(consent)),
        Outcome::Refuse(refusal) => html(refusal.status, &RefusalPage { refusal }),
    }
}

/// A picture of an account: its initial on a colour of its own.
pub(crate) fn picture(account: &FakeAccount) -> Option<String> {
    let sum: u16 = account.subject().bytes().map(u16::from).sum();
    Picture { initial: account.initial(), hue: sum * 7 % 360 }.render().ok()
}

fn html(status: u16, template: &impl Template) -> Response {
    // Writing to a string cannot fail, but the trait allows for it.
    template
        .render()
        .map_or_else(|_| page(500, "the page cannot be written"), |html| page(status, html))
}

fn chooser<'a>(request: &'a AuthRequest, accounts: &'a [FakeAccount]) -> ChooserPage<'a> {
    let hint = request.login_hint.as_deref().unwrap_or_default();
    let known = accounts.iter().any(|account| account.email().eq_ignore_ascii_case(hint));
    let hint = if known || !hint.contains('@') { "" } else { hint };
    ChooserPage { request, app: app(request), accounts, hint }
}

fn consent_page(consent: &Consent) -> ConsentPage<'_> {
    let Consent { request, account, scopes } = consent;
    let scopes = scopes.iter().enumerate().map(|(number, (name, ticked))| Choice {
        number,
        name,
        text: describe(name),
        ticked: *ticked,
    });
    let identity = request.scopes.iter().any(|scope| is_base(scope));
    ConsentPage { request, app: app(request), account, identity, scopes: scopes.collect() }
}

/// The app is known by where it lives.
fn app(request: &AuthRequest) -> String {
    let host = request.target.host_str().unwrap_or("an app");
    request.target.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
