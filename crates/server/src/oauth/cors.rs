//! Cross-origin calls (the Fetch standard): discovery and keys are for everyone; token, userinfo and revoke
//! for exactly the origins of the app's redirect URIs, on errors too, and never with credentials.

use super::asked::Asked;
use crate::App;
use crate::extract::Tenant;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signet_domain::app::App as OAuthApp;
use signet_idp::Ctx;
use signet_oauth::redirect::RedirectUri;

/// Headers that the usual browser libraries send.
const ALLOWED_HEADERS: &str =
    "authorization, content-type, accept, dpop, x-requested-with, x-okta-user-agent-extended, traceparent";
/// Headers that scripts may read.
const EXPOSED: &str = "www-authenticate, retry-after, date, x-request-id, x-okta-request-id, x-rate-limit-limit, \
                       x-rate-limit-remaining, x-rate-limit-reset, ratelimit, ratelimit-policy, ratelimit-limit, \
                       ratelimit-remaining, ratelimit-reset";

/// Answers the preflight of an app's endpoint. It names no client, so an origin is good if any app of the
/// tenant has it; the call itself is held to its own app's.
pub(super) async fn preflight(State(app): State<App>, asked: Asked, headers: HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let out = response.headers_mut();
    out.insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin(&headers)
        && tenant_has(&app, &asked.ctx, origin).await
    {
        allow(out, origin);
        preflight_headers(out);
    }
    response
}

/// Answers the preflight of what everyone may read.
pub(super) async fn public_preflight(Tenant(_): Tenant) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let out = response.headers_mut();
    out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    preflight_headers(out);
    response
}

/// Marks an answer as readable by everyone.
pub(super) fn public(response: &mut Response) {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

/// Marks an answer as readable by the page that asked, if it is one of the client's.
pub(super) async fn for_client(
    app: &App,
    ctx: &Ctx,
    headers: &HeaderMap,
    client_id: Option<&str>,
    response: &mut Response,
) {
    let out = response.headers_mut();
    out.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin(headers) else { return };
    let good = match client_id {
        Some(id) => matches!(app.idp().app(ctx, id).await, Ok(Some(config)) if app_has(&config.app, origin)),
        None => tenant_has(app, ctx, origin).await,
    };
    if good {
        allow(out, origin);
        out.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}

fn origin(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    // An opaque origin is no page's of ours.
    value.to_str().ok().filter(|o| *o != "null" && o.len() <= 512)
}

fn allow(out: &mut HeaderMap, origin: &str) {
    if let Ok(value) = HeaderValue::from_str(origin) {
        out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value);
    }
}

fn preflight_headers(out: &mut HeaderMap) {
    out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
    out.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
}

fn app_has(app: &OAuthApp, origin: &str) -> bool {
    app.redirect_uris
        .iter()
        .any(|uri| RedirectUri::stored(uri.as_str(), false).origin().is_some_and(|o| o == origin))
}

async fn tenant_has(app: &App, ctx: &Ctx, origin: &str) -> bool {
    match app.idp().app_origins(ctx).await {
        Ok(origins) => origins.contains(origin),
        Err(error) => {
            tracing::warn!(%error, "origins could not be looked up");
            false
        }
    }
}
