//! Answers in OAuth's shapes.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use signet_idp::Ctx;
use signet_oauth::{OAuthError, Reason, dpop};

/// A JSON answer that nothing may store.
pub(crate) fn json<T: Serialize>(status: u16, body: &T) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// A signed answer that nothing may store (RFC 7519 §10.3.1).
pub(super) fn jwt(token: String) -> Response {
    let mut response = token.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// An error with its headers (RFC 6749 §5.2, RFC 6750 §3).
pub(super) fn error(error: &OAuthError, realm: &str) -> Response {
    let mut response = json(error.status(), &error.body());
    put_error_headers(&mut response, error, realm);
    response
}

/// An error of a protected resource: all of it is in `WWW-Authenticate`. Who came with nothing is told of both schemes
/// (RFC 9449 §7.2).
pub(super) fn resource_error(refused: &OAuthError, realm: &str) -> Response {
    if refused.status() >= 500 {
        return error(refused, realm);
    }
    if refused.status() == 400 {
        // RFC 6750 §3.1: a malformed request is told in the challenge, too.
        let mut response = error(refused, realm);
        if let Ok(value) = HeaderValue::from_str(&refused.bearer_challenge(realm)) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        return response;
    }
    let mut response =
        StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::UNAUTHORIZED).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    put_error_headers(&mut response, refused, realm);
    if refused.reason == Reason::AccessTokenMissing
        && let Ok(value) = HeaderValue::from_str(&dpop::challenge(realm))
    {
        response.headers_mut().append(header::WWW_AUTHENTICATE, value);
    }
    response
}

fn put_error_headers(response: &mut Response, error: &OAuthError, realm: &str) {
    let headers = response.headers_mut();
    if let Some(value) = error.www_authenticate(realm).and_then(|v| HeaderValue::from_str(&v).ok()) {
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
    if let Some(seconds) = error.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// The answer for an authorization server that does not exist, is switched off, or is another tenant's.
pub(super) fn no_server(ctx: &Ctx, named: &str) -> Response {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Envelope {
        error_code: &'static str,
        error_summary: String,
        error_link: &'static str,
        error_id: String,
        error_causes: [(); 0],
    }
    let named: String = named.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    json(
        404,
        &Envelope {
            error_code: "E0000007",
            error_summary: format!("Not found: Resource not found: {named} (AuthorizationServer)"),
            error_link: "E0000007",
            error_id: format!("oae{}", &ctx.request.id.to_string()[3..]),
            error_causes: [],
        },
    )
}
