//! The files that the pages load.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;

const STYLE: &str = include_str!("../../templates/style.css");
const LOGO_SVG: &str = include_str!("../../templates/logo.svg");

const WEEK_JS: &str = include_str!("../../templates/week.js");

/// The script of the page of the week.
pub(crate) const WEEK_SCRIPT: &str = "/week.js";

/// Where the logo is, for the pages of the demo and for those of the library.
pub(crate) const LOGO: &str = "/logo.svg";

pub(crate) async fn style() -> impl IntoResponse {
    file("text/css; charset=utf-8", STYLE)
}

pub(crate) async fn week_js() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", WEEK_JS)
}

pub(crate) async fn logo() -> impl IntoResponse {
    file("image/svg+xml", LOGO_SVG)
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, text)
}
