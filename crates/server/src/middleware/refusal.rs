//! Answers of the edge itself, in the shape of the API that was called.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use signet_domain::event::RequestFacts;

/// An answer that needs no handler.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    sentence: &'static str,
    closes: bool,
    plain: bool,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, sentence: &'static str) -> Self {
        Self { status, sentence, closes: false, plain: false }
    }

    /// The same, and nothing else is read from the connection.
    pub(super) fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    /// The same without the shape of an API, for whom we don't know.
    pub(super) fn plain(self) -> Self {
        Self { plain: true, ..self }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn closes(&self) -> bool {
        self.closes
    }

    pub(crate) fn render(&self, facts: &RequestFacts) -> Response {
        let (status, sentence) = (self.status, self.sentence);
        let path = facts.path.as_str();
        let body = if self.plain {
            None
        } else if path.starts_with("/api/") {
            let code = match status.as_u16() {
                404 => "E0000022",
                405 => "E0000022",
                413 | 415 => "E0000003",
                _ => "E0000009",
            };
            Some(json!({
                "errorCode": code, "errorSummary": sentence, "errorLink": code,
                "errorId": facts.id.to_string(), "errorCauses": [],
            }))
        } else if path.starts_with("/auth/") {
            let kind = status.canonical_reason().unwrap_or("Error");
            Some(
                json!({ "status": { "error": true, "code": status.as_u16(), "type": kind, "message": sentence } }),
            )
        } else if path.starts_with("/oauth2/") || path.starts_with("/gateway/") {
            let error = if status.is_server_error() { "server_error" } else { "invalid_request" };
            Some(json!({ "error": error, "error_description": sentence }))
        } else {
            None
        };
        let mut response = match body {
            Some(body) => {
                (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
            }
            None => (status, sentence).into_response(),
        };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}

/// The answer to every path that leads nowhere.
pub(crate) fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "Not found")
}
