//! An [`Error`] as the response to the request that it refused.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header;

use super::respond::{self, Ready};
use crate::error::{Answer, Error};

impl Error {
    /// The response to the request in which the error arose, without giving the error up.
    ///
    /// An app with an error type of its own forwards to it:
    ///
    /// ```
    /// use axum::http::StatusCode;
    /// use axum::response::{IntoResponse, Response};
    ///
    /// enum AppError {
    ///     OAuth(oauth_runtime::Error),
    ///     Database,
    /// }
    ///
    /// impl IntoResponse for AppError {
    ///     fn into_response(self) -> Response {
    ///         match self {
    ///             AppError::OAuth(error) => error.to_response(),
    ///             AppError::Database => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn to_response(&self) -> Response {
        let (code, help) = (self.code(), self.help().unwrap_or_default());
        let by_api = self.api_status().is_some();
        if by_api && self.is_consent_required() {
            tracing::info!(code, error = %self.text(), help, "an API wants more than was granted");
        } else if by_api || self.status().is_server_error() || self.answer().is_none() {
            let cause = std::error::Error::source(self).map(ToString::to_string);
            tracing::warn!(code, error = %self.text(), cause, help, "a request failed");
        }
        let ready = self.answer().map_or_else(|| self.plain(), |answer| answer.response.clone());
        ready.map(Body::from)
    }

    /// The same error, answered with what it is alone, for a request that no user reads.
    pub(super) fn with_problem(self) -> Self {
        let response = self.plain();
        self.with_answer(Answer { response, authorize_url: None })
    }

    /// An error that arose where no request was at hand: its status and its code.
    fn plain(&self) -> Ready {
        let mut response = respond::bare(self.status());
        respond::set(&mut response, header::CONTENT_TYPE, "application/problem+json");
        respond::retry_after(&mut response, self);
        let status = self.status().as_u16();
        let title = self.status().canonical_reason().unwrap_or("Error");
        let problem = serde_json::json!({
            "type": "about:blank", "title": title, "status": status, "code": self.code(),
        });
        *response.body_mut() = problem.to_string();
        response
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.to_response()
    }
}
