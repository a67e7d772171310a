//! Light or dark as somebody chose it for a browser: a cookie, which every page of the tenant follows. Without one pages
//! follow the system.

use crate::cookie;
use crate::pages::step;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use signet_domain::tenant::Tenant;
use signet_idp::Ctx;
use signet_web::Theme;

const COOKIE: &str = "theme";
/// A year: whoever comes back sooner finds it as it was.
const SECONDS: i64 = 365 * 86_400;

/// Whether a browser was told to be dark, or light, at a tenant.
pub(crate) fn chosen(headers: &HeaderMap, tenant: &Tenant) -> Option<bool> {
    match cookie::get(headers, &cookie::name(tenant, COOKIE))? {
        "dark" => Some(true),
        "light" => Some(false),
        _ => None,
    }
}

/// What a page of this request looks like.
pub(crate) fn of(ctx: &Ctx) -> Option<Theme> {
    ctx.dark.map(|dark| if dark { Theme::Dark } else { Theme::Light })
}

/// Keeps a choice and goes on; what is neither light nor dark leaves it to the system.
pub(crate) fn choose(ctx: &Ctx, name: &str, then: &str) -> Response {
    let (key, secure) = (cookie::name(&ctx.tenant, COOKIE), ctx.tenant.is_https());
    let value = match name {
        "dark" | "light" => cookie::set(&key, name, secure, Some(SECONDS)),
        _ => cookie::clear(&key, secure),
    };
    let mut response = step::redirect(then);
    response.headers_mut().append(SET_COOKIE, value);
    response
}
