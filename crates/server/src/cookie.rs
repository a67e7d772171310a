//! Cookies: read strictly, and always set with the same attributes.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use signet_domain::tenant::Tenant;

/// The value of a cookie; `None` when it is missing or sent more than once.
#[must_use]
pub fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut found = None;
    for header in headers.get_all(COOKIE) {
        for pair in header.to_str().ok()?.split(';') {
            let Some((key, value)) = pair.trim().split_once('=') else { continue };
            if key == name && found.replace(value).is_some() {
                return None;
            }
        }
    }
    found
}

/// A `Set-Cookie` for the whole host, unreadable for scripts; without `max_age` it ends with the browser.
#[must_use]
pub fn set(name: &str, value: &str, secure: bool, max_age: Option<i64>) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// What scripts in a frame on any site may read: no secret. Browsers take it from https and from this machine.
const WATCHED: &str = "check";

/// Sets the cookie that the frame of OpenID Connect Session Management reads.
pub fn watch(response: &mut Response, tenant: &Tenant, state: &str) {
    let name = watched(tenant);
    if let Ok(value) = HeaderValue::try_from(format!("{name}={state}; Path=/; SameSite=None; Secure")) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// Removes it when a sign-in ends or begins, unless the answer sets it anew.
pub fn unwatch(response: &mut Response, tenant: &Tenant, request: &HeaderMap) {
    let name = watched(tenant);
    let sets = |value: &HeaderValue| value.as_bytes().starts_with(format!("{name}=").as_bytes());
    if get(request, &name).is_none() || response.headers().get_all(SET_COOKIE).iter().any(sets) {
        return;
    }
    let text = format!("{name}=; Path=/; SameSite=None; Secure; Max-Age=0");
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// The name of that cookie.
#[must_use]
pub fn watched(tenant: &Tenant) -> String {
    name(tenant, WATCHED)
}

/// A `Set-Cookie` that removes the cookie.
#[must_use]
pub fn clear(name: &str, secure: bool) -> HeaderValue {
    set(name, "", secure, Some(0))
}

/// A cookie's name at a tenant. Under https the `__Host-` prefix keeps siblings out; loopback hosts share one
/// jar over all ports, so there the name carries tenant and port.
#[must_use]
pub fn name(tenant: &Tenant, what: &str) -> String {
    if tenant.is_https() {
        return format!("__Host-signet-{what}");
    }
    let port = tenant.host.rsplit_once(':').map_or("80", |(_, port)| port);
    format!("signet-{}-{port}-{what}", tenant.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_sent_twice_is_none() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; b=2"));
        assert_eq!(get(&headers, "b"), Some("2"));
        headers.append(COOKIE, HeaderValue::from_static("b=3"));
        assert_eq!(get(&headers, "b"), None);
        assert_eq!(get(&headers, "a"), Some("1"));
        assert_eq!(get(&headers, "c"), None);
    }
}
