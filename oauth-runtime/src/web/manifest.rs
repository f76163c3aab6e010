//! The page that shows a developer what the app asks people for.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::request::Parts;

use super::developer::{STYLE, document};
use super::visit::{parameter, send};
use crate::error::{Code, Error};
use crate::manifest::Manifest;
use crate::oauth::{OAuth, Route};

#[derive(Template)]
#[template(path = "manifest.html")]
struct ManifestPage<'a> {
    manifest: &'a Manifest,
    /// What is between two backticks is code.
    findings: Vec<String>,
    provider: &'a str,
    address: &'a str,
    style: &'static str,
}

/// As a page, or with `?format=json` or `?format=markdown` as text.
pub(super) async fn show_manifest(State(oauth): State<OAuth>, parts: Parts) -> Response {
    let manifest = oauth.manifest();
    let (media_type, body) = match parameter(&parts, "format").as_deref() {
        Some("json") => ("application/json", Ok(manifest.to_json())),
        Some("markdown") => ("text/markdown; charset=utf-8", Ok(manifest.to_markdown())),
        _ => ("text/html; charset=utf-8", page(&oauth, &manifest)),
    };
    match body {
        Ok(body) => send(document(media_type, body)),
        Err(error) => error.to_response(),
    }
}

fn page(oauth: &OAuth, manifest: &Manifest) -> Result<String, Error> {
    let (provider, address) = (oauth.first_provider().name(), oauth.0.urls.path(Route::Manifest));
    let findings = manifest.findings().iter().map(ToString::to_string).collect();
    let page = ManifestPage { manifest, findings, provider, address: &address, style: STYLE };
    page.render().map_err(|error| {
        Error::new(Code::Internal, "the page of the manifest cannot be written").with_source(error)
    })
}
