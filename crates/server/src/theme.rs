//! Light or dark as somebody chose it for a browser: a cookie, which every page of the tenant follows, or of the
//! operator. Without one pages follow the system.

use crate::cookie;
use crate::pages::step;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use signet_domain::tenant::Tenant;
use signet_idp::Ctx;
use signet_web::Theme;

/// What the cookie is for, as its name says.
pub(crate) const COOKIE: &str = "theme";
/// A year: whoever comes back sooner finds it as it was.
const SECONDS: i64 = 365 * 86_400;

/// Whether a browser was told to be dark, or light, at a tenant.
pub(crate) fn chosen(headers: &HeaderMap, tenant: &Tenant) -> Option<bool> {
    read(headers, &cookie::name(tenant, COOKIE))
}

/// The same by the cookie's own name.
pub(crate) fn read(headers: &HeaderMap, key: &str) -> Option<bool> {
    match cookie::get(headers, key)? {
        "dark" => Some(true),
        "light" => Some(false),
        _ => None,
    }
}

/// What a page of this request looks like.
pub(crate) fn of(ctx: &Ctx) -> Option<Theme> {
    named(ctx.dark)
}

/// What a choice of dark, or light, looks like.
pub(crate) fn named(dark: Option<bool>) -> Option<Theme> {
    dark.map(|dark| if dark { Theme::Dark } else { Theme::Light })
}

/// Keeps a choice at a tenant and goes on; what is neither light nor dark leaves it to the system.
pub(crate) fn choose(ctx: &Ctx, name: &str, then: &str) -> Response {
    keep((cookie::name(&ctx.tenant, COOKIE), ctx.tenant.is_https()), name, then)
}

/// The same by the cookie's own name, and whether only https carries it.
pub(crate) fn keep((key, secure): (String, bool), name: &str, then: &str) -> Response {
    let value = match name {
        "dark" | "light" => cookie::set(&key, name, secure, Some(SECONDS)),
        _ => cookie::clear(&key, secure),
    };
    let mut response = step::redirect(then);
    response.headers_mut().append(SET_COOKIE, value);
    response
}
