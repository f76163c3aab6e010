//! What the pages say, in one place.

use http::StatusCode;

use super::page::Page;
use crate::error::{Code, Error};
use crate::scope::{ScopeSet, short_name};

/// How a scope is shown to a person: its short name where it has one.
fn shown(scopes: &ScopeSet) -> Vec<String> {
    scopes.names().map(|name| short_name(name).to_owned()).collect()
}

impl Page {
    /// A required scope was left out, now or before.
    pub(crate) fn declined(provider: &str, missing: &ScopeSet) -> Self {
        let what = if missing.len() == 1 { "a permission" } else { "permissions" };
        let lead = format!("This page needs {what} that you have not granted at {provider}:");
        Self::new(StatusCode::FORBIDDEN, "Permission needed", lead)
            .with_items(shown(missing))
            .with_note("Everything else keeps working. You can grant this now, or later.")
    }

    /// The person pressed cancel.
    pub(crate) fn denied(provider: &str) -> Self {
        let lead = format!("You cancelled at {provider}. Nothing has changed.");
        Self::new(StatusCode::FORBIDDEN, "Cancelled", lead)
    }

    /// Another account came back than the one signed in.
    pub(crate) fn other_account(signed_in: &str, chosen: &str) -> Self {
        let lead = "You are signed in with one account and chose another. Nothing of the other \
                    account was kept.";
        Self::new(StatusCode::CONFLICT, "Two different accounts", lead)
            .with_items([format!("signed in: {signed_in}"), format!("chosen: {chosen}")])
    }

    /// A form was sent for which the person has to sign in or grant something first.
    pub(crate) fn send_again(status: StatusCode, provider: &str) -> Self {
        let lead = format!("To do this, the app first needs your permission at {provider}.");
        Self::new(status, "One step before this", lead).with_note(
            "What you filled in was not sent. After this step you come back to the form: please \
             send it again there.",
        )
    }

    /// A request that began at another site.
    pub(crate) fn cross_site() -> Self {
        let lead = "This form was sent from another site, so nothing was done.";
        Self::new(StatusCode::FORBIDDEN, "Not from this site", lead)
    }

    /// The page sits in a frame, where the provider refuses to be shown.
    pub(crate) fn framed(status: StatusCode, provider: &str) -> Self {
        let lead = format!("This needs your permission at {provider}, outside of this frame.");
        Self::new(status, "Continue in the full window", lead).in_frame()
    }

    pub(crate) fn signed_out() -> Self {
        let lead = "You are signed out of this app. What you granted stays granted.";
        Self::new(StatusCode::OK, "Signed out", lead)
    }

    /// What went wrong, in words for the person it happened to. Never the error's own text,
    /// which is for the log.
    pub(crate) fn failure(error: &Error, provider: &str) -> Self {
        match error.kind() {
            Code::AccessDenied => Self::denied(provider),
            Code::CrossSite => Self::cross_site(),
            code => {
                let (title, lead) = trouble(code, provider);
                Self::new(error.status(), title, lead)
            }
        }
    }
}

fn trouble(code: Code, provider: &str) -> (&'static str, String) {
    match code {
        Code::FlowExpired => {
            ("This took too long", "The link has expired. Please start again.".to_owned())
        }
        Code::CallbackInvalid => (
            "This link cannot be used",
            "It was not begun in this browser, or it was used before. Nothing was changed."
                .to_owned(),
        ),
        Code::AdminPolicy => (
            "Your administrator does not allow this",
            format!(
                "Your organization's settings at {provider} forbid this app the access. Please ask your administrator."
            ),
        ),
        Code::ProviderRefused => (
            "This app is not set up correctly",
            format!(
                "{provider} refused the app itself. Its operator has to act; nothing of yours was lost."
            ),
        ),
        Code::ProviderUnavailable | Code::ProviderTimeout | Code::ShuttingDown => (
            "Please try again in a moment",
            format!("{provider} could not be reached just now. Nothing was lost."),
        ),
        Code::ProviderResponse | Code::IdTokenInvalid => (
            "The answer could not be trusted",
            format!(
                "{provider} answered in a way that this app does not accept. Nothing was changed."
            ),
        ),
        _ => (
            "Something went wrong",
            "The app could not finish this. Nothing was changed.".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G8: the words of a provider, or of the log, are not shown.
    #[test]
    fn a_failure_page_never_repeats_the_error() {
        let codes = [
            Code::FlowExpired,
            Code::CallbackInvalid,
            Code::AdminPolicy,
            Code::ProviderRefused,
            Code::ProviderUnavailable,
            Code::ProviderTimeout,
            Code::ProviderResponse,
            Code::IdTokenInvalid,
            Code::Internal,
            Code::AccessDenied,
            Code::CrossSite,
        ];
        for code in codes {
            let page = Page::failure(&Error::new(code, "SECRET DETAIL"), "Google");
            let html = page.render().unwrap();
            assert!(!html.contains("SECRET"), "{code:?}");
            assert_eq!(page.status, code.status(), "{code:?}");
            assert!(!page.title.is_empty() && !page.lead.is_empty(), "{code:?}");
        }
    }
}
