//! The management API, and the endpoints where API credentials get their tokens.
//!
//! Each operation is registered once: what routes it also describes it. Handlers get in through
//! the extractor in `caller`, which asks who calls, counts the call and checks the right.

mod access_policies;
mod access_rules;
mod alerts;
mod api_keys;
mod api_tokens;
mod app_body;
mod app_secrets;
mod apps;
mod brand;
mod caller;
mod claims;
mod credentials;
mod error;
mod gateways;
mod groups;
pub(crate) mod json;
mod limits;
mod log_retention;
mod log_schema;
mod logs;
mod onelogin;
mod onelogin_token;
mod openapi;
mod query;
mod rate_policies;
mod registration;
mod reply;
mod roles;
mod scopes;
mod security;
mod server_body;
mod server_keys;
mod servers;
mod tenants;
mod user_actions;
mod user_body;
mod users;
mod webhooks;

use crate::App;
use axum::Router;
use axum::middleware::from_fn;
use utoipa::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt};

/// Registers operations of one path; other methods of it are refused in the API's shape.
macro_rules! operations {
    ($($handler:path),+ $(,)?) => {
        $crate::api::with_refusal(utoipa_axum::routes!($($handler),+))
    };
}
pub(crate) use operations;

fn with_refusal(routes: UtoipaMethodRouter<App>) -> UtoipaMethodRouter<App> {
    routes.map(|router| router.fallback(wrong_method))
}

/// A stranger hears that the token is wrong, a caller that the method is.
async fn wrong_method(_: caller::Api) -> error::ApiError {
    error::ApiError::Method
}

fn management() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .merge(users::routes())
        .merge(user_actions::routes())
        .merge(roles::routes())
        .merge(groups::routes())
        .merge(apps::routes())
        .merge(app_secrets::routes())
        .merge(api_keys::routes())
        .merge(servers::routes())
        .merge(scopes::routes())
        .merge(claims::routes())
        .merge(access_policies::routes())
        .merge(access_rules::routes())
        .merge(server_keys::routes())
        .merge(registration::routes())
        .merge(gateways::routes())
        .merge(api_tokens::routes())
        .merge(credentials::routes())
        .merge(rate_policies::routes())
        .merge(alerts::routes())
        .merge(webhooks::routes())
        .merge(brand::routes())
        .merge(security::routes())
        .merge(logs::routes())
        .merge(log_retention::routes())
        .merge(limits::routes())
}

/// Its routes at a tenant's host.
pub fn routes() -> Router<App> {
    let (management, _) = management().split_for_parts();
    let (onelogin, _) = onelogin::routes().split_for_parts();
    management.layer(from_fn(caller::quota_headers)).merge(onelogin)
}

/// Its routes at the operator's host.
pub fn operator_routes() -> Router<App> {
    tenants::routes().split_for_parts().0
}

/// The description of the API.
#[must_use]
pub fn openapi_json() -> String {
    let all = OpenApiRouter::with_openapi(openapi::Description::openapi())
        .merge(management())
        .merge(onelogin::routes())
        .merge(tenants::routes());
    let mut text = all.into_openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn every_operation_has_a_name_of_its_own_and_a_summary() {
        let api: serde_json::Value = serde_json::from_str(&super::openapi_json()).unwrap();
        let mut names = HashSet::new();
        for (path, item) in api["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned()), "{name} twice");
                assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            }
        }
        assert!(names.len() > 50, "{}", names.len());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = super::openapi_json();
        let api: serde_json::Value = serde_json::from_str(&text).unwrap();
        for part in text.split("\"#/").skip(1) {
            let pointer = format!("/{}", part.split('"').next().unwrap());
            assert!(api.pointer(&pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn the_checked_in_description_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/signet.json");
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert!(checked_in == super::openapi_json(), "run: signet openapi > openapi/signet.json");
    }
}
