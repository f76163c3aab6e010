//! The page that shows a developer what is wrong with the set-up.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::request::Parts;

use super::developer::{STYLE, document};
use super::visit::{parameter, send};
use crate::error::{Code, Error};
use crate::oauth::{Check, Diagnosis, OAuth, Route, Severity};

#[derive(Template)]
#[template(path = "doctor.html")]
struct DoctorPage<'a> {
    verdict: &'static str,
    /// The worst first.
    checks: Vec<&'a Check>,
    address: &'a str,
    style: &'static str,
}

/// As a page, or with `?format=json` as text.
pub(super) async fn show_doctor(State(oauth): State<OAuth>, parts: Parts) -> Response {
    let diagnosis = oauth.diagnose_request(&parts.headers).await;
    if parameter(&parts, "format").as_deref() == Some("json") {
        return send(document("application/json", diagnosis.to_json()));
    }
    match page(&oauth, &diagnosis) {
        Ok(body) => send(document("text/html; charset=utf-8", body)),
        Err(error) => error.to_response(),
    }
}

fn page(oauth: &OAuth, diagnosis: &Diagnosis) -> Result<String, Error> {
    let mut checks: Vec<_> = diagnosis.checks().iter().collect();
    checks.sort_by_key(|check| std::cmp::Reverse(check.severity()));
    let verdict = match diagnosis.worst() {
        Severity::Failure => "Something does not work.",
        Severity::Warning => "It works, but not for everybody.",
        _ => "All is well.",
    };
    let address = &oauth.0.urls.path(Route::Doctor);
    let page = DoctorPage { verdict, checks, address, style: STYLE };
    page.render().map_err(|error| {
        Error::new(Code::Internal, "the page of the doctor cannot be written").with_source(error)
    })
}
