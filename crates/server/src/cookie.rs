//! Cookies: read strictly, and always set with the same attributes.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
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
