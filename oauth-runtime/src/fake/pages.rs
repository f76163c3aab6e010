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
    app: App,
    accounts: &'a [FakeAccount],
    /// The address that the app asked for, if it asked for one.
    wanted: &'a str,
    /// The same where nobody has it yet.
    hint: &'a str,
}

#[derive(Template)]
#[template(path = "fake/consent.html")]
struct ConsentPage<'a> {
    request: &'a AuthRequest,
    app: App,
    account: &'a FakeAccount,
    identity: Vec<&'a str>,
    scopes: Vec<Choice<'a>>,
}

/// The app is known by where it lives.
struct App {
    host: String,
    origin: String,
}

struct Choice<'a> {
    number: usize,
    name: &'a str,
    /// The name in two parts, between which a line may end.
    place: &'a str,
    own: &'a str,
    text: &'a str,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "fake/refusal.html")]
struct RefusalPage<'a> {
    refusal: &'a Refusal,
    remedy: &'static str,
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
        Outcome::Refuse(refusal) => {
            let remedy = remedy(refusal.error);
            html(refusal.status, &RefusalPage { refusal, remedy })
        }
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
    let wanted = request.login_hint.as_deref().unwrap_or_default();
    let known = accounts.iter().any(|account| account.email().eq_ignore_ascii_case(wanted));
    let hint = if known || !wanted.contains('@') { "" } else { wanted };
    ChooserPage { request, app: app(request), accounts, wanted, hint }
}

fn consent_page(consent: &Consent) -> ConsentPage<'_> {
    let Consent { request, account, scopes } = consent;
    let scopes = scopes.iter().enumerate().map(|(number, (name, ticked))| {
        let (place, own) = name.split_at(name.rfind('/').map_or(0, |slash| slash + 1));
        Choice { number, name, place, own, text: describe(name), ticked: *ticked }
    });
    let identity = request.scopes.iter().filter(|scope| is_base(scope));
    let identity = identity.map(|scope| describe(scope)).collect();
    ConsentPage { request, app: app(request), account, identity, scopes: scopes.collect() }
}

fn app(request: &AuthRequest) -> App {
    let host = request.target.host_str().unwrap_or("an app");
    let port = request.target.port().map(|port| format!(":{port}"));
    let host = format!("{host}{}", port.unwrap_or_default());
    App { origin: format!("{}://{host}", request.target.scheme()), host }
}

/// What whoever builds the app can do about it.
fn remedy(error: &str) -> &'static str {
    match error {
        "redirect_uri_mismatch" => {
            "Register this redirect URI for the client, letter by letter, or send one that is."
        }
        "invalid_client" => "Check the client id: it has to be one that this server gave out.",
        "invalid_scope" => "Check the names: they are written in full and apart by one space.",
        "org_internal" => "Use an account of the organization, or open the app to everybody.",
        "admin_policy_enforced" => "Ask the administrator of the account to allow the app.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::world::World;
    use super::*;

    #[test]
    fn an_address_that_nobody_has_is_filled_in_and_a_known_one_is_marked() {
        let accounts = [FakeAccount::new("ada@example.com", "Ada Example")];
        let mut world = World::new(String::new(), [0; 32]).unwrap();
        let (id, _) = world.register_redirect_uri("http://localhost:8080/back");
        let page = |hint: &str| {
            let query = format!(
                "client_id={id}&redirect_uri=http://localhost:8080/back&response_type=code\
                 &scope=openid&login_hint={hint}"
            );
            let request = AuthRequest::parse(&query, &world).unwrap();
            chooser(&request, &accounts).render().unwrap()
        };
        assert!(page("Ada@example.com").contains("class=\"tag\""));
        assert!(!page("grace@example.com").contains("class=\"tag\""));
        assert!(page("grace@example.com").contains(" value=\"grace@example.com\""));
        assert!(!page("117").contains(" value=\"117\""));
    }
}
