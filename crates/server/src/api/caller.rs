//! The one way into a handler: a caller that was authenticated, metered and found to have the right.
//!
//! Handlers reach the identity provider only through [`Api`], so none can forget to ask who calls. The order is
//! fixed: authentication (a stranger's call is nobody's), the quota, the right, and only then path and body.

use super::error::ApiError;
use crate::App;
use crate::extract::Tenant;
use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use signet_idp::admin::{Access, Area, Caller};
use signet_idp::quota::{LIMIT, Standing};
use signet_idp::{Ctx, Idp};
use std::sync::{Arc, OnceLock};

/// A call that may go on.
pub(crate) struct Api {
    /// The identity provider.
    pub(crate) idp: Idp,
    /// The request.
    pub(crate) ctx: Ctx,
    /// Who calls.
    pub(crate) caller: Caller,
}

impl FromRequestParts<App> for Api {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Tenant(ctx) = Tenant::from_request_parts(parts, app).await.map_err(|_| ApiError::NoPath)?;
        let idp = app.idp().clone();
        let caller = idp.api_caller(&ctx, authorization(&parts.headers)).await?;
        let metered = idp.meter(&ctx, &caller, &route(parts)).await?;
        if let Some(slot) = parts.extensions.get::<Slot>() {
            let _ = slot.0.set(metered.standing);
        }
        if !metered.admitted {
            return Err(ApiError::Quota { reset_seconds: metered.standing.reset_seconds });
        }
        if let Some((area, access)) = required(&parts.method, parts.uri.path()) {
            caller.require(area, access)?;
        }
        Ok(Self { idp, ctx, caller })
    }
}

/// Method and path template, for the counts: a caller must not be able to make up as many as it likes.
fn route(parts: &Parts) -> String {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let method = known.iter().find(|known| **known == parts.method).map_or("OTHER", Method::as_str);
    let path = parts.extensions.get::<MatchedPath>().map_or("unknown", MatchedPath::as_str);
    format!("{method} {path}")
}

/// The `Authorization` header, if there is exactly one.
pub(crate) fn authorization(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

/// The right that an operation needs; `None` where every caller may, such as giving up its own token.
pub(crate) fn required(method: &Method, path: &str) -> Option<(Area, Access)> {
    let read = method == Method::GET || method == Method::HEAD;
    let access = if read { Access::Read } else { Access::Write };
    let mut parts = path.strip_prefix("/api/v1/")?.split('/');
    let area = match (parts.next()?, parts.next(), parts.next()) {
        ("users", _, Some("roles")) if !read => Area::Roles,
        ("users", _, _) => Area::Users,
        // Who is in a group is about users, whole profiles and all.
        ("groups", _, Some("users")) if read => Area::Users,
        ("groups", _, _) => Area::Groups,
        ("apps" | "authorizationServers" | "rate-policies", _, _) => Area::Apps,
        ("api-tokens", Some("current"), None) => return None,
        ("api-tokens" | "api-credentials", _, _) => Area::Callers,
        ("alerts" | "webhooks" | "logs" | "limits", _, _) => Area::Logs,
        ("brand" | "security", _, _) => Area::Settings,
        // A resource without a row here is for those who may do everything.
        _ => Area::Roles,
    };
    Some((area, access))
}

/// Where the extractor leaves the standing for the response.
#[derive(Clone, Default)]
struct Slot(Arc<OnceLock<Standing>>);

/// Puts the quota into the headers of every metered response, whatever its status.
pub(crate) async fn quota_headers(mut request: Request, next: Next) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let mut response = next.run(request).await;
    if let Some(standing) = slot.0.get() {
        put_quota(response.headers_mut(), standing);
    }
    response
}

/// `X-Rate-Limit-*` with the instant in seconds since 1970, `X-RateLimit-*` with the seconds that are left.
pub(crate) fn put_quota(headers: &mut HeaderMap, standing: &Standing) {
    let reset_at = if standing.reset_seconds == 0 { 0 } else { ceil_seconds(standing.resets_at.0) };
    for (name, value) in [
        ("x-rate-limit-limit", LIMIT),
        ("x-rate-limit-remaining", standing.remaining),
        ("x-rate-limit-reset", reset_at),
        ("x-ratelimit-limit", LIMIT),
        ("x-ratelimit-remaining", standing.remaining),
        ("x-ratelimit-reset", standing.reset_seconds),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

fn ceil_seconds(micros: i64) -> i64 {
    micros.saturating_add(999_999).div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_has_a_row() {
        let needs = |method: Method, path: &str| required(&method, path);
        assert_eq!(needs(Method::GET, "/api/v1/users"), Some((Area::Users, Access::Read)));
        assert_eq!(
            needs(Method::POST, "/api/v1/users/x/lifecycle/unlock"),
            Some((Area::Users, Access::Write))
        );
        assert_eq!(needs(Method::GET, "/api/v1/users/x/roles"), Some((Area::Users, Access::Read)));
        assert_eq!(needs(Method::DELETE, "/api/v1/users/x/roles/y"), Some((Area::Roles, Access::Write)));
        assert_eq!(
            needs(Method::PUT, "/api/v1/authorizationServers/a/scopes/b"),
            Some((Area::Apps, Access::Write))
        );
        assert_eq!(needs(Method::GET, "/api/v1/api-credentials"), Some((Area::Callers, Access::Read)));
        assert_eq!(needs(Method::DELETE, "/api/v1/api-tokens/current"), None);
        assert_eq!(needs(Method::GET, "/api/v1/logs"), Some((Area::Logs, Access::Read)));
        assert_eq!(needs(Method::GET, "/api/v1/limits/explain/x"), Some((Area::Logs, Access::Read)));
        assert_eq!(needs(Method::PUT, "/api/v1/alerts/x"), Some((Area::Logs, Access::Write)));
        assert_eq!(needs(Method::PUT, "/api/v1/rate-policies/x"), Some((Area::Apps, Access::Write)));
        assert_eq!(needs(Method::PUT, "/api/v1/brand/logo"), Some((Area::Settings, Access::Write)));
        assert_eq!(needs(Method::GET, "/api/v1/security"), Some((Area::Settings, Access::Read)));
        assert_eq!(needs(Method::POST, "/api/v1/anything"), Some((Area::Roles, Access::Write)));
    }
}
