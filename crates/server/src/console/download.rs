//! Files to take away, sent as they are read, so that neither their length nor a slow reader costs memory.

use super::when;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use signet_domain::Time;

/// The answer that a browser keeps as a file: what it is about, the moment it was asked for, and how it ends make its
/// name.
pub(super) fn answer(body: Body, kind: &'static str, (about, ends): (&str, &str), now: Time) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let file = format!("attachment; filename=\"{about}-{}.{ends}\"", when::pattern(now, "%Y%m%d-%H%M%S"));
    headers.extend(HeaderValue::try_from(file).map(|value| (header::CONTENT_DISPOSITION, value)));
    response
}
