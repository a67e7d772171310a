//! `GET …/v1/session`: the frame in which apps watch a sign-in (OpenID Connect Session Management 1.0 §3.2).
//!
//! The one page that any site may frame. It has no form and no secret, and its script reads one cookie.

use super::asked::Asked;
use crate::{cookie, html};
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};

const POLICY: &str =
    "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *";

pub(super) async fn get(asked: Asked) -> Response {
    let tenant = &asked.ctx.tenant;
    if !asked.server.server.session_management {
        return html::not_found_page(&tenant.display_name, &asked.ctx.request);
    }
    // Neither holds a character that HTML knows: a cookie's name and an address of ours.
    let (cookie, script) = (cookie::watched(tenant), signet_web::asset_url("check-session.js"));
    let page = format!(
        "<!doctype html>\n<html lang=\"en\" data-cookie=\"{cookie}\">\n<meta charset=\"utf-8\">\n\
         <title>Session</title>\n<script type=\"module\" src=\"{script}\"></script>\n</html>\n"
    );
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "private, max-age=300")];
    let mut response = (headers, page).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
