//! Headers of every answer.

use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use signet_domain::event::RequestFacts;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OKTA_REQUEST_ID: HeaderName = HeaderName::from_static("x-okta-request-id");

/// Adds what is missing.
pub(super) fn complete(response: &mut Response, facts: &RequestFacts, pins_https: bool) {
    let headers = response.headers_mut();
    default(headers, header::CACHE_CONTROL, "no-store");
    default(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    always(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    always(headers, header::REFERRER_POLICY, "no-referrer");
    always(headers, PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if pins_https {
        always(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(id) = HeaderValue::try_from(facts.id.to_string()) {
        headers.insert(REQUEST_ID, id.clone());
        headers.insert(OKTA_REQUEST_ID, id);
    }
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

fn always(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
